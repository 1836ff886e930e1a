import { InvalidFieldError, parseScopes } from '../domain/key-fields.js';
import { largestMaxKeysPerOwner, noPolicy, type KeyspacePolicy } from '../domain/keyspace-policy.js';
import { adviceFor } from '../domain/known-names.js';
import { parseRateLimits } from '../domain/limit-fields.js';
import type { RateLimit } from '../domain/rate-limit.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';

/** What holds for all keys that are made. It acts within one keyspace, and keys that there are stay as they are. */
export interface PolicyOption {
  /**
   * A new key ends every other key of its owner, in the same step.
   *
   * @default false
   */
  readonly onePerOwner?: boolean | undefined;
  /**
   * Most keys that an owner can have, 1 to 100,000; revoked ones do not count, expired and disabled ones do. One more is
   * refused with 409 `key_limit_reached`. Default: any number.
   */
  readonly maxKeysPerOwner?: number | undefined;
  /**
   * What it means to name no scopes at all for a new key: `refuse` it, `all` scopes that there are, `none`, or the ones
   * in a list. An empty list of scopes in a request always means none.
   *
   * @default 'refuse'
   */
  readonly omittedScopes?: 'refuse' | 'all' | 'none' | readonly string[] | undefined;
  /**
   * The limits of a new key that is given none of its own. It is a default and no bound: owners may name others, also none,
   * unless `ownerCeilings` bounds them.
   *
   * @default [] - no limits
   */
  readonly defaultRateLimits?: readonly RateLimit[] | undefined;
  /**
   * Gives the keys of each owner the numbers 1, 2, 3 …; a number is never given twice.
   *
   * @default false
   */
  readonly numberKeys?: boolean | undefined;
}

const readers: {
  readonly [K in keyof PolicyOption]-?: (
    value: unknown,
    catalogue: ScopeCatalogue,
  ) => Partial<KeyspacePolicy>;
} = {
  onePerOwner: (value) => ({ onePerOwner: flag('onePerOwner', value) }),
  maxKeysPerOwner: (value) => ({ maxKeysPerOwner: maximum(value) }),
  omittedScopes: (value, catalogue) => ({ omittedScopes: omittedScopes(value, catalogue) }),
  defaultRateLimits: (value) => ({
    defaultRateLimits: orInvalid('defaultRateLimits', () => parseRateLimits(value)),
  }),
  numberKeys: (value) => ({ numberKeys: flag('numberKeys', value) }),
};

/** @throws InvalidOptionError for unknown names, values of the wrong kind and mixes that make no sense */
export function parsePolicyOption(value: unknown, catalogue: ScopeCatalogue): KeyspacePolicy {
  if (value === undefined) return noPolicy;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidOptionError(
      `policy: takes an object with ${Object.keys(readers).join(', ')}, for example { maxKeysPerOwner: 8 }`,
    );
  }
  let policy: KeyspacePolicy = noPolicy;
  for (const [name, given] of Object.entries(value)) {
    if (!Object.hasOwn(readers, name)) {
      const advice = adviceFor(name, Object.keys(readers));
      throw new InvalidOptionError(`policy: unknown name ${JSON.stringify(name)}; ${advice}`);
    }
    if (given === undefined) continue;
    policy = { ...policy, ...readers[name as keyof PolicyOption](given, catalogue) };
  }
  if (policy.onePerOwner && policy.maxKeysPerOwner !== null) {
    throw new InvalidOptionError('policy: give either onePerOwner or maxKeysPerOwner, not both');
  }
  return policy;
}

function flag(name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new InvalidOptionError(`policy: ${name} takes true or false`);
}

function maximum(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= largestMaxKeysPerOwner) {
    return value;
  }
  throw new InvalidOptionError(
    `policy: maxKeysPerOwner takes a whole number from 1 to ${largestMaxKeysPerOwner}`,
  );
}

function omittedScopes(value: unknown, catalogue: ScopeCatalogue): readonly string[] | null {
  if (value === 'refuse') return null;
  if (value === 'none') return [];
  if (typeof value === 'string' && value !== 'all') {
    throw new InvalidOptionError("policy: omittedScopes takes 'refuse', 'all', 'none' or a list of scopes");
  }
  return orInvalid('omittedScopes', () => parseScopes(value === 'all' ? catalogue.names : value, catalogue));
}

function orInvalid<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InvalidFieldError)) throw error;
    throw new InvalidOptionError(`policy: ${name} ${error.message}`);
  }
}
