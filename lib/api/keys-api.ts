import type { PostureItem } from '../domain/posture-view.js';
import type { PostureFilter } from '../manage/get-posture.js';
import type { ApiKey } from '../domain/api-key-view.js';
import type { Grantable } from '../domain/grantable.js';
import type { KeyUsage } from '../domain/usage-view.js';
import type { Verdict } from '../domain/verdict.js';
import type { KeyFilter } from '../manage/list-keys.js';
import type { Page } from '../manage/list-page.js';
import type { ImportReport } from '../manage/import-keys.js';
import type { ResealReport } from '../manage/reseal-secrets.js';
import type { ActingKeysApi, OrAnyName } from './acting-keys-api.js';
import type { CallActor } from './call-actor.js';
import type { CallOptions, ChangeOptions } from './call-options.js';
import type {
  KeyImport,
  KeyReference,
  KeyRevocation,
  KeyRotation,
  KeyUpdate,
  KeyUsageFilter,
  NewKey,
  OwnerRevocation,
  PublicKeyInput,
  SigningInput,
} from './key-inputs.js';
import type { ChangedKey, CreatedKey, RotatedKey, WithTokenUnless } from './key-results.js';
import type { RequestVerdict } from '../http/request-verdict.js';
import type { VerifiableRequest } from '../http/verifiable-request.js';
import type { VerifyRequestOptions } from '../http/verify-request-options.js';
import type { VerifyInput } from './read-verify-input.js';

/**
 * Managing and verifying keys without HTTP: for sign-up hooks, jobs and web sockets. Every method waits until the instance
 * is ready.
 *
 * Every command needs an actor. `keys.as(actor)` is the short way; with `(input, { actor })` each call names its own.
 *
 * All methods throw ApiKeysError with a `code`. Those of all commands are `ERR_API_KEYS_INVALID_REQUEST` (with the `errors`
 * of every field that is missing, unknown or invalid), `ERR_API_KEYS_FORBIDDEN` (the actor may not do this) and
 * `ERR_API_KEYS_UNAVAILABLE` (the database does not respond; a change may have been made). InvalidOptionError
 * (`ERR_API_KEYS_INVALID_OPTION`) is thrown for a missing or invalid actor, unknown options, an input that is no object,
 * conditions that are `undefined`, and fields that are, unless they only describe the key.
 */
export interface KeysApi<S extends string, F extends string = never, R extends string = never> {
  /**
   * The same commands on behalf of one actor, which is checked and copied here.
   *
   * @throws InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) for an actor that is missing or invalid
   *
   * @example
   * const keys = apiKeys.keys.as({ kind: 'owner', ownerId: req.user.id });
   * const created = await keys.create({ name: 'CI', scopes: ['orders:read'] });
   */
  as<K extends CallActor['kind']>(actor: CallActor & { readonly kind: K }): ActingKeysApi<S, F, R, K>;

  /** See {@link ActingKeysApi.create}. */
  create<P extends string = never>(
    input: NewKey<S, F, R> & PublicKeyInput<P> & SigningInput<P>,
    options: CallOptions,
  ): Promise<WithTokenUnless<P, CreatedKey>>;

  /** See {@link ActingKeysApi.get}. */
  get(input: KeyReference, options: CallOptions): Promise<ApiKey | null>;

  /** See {@link ActingKeysApi.list}. */
  list(filter: KeyFilter<Date, R>, options: CallOptions): Promise<Page<ApiKey>>;

  /** See {@link ActingKeysApi.posture}. */
  posture(filter: PostureFilter, options: CallOptions): Promise<Page<PostureItem>>;

  /** See {@link ActingKeysApi.usage}. */
  usage(input: KeyUsageFilter, options: CallOptions): Promise<KeyUsage>;

  /** See {@link ActingKeysApi.update}. */
  update(input: KeyUpdate<S, F, R>, options: ChangeOptions): Promise<ChangedKey>;

  /** See {@link ActingKeysApi.rotate}. */
  rotate<P extends string = never>(
    input: KeyRotation & PublicKeyInput<P>,
    options: ChangeOptions,
  ): Promise<WithTokenUnless<P, RotatedKey>>;

  /** See {@link ActingKeysApi.revoke}. */
  revoke(input: KeyRevocation, options: ChangeOptions): Promise<ChangedKey>;

  /** See {@link ActingKeysApi.revokeAll}. */
  revokeAll(input: OwnerRevocation, options: CallOptions): Promise<readonly ChangedKey[]>;

  /** See {@link ActingKeysApi.import}. */
  import(input: KeyImport<S, F, R>, options: CallOptions): Promise<ImportReport>;

  /** See {@link ActingKeysApi.grantable}. */
  grantable<NS extends string = S, NF extends string = OrAnyName<F>, NR extends string = OrAnyName<R>>(
    input: Readonly<Record<string, never>>,
    options: CallOptions,
  ): Promise<Grantable<NS, NF, NR>>;

  /** See {@link ActingKeysApi.resealSecrets}. */
  resealSecrets(input: Readonly<Record<string, never>>, options: CallOptions): Promise<ResealReport>;

  /**
   * Verifies a key or an access token as a guard would, and takes its cost from the limits and credits of the key. A refusal is
   * returned, not thrown.
   *
   * @throws InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) for unknown names, scopes and features
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` when the database does not respond
   *
   * @example
   * const verdict = await apiKeys.keys.verify({ key: token, scopes: 'orders:read', address: '203.0.113.9' });
   * if (!verdict.allowed) socket.close(4401, verdict.code);
   */
  verify(input: VerifyInput<S, F, R>): Promise<Verdict>;

  /**
   * Verifies a whole request as a guard would, without Express: WebSocket upgrades, fetch handlers, other frameworks. The
   * credential is found in the headers, by `credentialFrom`. A refusal, and an outage too, is returned with the answer to send.
   *
   * @param request - an `IncomingMessage` of Node, a `Request` of fetch, or an object with `headers`, `method` and `url`
   * @throws InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) for unknown names, scopes and features, and for no request
   *
   * @example
   * const verdict = await apiKeys.keys.verifyRequest(request, { scopes: 'orders:read' });
   * if (!verdict.allowed) return new Response(verdict.body, verdict);
   */
  verifyRequest(request: VerifiableRequest, options?: VerifyRequestOptions<S, F, R>): Promise<RequestVerdict>;
}
