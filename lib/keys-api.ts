import type { Actor, ChangeActor } from './domain/actor.js';
import { viewOf, type ApiKey } from './domain/api-key-view.js';
import { canonicalAddress } from './domain/address.js';
import type { JsonObject } from './domain/json.js';
import type { ScopeCatalogue } from './domain/scope-catalogue.js';
import { noScope, parseScopeRequirement } from './domain/scope-requirement.js';
import type { Verdict } from './domain/verdict.js';
import { isProblem } from './errors.js';
import type { Changed, ChangeContext, KeyService } from './manage/key-service.js';
import type { KeyFilter, Page } from './manage/list-keys.js';
import type { RequiredScopes } from './middleware/require-api-key.js';
import type { Clock } from './ports/clock.js';
import type { VerifyApiKey } from './verify/verify-api-key.js';

/** What a key can be granted: a scope of the catalogue, or a wildcard over some. */
export type GrantableScope<S extends string> = S | '*' | `${string}:*`;

/** What a new key is made from. */
export interface NewKey<S extends string> {
  /** Whose key it is, in the app's own words; up to 200 characters. */
  readonly ownerId: string;
  /** One line for people, up to 100 characters. */
  readonly name: string;
  /** `[]` is a key that may only go where any key may. */
  readonly scopes: readonly GrantableScope<S>[];
  readonly description?: string | null | undefined;
  /** A `Date` or an RFC 3339 time in the future; absent or `null`: never. */
  readonly expiresAt?: Date | string | null | undefined;
  /** Addresses and networks (`10.0.0.0/8`) the key may be used from; absent or `null`: any. */
  readonly ipAllowlist?: readonly string[] | null | undefined;
  /** Data of the app, up to 4 KiB of JSON; handlers see it on `req.apiKey.metadata`. */
  readonly metadata?: JsonObject | undefined;
  /** Default: the environment of the instance. */
  readonly environment?: string | undefined;
}

/** What can be changed of a key; what is absent stays as it is. */
export type KeyChanges<S extends string> = Partial<
  Pick<NewKey<S>, 'name' | 'description' | 'scopes' | 'expiresAt' | 'ipAllowlist' | 'metadata'>
> & { readonly enabled?: boolean | undefined };

/** A key and its token, which is shown this once. */
export type CreatedKey = ApiKey & { readonly key: string };

/** A key after a change. */
export type ChangedKey = ApiKey & {
  /** `null` when every process sees the change already; else when all do at the latest. */
  readonly effectiveBy: Date | null;
};

/** On whose behalf a call is made. */
export interface CallOptions {
  /** Default: the app itself, which may do everything. */
  readonly actor?: Actor | undefined;
}

/** Options of a change. */
export interface ChangeOptions extends CallOptions {
  /** The change is made only if the key still has this version; else it throws `ERR_API_KEYS_PRECONDITION_FAILED`. */
  readonly expectedVersion?: number | undefined;
}

/** What a caller of {@link KeysApi.verify} must have. */
export interface VerifyOptions<S extends string> {
  /** Default: any valid key will do. */
  readonly scopes?: RequiredScopes<S> | undefined;
  /** The caller's address; without it, keys with an address allowlist are refused. */
  readonly address?: string | undefined;
}

/**
 * The management side and verification without HTTP: for sign-up hooks, jobs and web sockets. Every method waits until
 * the instance is ready and throws ApiKeysError with a `code` (`ERR_API_KEYS_…`).
 */
export interface KeysApi<S extends string> {
  create(input: NewKey<S>, options?: CallOptions): Promise<CreatedKey>;
  /** `null` when there is no such key, or the actor may not see it. */
  get(id: string, options?: CallOptions): Promise<ApiKey | null>;
  list(filter?: KeyFilter, options?: CallOptions): Promise<Page<ApiKey>>;
  update(id: string, changes: KeyChanges<S>, options?: ChangeOptions): Promise<ChangedKey>;
  /** Gives the key a new secret. Without a grace period the old one ends at once. */
  rotate(
    id: string,
    grace?: { readonly gracePeriodSeconds?: number },
    options?: ChangeOptions,
  ): Promise<ChangedKey & CreatedKey>;
  /** Ends the key for good. */
  revoke(id: string, options?: ChangeOptions): Promise<ChangedKey>;
  /** Ends every key of an owner, in one transaction. */
  revokeAll(filter: { readonly ownerId: string }, options?: CallOptions): Promise<readonly ChangedKey[]>;
  /** Decides about a token as a guard would. A refusal is returned; trouble is thrown. */
  verify(token: string, options?: VerifyOptions<S>): Promise<Verdict>;
}

/** What the API without HTTP needs. */
export interface KeysApiParts {
  /** Waits until the instance is ready. */
  readonly whenReady: () => Promise<{ service: KeyService; verify: VerifyApiKey }>;
  readonly catalogue: ScopeCatalogue;
  readonly clock: Clock;
}

/** Puts the typed face on the management service and on verification. */
export function createKeysApi<S extends string>(parts: KeysApiParts): KeysApi<S> {
  const { whenReady, catalogue, clock } = parts;
  const view = (changed: Changed): ChangedKey => ({
    ...viewOf(changed.record, clock.now()),
    effectiveBy: changed.effectiveBy === null ? null : new Date(changed.effectiveBy),
  });

  return {
    async create(input, options) {
      const { service } = await whenReady();
      const { record, token } = await service.create(contextOf(options), { ...input });
      return { ...viewOf(record, clock.now()), key: token };
    },

    async get(id, options) {
      const { service } = await whenReady();
      try {
        return viewOf(await service.get(contextOf(options), id), clock.now());
      } catch (error) {
        if (isProblem(error, 'not_found')) return null;
        throw error;
      }
    },

    async list(filter = {}, options) {
      const { service } = await whenReady();
      const page = await service.list(contextOf(options), filter);
      return { ...page, items: page.items.map((record) => viewOf(record, clock.now())) };
    },

    async update(id, changes, options) {
      const { service } = await whenReady();
      return view(await service.update(contextOf(options), id, { ...changes }, expectedOf(options)));
    },

    async rotate(id, grace = {}, options) {
      const { service } = await whenReady();
      const context = contextOf(options);
      const rotated = await service.rotate(context, id, { ...grace }, expectedOf(options));
      return { ...view(rotated), key: rotated.token };
    },

    async revoke(id, options) {
      const { service } = await whenReady();
      return view(await service.revoke(contextOf(options), id, expectedOf(options)));
    },

    async revokeAll({ ownerId }, options) {
      const { service } = await whenReady();
      return (await service.revokeAll(contextOf(options), ownerId)).map(view);
    },

    async verify(token, { scopes, address } = {}) {
      const requirement = scopes === undefined ? noScope : parseScopeRequirement(scopes, catalogue);
      const { verify } = await whenReady();
      return verify({ token, requirement, address: () => canonicalAddress(address) });
    },
  };
}

const application: ChangeActor = { kind: 'application' };

function contextOf(options: CallOptions | undefined): ChangeContext {
  return { actor: options?.actor ?? application, address: null, managementScope: null };
}

function expectedOf(options: ChangeOptions | undefined): readonly number[] | undefined {
  return options?.expectedVersion === undefined ? undefined : [options.expectedVersion];
}
