import { knownObject, readCallOptions, type CallOptions, type ChangeOptions } from './call-options.js';
import type { FeatureCatalogue } from './domain/feature-catalogue.js';
import { requestCost } from './middleware/request-cost.js';
import { assertKnownFeature } from './middleware/known-feature.js';
import { viewOf, type ApiKey } from './domain/api-key-view.js';
import { canonicalAddress } from './domain/address.js';
import type { NewCredits } from './domain/credits.js';
import type { JsonObject } from './domain/json.js';
import { parseOwnerId } from './domain/key-fields.js';
import type { RateLimit } from './domain/rate-limit.js';
import type { RevocationReason } from './domain/revocation-reason.js';
import type { ScopeCatalogue } from './domain/scope-catalogue.js';
import { noScope, parseScopeRequirement, type ScopeRequirement } from './domain/scope-requirement.js';
import type { Verdict } from './domain/verdict.js';
import { InvalidOptionError, isProblem } from './errors.js';
import type { AccessNotes } from './http/access-notes.js';
import type { Changed, KeyService } from './manage/key-service.js';
import type { UsageFilter } from './manage/key-usage.js';
import { usageViewOf, type KeyUsage } from './domain/usage-view.js';
import type { KeyFilter } from './manage/list-keys.js';
import type { Page } from './manage/list-page.js';
import type { ResealReport } from './manage/reseal-secrets.js';
import { readFields } from './manage/read-fields.js';
import type { RequiredScopes } from './middleware/require-api-key.js';
import type { Clock } from './ports/clock.js';
import type { ApiKeyVerifier } from './verify/verify-api-key.js';

/** What a key can be granted: a scope of the catalogue, or a wildcard over some. */
export type GrantableScope<S extends string> = S | '*' | `${string}:*`;

/** What a new key is made from. */
export interface NewKey<S extends string, F extends string = never> {
  /** Whose key it is, in the app's own words; up to 200 characters. */
  readonly ownerId: string;
  /** One line for people, up to 100 characters. */
  readonly name: string;
  /** `[]` is a key that may only go where any key may. To be left out only where the policy says what that means. */
  readonly scopes?: readonly GrantableScope<S>[] | undefined;
  readonly description?: string | null | undefined;
  /** A `Date` or an RFC 3339 time in the future; absent or `null`: never. */
  readonly expiresAt?: Date | string | null | undefined;
  /** Addresses and networks (`10.0.0.0/8`) the key may be used from; absent or `null`: any. */
  readonly ipAllowlist?: readonly string[] | null | undefined;
  /** Data of the app, up to 4 KiB of JSON; handlers see it on `req.apiKey.metadata`. */
  readonly metadata?: JsonObject | undefined;
  /** Flags of the configured list. */
  readonly features?: readonly F[] | undefined;
  /** Windows in which requests are counted; `[]` for none. Default: what the policy says. */
  readonly rateLimits?: readonly RateLimit[] | undefined;
  /** What requests are paid for with; absent or `null`: with nothing. */
  readonly credits?: NewCredits | null | undefined;
  /** Up to 20 words to find keys by, each one line of up to 50 characters without commas. */
  readonly tags?: readonly string[] | undefined;
  /** How long access tokens of the key live, 60 to 86,400 seconds; absent or `null`: as long as is configured. */
  readonly tokenLifetimeSeconds?: number | null | undefined;
  /** Default: the environment of the instance. */
  readonly environment?: string | undefined;
  /** `hmac` lets the secret sign requests; for that it is kept, sealed under the pepper. */
  readonly signing?: 'hmac' | undefined;
}

/** What a new key is made from that is proven by a public key. */
export type NewKeyWithPublicKey<S extends string, F extends string = never> = Omit<
  NewKey<S, F>,
  'signing'
> & {
  /** Ed25519, or RSA with 2048 to 8192 bits, as PEM. */
  readonly publicKey: string;
};

/** What can be changed of a key; what is absent stays as it is. */
export type KeyChanges<S extends string, F extends string = never> = Partial<
  Pick<
    NewKey<S, F>,
    | 'name'
    | 'description'
    | 'scopes'
    | 'expiresAt'
    | 'ipAllowlist'
    | 'metadata'
    | 'features'
    | 'tags'
    | 'rateLimits'
    | 'credits'
    | 'tokenLifetimeSeconds'
  >
> & { readonly enabled?: boolean | undefined };

/** A key and its token, which is shown this once. */
export type CreatedKey = ApiKey & { readonly key: string };

/** A key after a change. */
export type ChangedKey = ApiKey & {
  /** `null` when every process sees the change already; else when all do at the latest. */
  readonly effectiveBy: Date | null;
};

/** How long the secrets before a rotation live on. */
export interface RotationGrace {
  /** Up to 30 days, and never longer than the key. Default: 0, they end at once. */
  readonly gracePeriodSeconds?: number | undefined;
  /** Whether the period begins when the new secret is used for the first time. Default: `false`, it begins now. */
  readonly graceStartsOnFirstUse?: boolean | undefined;
}

/** Why a key is revoked. */
export interface RevocationNote {
  /** In the words of RFC 5280. */
  readonly reason?: RevocationReason | undefined;
  /** In your own words, up to 500 characters. */
  readonly comment?: string | null | undefined;
}

/** What a caller of {@link KeysApi.verify} must have. */
export interface VerifyOptions<S extends string, F extends string = never> {
  /** Default: any valid key will do. */
  readonly scopes?: RequiredScopes<S>;
  /** A feature that the key must have. */
  readonly feature?: F | undefined;
  /** What it takes from the limits and credits of the key, 0 for nothing. Default: 1. */
  readonly cost?: number | undefined;
  /** The caller's address; without it, keys with an address allowlist are refused. */
  readonly address?: string | undefined;
}

/**
 * The management side and verification without HTTP: for sign-up hooks, jobs and web sockets. Every method waits until
 * the instance is ready and throws ApiKeysError with a `code` (`ERR_API_KEYS_…`).
 */
export interface KeysApi<S extends string, F extends string = never> {
  /** A key that is proven by signatures: there is no secret to be shown. Throws `invalid_public_key` besides. */
  create(input: NewKeyWithPublicKey<S, F>, options?: CallOptions): Promise<ChangedKey>;
  /** Where the policy allows one key for each owner, this ends the others by `effectiveBy`. */
  create(input: NewKey<S, F>, options?: CallOptions): Promise<ChangedKey & CreatedKey>;
  /** `null` when there is no such key, or the actor may not see it. */
  get(id: string, options?: CallOptions): Promise<ApiKey | null>;
  list(filter?: KeyFilter, options?: CallOptions): Promise<Page<ApiKey>>;
  /** How often a key was used, by hour or day and verdict, as far as it was written; uses are written every few seconds. */
  usage(id: string, filter?: UsageFilter, options?: CallOptions): Promise<KeyUsage>;
  update(id: string, changes: KeyChanges<S, F>, options?: ChangeOptions): Promise<ChangedKey>;
  /** Gives a key that is proven by a public key another one. */
  rotate(
    id: string,
    grace: RotationGrace & { readonly publicKey: string },
    options?: ChangeOptions,
  ): Promise<ChangedKey>;
  /** Gives the key a new secret. Without a grace period the old one ends at once. */
  rotate(id: string, grace?: RotationGrace, options?: ChangeOptions): Promise<ChangedKey & CreatedKey>;
  /** Ends the key for good. */
  revoke(id: string, options?: ChangeOptions & RevocationNote): Promise<ChangedKey>;
  /**
   * Ends every key of an owner, also those that are made meanwhile; some at a time, so that other changes get through.
   * When it throws, keys may have ended: call it again, and it goes on with the rest.
   */
  revokeAll(
    filter: { readonly ownerId: string } & RevocationNote,
    options?: CallOptions,
  ): Promise<readonly ChangedKey[]>;
  /**
   * Seals the secrets that sign (`signing: 'hmac'`) under the current pepper, so that earlier ones can be taken out of the
   * list. When it throws, call it again, and it goes on with the rest.
   */
  resealSecrets(options?: CallOptions): Promise<ResealReport>;
  /** Decides about a token as a guard would. A refusal is returned; trouble is thrown. */
  verify(token: string, options?: VerifyOptions<S, F>): Promise<Verdict>;
}

/** What the API without HTTP needs. */
export interface KeysApiParts {
  /** Waits until the instance is ready. */
  readonly whenReady: () => Promise<{ service: KeyService; verifier: ApiKeyVerifier }>;
  readonly catalogue: ScopeCatalogue;
  readonly features: FeatureCatalogue;
  readonly clock: Clock;
  readonly access: Pick<AccessNotes, 'refusedCall' | 'calledWithDeprecatedSecret'>;
}

/** What was asked for says whether there is a token: a key with a public key has none. */
function withToken(view: ChangedKey, token: string | null): ChangedKey & CreatedKey {
  return (token === null ? view : { ...view, key: token }) as ChangedKey & CreatedKey;
}

/** Puts the typed face on the management service and on verification. */
export function createKeysApi<S extends string, F extends string = never>(
  parts: KeysApiParts,
): KeysApi<S, F> {
  const { whenReady, catalogue, features, clock, access } = parts;
  const view = (changed: Changed): ChangedKey => ({
    ...viewOf(changed.record, clock.now()),
    effectiveBy: changed.effectiveBy === null ? null : new Date(changed.effectiveBy),
  });

  return {
    async create(input, options) {
      const { context } = readCallOptions('keys.create', options, ['actor']);
      const { service } = await whenReady();
      const created = await service.create(context, { ...input });
      return withToken(view(created), created.token);
    },

    async get(id, options) {
      const { context } = readCallOptions('keys.get', options, ['actor']);
      const { service } = await whenReady();
      try {
        return viewOf(await service.get(context, id), clock.now());
      } catch (error) {
        if (isProblem(error, 'not_found')) return null;
        throw error;
      }
    },

    async list(filter = {}, options) {
      const { context } = readCallOptions('keys.list', options, ['actor']);
      const { service } = await whenReady();
      const page = await service.list(context, presentConditions(filter));
      return { ...page, items: page.items.map((record) => viewOf(record, clock.now())) };
    },

    async usage(id, filter = {}, options) {
      const { context } = readCallOptions('keys.usage', options, ['actor']);
      const { service } = await whenReady();
      const { counts, lastUsedAt, lastUsedAddress } = await service.usage(context, id, { ...filter });
      return usageViewOf(counts, lastUsedAt, lastUsedAddress);
    },

    async update(id, changes, options) {
      const { context, expected } = readCallOptions('keys.update', options, changeOptions);
      const { service } = await whenReady();
      return view(await service.update(context, id, { ...changes }, expected));
    },

    async rotate(id, grace = {}, options) {
      const { context, expected } = readCallOptions('keys.rotate', options, changeOptions);
      const { service } = await whenReady();
      const rotated = await service.rotate(context, id, { ...grace }, expected);
      return withToken(view(rotated), rotated.token);
    },

    async resealSecrets(options) {
      const { context } = readCallOptions('keys.resealSecrets', options, ['actor']);
      const { service } = await whenReady();
      return service.resealSecrets(context);
    },

    async revoke(id, options) {
      const names = [...changeOptions, 'reason', 'comment'] as const;
      const given = knownObject('keys.revoke', options ?? {}, names) as ChangeOptions & RevocationNote;
      const { reason, comment, ...rest } = given;
      const { context, expected } = readCallOptions('keys.revoke', rest, changeOptions);
      const { service } = await whenReady();
      return view(await service.revoke(context, id, expected, { reason, comment }));
    },

    async revokeAll(filter, options) {
      const { context } = readCallOptions('keys.revokeAll', options, ['actor']);
      const { reason, comment, ...rest } = { ...filter };
      const { ownerId } = readFields({ ...rest }, { ownerId: parseOwnerId }, ['ownerId']);
      const { service } = await whenReady();
      return (await service.revokeAll(context, ownerId, { reason, comment })).map(view);
    },

    async verify(token, options) {
      const { cost, ...required } = readVerifyOptions(options, catalogue, features);
      const { verifier } = await whenReady();
      const { requirement, feature, address } = required;
      const request = { token: String(token ?? ''), requirement, feature, cost, address: () => address };
      const verdict = await (verifier.verifyAtOnce(request) ?? verifier.verify(request));
      if (!verdict.allowed) access.refusedCall('keys.verify', verdict, address);
      else if (verdict.deprecatedSecret !== undefined) {
        access.calledWithDeprecatedSecret('keys.verify', verdict.apiKey, address);
      }
      return verdict;
    },
  };
}

const changeOptions = ['actor', 'expectedVersion'] as const;

/**
 * A condition that went missing on its way here must not widen a list to everybody's keys. Only a cursor may be
 * `undefined`: there is none before the first page.
 */
function presentConditions(filter: KeyFilter): KeyFilter {
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined && name !== 'cursor') {
      throw new InvalidOptionError(
        `keys.list: ${name} is undefined; leave it out to list without that condition`,
      );
    }
  }
  return filter;
}

function readVerifyOptions(
  options: VerifyOptions<string, string> | undefined,
  catalogue: ScopeCatalogue,
  features: FeatureCatalogue,
): { requirement: ScopeRequirement; feature: string | undefined; cost: number; address: string | null } {
  const given = knownObject('keys.verify', options ?? {}, [
    'scopes',
    'feature',
    'cost',
    'address',
  ]) as VerifyOptions<string, string>;
  const { feature } = given;
  assertKnownFeature('keys.verify', feature, features);
  const cost = requestCost('keys.verify', given.cost);
  const address = canonicalAddress(given.address);
  if (!Object.hasOwn(given, 'scopes')) return { requirement: noScope, feature, cost, address };
  try {
    return { requirement: parseScopeRequirement(given.scopes, catalogue), feature, cost, address };
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'scopes is wrong';
    throw new InvalidOptionError(`keys.verify: ${reason}; leave scopes out when any valid key will do`);
  }
}
