import type { AccessFilter } from '../audit/list-access.js';
import type { ObservedFilter } from '../audit/list-observed.js';
import type { ExportConditions, ExportProgress } from '../audit/export-trail.js';
import type { TrailReport, VerificationProgress } from '../audit/trail-report.js';
import type { AccessEvent } from '../domain/access-event.js';
import type { AuditEvent } from '../domain/audit-event.js';
import type { ObservedReport } from '../domain/observed-view.js';
import type { AuditFilter } from '../manage/list-events.js';
import type { Page } from '../manage/list-page.js';

/** What a check of the audit log takes. */
export interface TrailCheckInput {
  /** The `anchor` of an earlier report. Default: none, and a log that was cut off or rewritten as a whole is not noticed. */
  readonly anchor?: string;
  /**
   * After how many entries, and then keys, to stop; the report then has a `resume`. A part is longer while its `resume` would be
   * over 64 KB, because hundreds of owners whose erasure is recorded later would be in it. Default: none, and all is checked at once.
   */
  readonly maxEntries?: number;
  /** The `resume` of the report of the part before, with the same `anchor`. */
  readonly resume?: string;
  /**
   * Called after every 200 entries or keys, and waited for. When it throws, the check stops. It starts over when
   * retention removes entries meanwhile.
   */
  readonly onProgress?: ((progress: VerificationProgress) => unknown) | undefined;
}

/** What an export takes. */
export interface TrailExportInput extends ExportConditions {
  /** Called when the entries of a page were taken, and waited for. When it throws, the export stops. */
  readonly onProgress?: ((progress: ExportProgress) => unknown) | undefined;
}

/**
 * The audit log on behalf of one actor: what `audit.as(actor)` returns. Errors that all methods throw are listed at
 * {@link AuditApi}.
 */
export interface ActingAuditApi {
  /**
   * Who changed what, newest first. A condition that is `undefined` is refused: leave it out.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * const audit = apiKeys.audit.as({ kind: 'application' });
   * const { items, nextCursor } = await audit.list({ ownerId: 'alice', action: 'key.revoked' });
   */
  list(filter?: AuditFilter): Promise<Page<AuditEvent>>;

  /**
   * The access log: refused requests, and uses of secrets that a rotation has replaced, newest first.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * const { items } = await audit.listAccess({ code: 'invalid_token' });
   */
  listAccess(filter?: AccessFilter): Promise<Page<AccessEvent>>;

  /**
   * What guards in observe mode would have refused: how often, on which route, for which reason and of which key; the most
   * frequent first. What other processes have counted in the last seconds may be missing.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`; `ERR_API_KEYS_FORBIDDEN` to owners
   *
   * @example
   * const { items } = await audit.listObserved({ from: lastDeployment });
   * for (const { route, code, ownerId, count } of items) console.log(route, code, ownerId, count);
   */
  listObserved(filter?: ObservedFilter): Promise<ObservedReport>;

  /**
   * Deletes what was observed so far. Other processes may still add what they have counted in the last seconds.
   *
   * @throws ApiKeysError `ERR_API_KEYS_FORBIDDEN` to owners
   *
   * @example
   * await audit.clearObserved();
   */
  clearObserved(): Promise<void>;

  /**
   * Every entry of the audit log that matches, oldest first; read in pages while it is iterated. Errors are thrown by the
   * first step of the iteration.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`
   *
   * @example
   * for await (const event of audit.export({ ownerId: 'alice' })) file.write(`${JSON.stringify(event)}\n`);
   *
   * @example The rest of an export that was interrupted
   * for await (const event of audit.export({ ownerId: 'alice', afterSequence: last.sequence })) file.write(`${JSON.stringify(event)}\n`);
   */
  export(filter?: TrailExportInput): AsyncIterable<AuditEvent>;

  /**
   * Checks the whole audit log. Keep `anchor` of the report where nobody who can write to the database gets to, and pass it
   * to the next check.
   *
   * @throws ApiKeysError `ERR_API_KEYS_INVALID_REQUEST`; `ERR_API_KEYS_FORBIDDEN` to owners
   *
   * @example
   * const report = await audit.verify({ anchor: lastReport.anchor });
   * if (!report.valid) alert(report.problems);
   *
   * @example A long log, in parts
   * let report = await audit.verify({ maxEntries: 100_000 });
   * while (report.valid && report.resume !== null) {
   *   console.log(`${report.entries} entries are verified, ${report.remaining} are left`);
   *   report = await audit.verify({ maxEntries: 100_000, resume: report.resume });
   * }
   */
  verify(input?: TrailCheckInput): Promise<TrailReport>;
}
