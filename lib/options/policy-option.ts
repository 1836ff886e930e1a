import { lifetimeReaders, takeField, takeFlag, takeWholeNumber, withDefault } from './option-readers.js';
import { readOptions, type OptionReader, type ReadersOf } from './read-options.js';
import { parseScopes } from '../domain/key-fields.js';
import { largestMaxKeysPerOwner, noPolicy, type KeyspacePolicy } from '../domain/keyspace-policy.js';
import { parseRateLimits } from '../domain/limit-fields.js';
import type { LifetimeBounds } from '../domain/lifetime-bounds.js';
import type { RateLimit } from '../domain/rate-limit.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';

/** Rules for creating keys. They apply within one keyspace; existing keys stay as they are, unless `enforceOnExisting` is set. */
export interface PolicyOption {
  /**
   * A new key revokes every other key of its owner, in the same transaction.
   *
   * @default false
   */
  readonly onePerOwner?: boolean | undefined;
  /**
   * The maximum number of keys of an owner, 1 to 100,000; revoked ones do not count, expired and disabled ones do. One more is
   * refused with 409 `key_limit_reached`. Default: no maximum.
   */
  readonly maxKeysPerOwner?: number | undefined;
  /**
   * What a new key gets when `scopes` is left out: `refuse` rejects the request, `all` grants every scope, `none` grants none,
   * a list grants the scopes in it. An empty list of scopes in a request always means none.
   *
   * @default 'refuse'
   */
  readonly omittedScopes?: 'refuse' | 'all' | 'none' | readonly string[] | undefined;
  /**
   * The limits of a new key when `rateLimits` is left out. It is a default and no maximum: owners can set others, or none,
   * unless `limits.ceilings` limits them.
   *
   * @default [] - no limits
   */
  readonly defaultRateLimits?: readonly RateLimit[] | undefined;
  /**
   * Numbers the keys of each owner 1, 2, 3 …; a number is never reused.
   *
   * @default false
   */
  readonly numberKeys?: boolean | undefined;
  /**
   * The longest life of a key in days, counted from its creation, 1 to 3,650. A key that is created without `expiresAt` ends
   * then; a later end, or none, is refused, also in changes. A rotation does not extend it. Default: no bound.
   */
  readonly maxLifetimeDays?: number | undefined;
  /**
   * For how many days a key may stay unused, 1 to 3,650, counted from its last use, or from its creation, rotation or enabling.
   * Then it is refused as `key_expired` with the reason `idle`, until it is rotated. Default: no bound.
   */
  readonly maxIdleDays?: number | undefined;
  /**
   * Applies `maxLifetimeDays` and `maxIdleDays` to keys that were created before, or under other values, too.
   *
   * @default false
   */
  readonly enforceOnExisting?: boolean | undefined;
}

/** @throws InvalidOptionError for unknown options, values of the wrong kind, and options that contradict each other */
export function parsePolicyOption(value: unknown, catalogue: ScopeCatalogue): KeyspacePolicy {
  if (value === undefined) return noPolicy;
  const readers = {
    onePerOwner: withDefault(takeFlag, noPolicy.onePerOwner),
    maxKeysPerOwner: withDefault<number | null>(
      takeWholeNumber(1, largestMaxKeysPerOwner),
      noPolicy.maxKeysPerOwner,
    ),
    omittedScopes: withDefault(takeOmittedScopes(catalogue), noPolicy.omittedScopes),
    defaultRateLimits: withDefault(takeField(parseRateLimits), noPolicy.defaultRateLimits),
    numberKeys: withDefault(takeFlag, noPolicy.numberKeys),
    ...lifetimeReaders,
  } satisfies ReadersOf<PolicyOption>;
  const policy = readOptions('policy', value, readers, { example: '{ maxKeysPerOwner: 8 }' });
  if (policy.onePerOwner && policy.maxKeysPerOwner !== null) {
    throw new InvalidOptionError('policy: give either onePerOwner or maxKeysPerOwner, not both');
  }
  return { ...noPolicy, ...policy };
}

/** @throws InvalidOptionError when existing keys are to be bounded, and nothing bounds the lifetime of any */
export function refuseNothingToEnforce(
  { enforceOnExisting }: Pick<KeyspacePolicy, 'enforceOnExisting'>,
  plans: readonly LifetimeBounds[],
): void {
  if (!enforceOnExisting || plans.some((plan) => plan.maxLifetimeDays !== null || plan.maxIdleDays !== null))
    return;
  throw new InvalidOptionError(
    'policy.enforceOnExisting: needs maxLifetimeDays or maxIdleDays, in policy or in one of plans',
  );
}

function takeOmittedScopes(catalogue: ScopeCatalogue): OptionReader<readonly string[] | null> {
  const takeScopes = takeField((value) => parseScopes(value, catalogue));
  return (value, path) => {
    if (value === 'refuse') return null;
    if (value === 'none') return [];
    if (typeof value === 'string' && value !== 'all') {
      throw new InvalidOptionError(`${path}: takes 'refuse', 'all', 'none' or a list of scopes`);
    }
    return takeScopes(value === 'all' ? catalogue.names : value, path);
  };
}
