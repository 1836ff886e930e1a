import type { PostureItem } from '../domain/posture-view.js';
import type { PostureFilter } from '../manage/get-posture.js';
import type { ApiKey } from '../domain/api-key-view.js';
import type { Grantable } from '../domain/grantable.js';
import type { KeyUsage } from '../domain/usage-view.js';
import type { KeyFilter } from '../manage/list-keys.js';
import type { Page } from '../manage/list-page.js';
import type { ImportReport } from '../manage/import-keys.js';
import type { ResealReport } from '../manage/reseal-secrets.js';
import type { CallActor } from './call-actor.js';
import type { ExpectedVersionOption } from './call-options.js';
import type {
  KeyImport,
  KeyReference,
  KeyRevocation,
  KeyRotation,
  KeyUpdate,
  KeyUsageFilter,
  NewKey,
  NewOwnKey,
  OwnerRevocation,
  PublicKeyInput,
  SigningInput,
  RevocationNote,
} from './key-inputs.js';
import type { ChangedKey, CreatedKey, RotatedKey, WithTokenUnless } from './key-results.js';

/** Names of the catalogue. An instance whose module does not say which features and kinds it has may have any. */
export type OrAnyName<N extends string> = [N] extends [never] ? string : N;

/** What a command takes from an owner, and from everybody else. */
type ByActor<K, Own, All> = [K] extends ['owner'] ? Own : All;

/** What `revokeAll` is called with: an owner need not say anything. */
type RevokeAllArguments<K> = ByActor<
  K,
  [input?: RevocationNote & { readonly ownerId?: string }],
  [input: OwnerRevocation]
>;

/**
 * The commands of `apiKeys.keys` on behalf of one actor: what `keys.as(actor)` returns. Errors that all of them throw are
 * listed at {@link KeysApi}.
 */
export interface ActingKeysApi<
  S extends string,
  F extends string = never,
  R extends string = never,
  K extends CallActor['kind'] = CallActor['kind'],
> {
  /**
   * Creates a key. The token in `key` of the result is shown this once; a key with a `publicKey` has none. Where the policy
   * allows one key for each owner, the others are revoked by `effectiveBy`.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_FORBIDDEN`; `ERR_API_KEYS_INVALID_PUBLIC_KEY`;
   *   `ERR_API_KEYS_CONFLICT` when the policy does not allow another key
   *
   * @example
   * const keys = apiKeys.keys.as({ kind: 'application' });
   * const created = await keys.create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
   * console.log(created.id, created.key);
   */
  create<P extends string = never>(
    input: ByActor<K, NewOwnKey<S, F, R>, NewKey<S, F, R>> & PublicKeyInput<P> & SigningInput<P>,
  ): Promise<WithTokenUnless<P, CreatedKey>>;

  /**
   * Reads a key; `null` when there is none, or when the actor may not see it.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * const apiKey = await keys.get({ id });
   * if (apiKey?.state === 'expired') await sendReminder(apiKey.ownerId);
   */
  get(input: KeyReference): Promise<ApiKey | null>;

  /**
   * Lists keys, newest first. A condition that is `undefined` is refused: leave it out.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * const { items, nextCursor } = await keys.list({ ownerId: 'alice', state: 'active' });
   */
  list(filter?: KeyFilter<Date, R>): Promise<Page<ApiKey>>;

  /**
   * What deserves attention about the keys that work: those without an end, unused ones, old secrets that still work, ends that
   * are near. A page looks at `limit` keys, and may have no item and yet be followed by others.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * const { items, nextCursor } = await keys.posture({ unusedAfterDays: 60 });
   * for (const { ownerId, name, reason } of items) console.log(ownerId, name, reason);
   */
  posture(filter?: PostureFilter): Promise<Page<PostureItem>>;

  /**
   * How often a key was used, by hour or day and verdict, and with `byRoute` also by route and class of status. Uses are
   * recorded every few seconds, so the last ones may be missing.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`
   *
   * @example
   * const { items } = await keys.usage({ id, by: 'day' });
   */
  usage(input: KeyUsageFilter): Promise<KeyUsage>;

  /**
   * Changes some fields of a key.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`, `ERR_API_KEYS_FORBIDDEN`;
   *   `ERR_API_KEYS_CONFLICT` for a revoked key; `ERR_API_KEYS_PRECONDITION_FAILED` for another version than expected
   *
   * @example
   * await keys.update({ id, scopes: ['orders:read'] }, { expectedVersion: 3 });
   */
  update(input: KeyUpdate<S, F, R>, options?: ExpectedVersionOption): Promise<ChangedKey>;

  /**
   * Gives a key a new secret, or another public key where it has one. Without a grace period the old one is refused at once.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`, `ERR_API_KEYS_FORBIDDEN`;
   *   `ERR_API_KEYS_CONFLICT` for a revoked or expired key; `ERR_API_KEYS_INVALID_PUBLIC_KEY`;
   *   `ERR_API_KEYS_PRECONDITION_FAILED` for another version than expected
   *
   * @example
   * const { key } = await keys.rotate({ id, gracePeriodSeconds: 24 * 60 * 60 });
   */
  rotate<P extends string = never>(
    input: KeyRotation & PublicKeyInput<P>,
    options?: ExpectedVersionOption,
  ): Promise<WithTokenUnless<P, RotatedKey>>;

  /**
   * Revokes a key for good. Revoking it again changes nothing and succeeds.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`, `ERR_API_KEYS_NOT_FOUND`, `ERR_API_KEYS_FORBIDDEN`;
   *   `ERR_API_KEYS_PRECONDITION_FAILED` for another version than expected
   *
   * @example
   * const { effectiveBy } = await keys.revoke({ id, reason: 'key_compromise' });
   */
  revoke(input: KeyRevocation, options?: ExpectedVersionOption): Promise<ChangedKey>;

  /**
   * Revokes every key of an owner, also those that are created meanwhile; some at a time, so that other changes get through.
   * When it throws, keys may have been revoked: call it again, and it continues with the rest.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`; `ERR_API_KEYS_FORBIDDEN` to an owner for the keys of another one
   *
   * @example
   * await keys.revokeAll({ ownerId: 'alice', reason: 'cessation_of_operation' });
   */
  revokeAll(...args: RevokeAllArguments<K>): Promise<readonly ChangedKey[]>;

  /**
   * Imports keys of another system: clients keep sending the strings that they have. For admins and the app itself. What was
   * imported before is counted and left as it is, so that an import that was interrupted is run again from the start.
   *
   * @throws ApiKeysError `ERR_API_KEYS_FORBIDDEN` to owners; `ERR_API_KEYS_UNAVAILABLE` when the database does not respond: run it
   *   again
   *
   * @example
   * const { imported, problems } = await keys.import({ format: 'legacy', rows: await readOldTable(), dryRun: true });
   * for (const { row, field, message } of problems) console.log(`row ${row}: ${field} ${message}`);
   */
  import(input: KeyImport<S, F, R>): Promise<ImportReport>;

  /**
   * What the actor may give to keys: the catalogue with its sentences, each scope and feature with whether the actor may give
   * it, each kind of resources with the ids that the actor may bind keys to, and the ceilings on limits and credits. For
   * checkboxes; every change is checked again. Its names are typed by the options, unless the app says otherwise.
   *
   * @throws ApiKeysError only those of all commands
   *
   * @example
   * const { scopes } = await keys.grantable();
   * const boxes = scopes.filter(({ grantable }) => grantable).map(({ name, description }) => ({ name, description }));
   */
  grantable<
    NS extends string = S,
    NF extends string = OrAnyName<F>,
    NR extends string = OrAnyName<R>,
  >(): Promise<Grantable<NS, NF, NR>>;

  /**
   * Seals the secrets of keys that sign (`signing: 'hmac'`), and those of webhooks, under the current pepper, so that earlier ones can be
   * removed from the list. For the app itself alone. When it throws, call it again, and it continues with the rest.
   *
   * @throws ApiKeysError `ERR_API_KEYS_FORBIDDEN` to owners and admins
   *
   * @example
   * const { resealed, lost, webhooks } = await apiKeys.keys.as({ kind: 'application' }).resealSecrets();
   */
  resealSecrets(): Promise<ResealReport>;
}
