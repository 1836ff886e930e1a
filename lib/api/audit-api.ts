import type { AccessFilter } from '../audit/list-access.js';
import type { ObservedFilter } from '../audit/list-observed.js';
import type { TrailReport } from '../audit/trail-report.js';
import type { AccessEvent } from '../domain/access-event.js';
import type { AuditEvent } from '../domain/audit-event.js';
import type { ObservedReport } from '../domain/observed-view.js';
import type { AuditFilter } from '../manage/list-events.js';
import type { Page } from '../manage/list-page.js';
import type { ActingAuditApi, TrailCheckInput, TrailExportInput } from './acting-audit-api.js';
import type { CallActor } from './call-actor.js';
import type { CallOptions } from './call-options.js';

/**
 * The audit log and the access log without HTTP. Every method waits until the instance is ready. `audit.as(actor)` is the
 * short way; with `(input, { actor })` each call names its own actor.
 *
 * All methods throw ApiKeysError with a `code`: `ERR_API_KEYS_INVALID_REQUEST` with the `errors` of every condition that is
 * unknown or invalid, and `ERR_API_KEYS_UNAVAILABLE` when the database does not respond. InvalidOptionError
 * (`ERR_API_KEYS_INVALID_OPTION`) is thrown for a missing or invalid actor, unknown options, conditions that are
 * `undefined`, and an input that is no object.
 */
export interface AuditApi {
  /**
   * The same on behalf of one actor, which is checked and copied here.
   *
   * @throws InvalidOptionError (`ERR_API_KEYS_INVALID_OPTION`) for an actor that is missing or invalid
   *
   * @example
   * const { items } = await apiKeys.audit.as({ kind: 'owner', ownerId: 'alice' }).list();
   */
  as(actor: CallActor): ActingAuditApi;

  /** See {@link ActingAuditApi.list}. */
  list(filter: AuditFilter, options: CallOptions): Promise<Page<AuditEvent>>;

  /** See {@link ActingAuditApi.listAccess}. */
  listAccess(filter: AccessFilter, options: CallOptions): Promise<Page<AccessEvent>>;

  /** See {@link ActingAuditApi.listObserved}. */
  listObserved(filter: ObservedFilter, options: CallOptions): Promise<ObservedReport>;

  /** See {@link ActingAuditApi.clearObserved}. */
  clearObserved(input: Readonly<Record<string, never>>, options: CallOptions): Promise<void>;

  /** See {@link ActingAuditApi.export}. */
  export(filter: TrailExportInput, options: CallOptions): AsyncIterable<AuditEvent>;

  /** See {@link ActingAuditApi.verify}. */
  verify(input: TrailCheckInput, options: CallOptions): Promise<TrailReport>;
}
