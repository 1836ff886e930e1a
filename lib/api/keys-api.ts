import { refuseUnknownOptions } from '../options/read-options.js';
import { readCallOptions, type CallOptions, type ChangeOptions } from './call-options.js';
import type { FeatureCatalogue } from '../domain/feature-catalogue.js';
import { viewOf, type ApiKey } from '../domain/api-key-view.js';
import { parseOwnerId } from '../domain/key-fields.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import type { Verdict } from '../domain/verdict.js';
import { InvalidOptionError, isProblem } from '../errors.js';
import type { AccessNotes } from '../http/access-notes.js';
import type { Changed } from '../manage/change.js';
import type { KeyService } from '../manage/key-service.js';
import type { UsageFilter } from '../manage/get-key-usage.js';
import { usageViewOf, type KeyUsage } from '../domain/usage-view.js';
import type { KeyFilter } from '../manage/list-keys.js';
import type { Page } from '../manage/list-page.js';
import type { ResealReport } from '../manage/reseal-secrets.js';
import type {
  ChangedKey,
  CreatedKey,
  KeyChanges,
  NewKey,
  NewKeyWithPublicKey,
  RevocationNote,
  RotationGrace,
} from './key-inputs.js';
import { readFields } from '../manage/read-fields.js';
import { readVerifyOptions, type VerifyOptions } from './read-verify-options.js';
import type { Clock } from '../ports/clock.js';
import type { ApiKeyVerifier } from '../verify/verify-api-key.js';

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
      refuseUnknownOptions('keys.revoke', options ?? {}, names);
      const { reason, comment, ...rest } = options ?? {};
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
