import { refuseUnknownOptions } from '../options/read-options.js';
import type { AccessFilter } from '../audit/list-access.js';
import type { AuditService } from '../audit/audit-service.js';
import type { TrailReport } from '../audit/trail-report.js';
import { readCallOptions, type CallOptions } from './call-options.js';
import type { AccessEvent } from '../domain/access-event.js';
import type { AuditEvent } from '../domain/audit-event.js';
import { InvalidOptionError } from '../errors.js';
import type { AuditConditions } from '../manage/audit-conditions.js';
import type { KeyService } from '../manage/key-service.js';
import type { AuditFilter } from '../manage/list-events.js';
import type { Page } from '../manage/list-page.js';

/**
 * The audit trail and the access log without HTTP. Every method waits until the instance is ready and throws ApiKeysError
 * with a `code` (`ERR_API_KEYS_…`). Times in entries are epoch milliseconds, as they are stored.
 */
export interface AuditApi {
  /** Who changed what, newest first. */
  list(filter?: AuditFilter, options?: CallOptions): Promise<Page<AuditEvent>>;
  /** Refused requests, and uses of secrets that a rotation has replaced, newest first. */
  listAccess(filter?: AccessFilter, options?: CallOptions): Promise<Page<AccessEvent>>;
  /** Every entry of the trail that fits, oldest first, as it is stored; read in pages while it is iterated. */
  export(filter?: AuditConditions, options?: CallOptions): AsyncIterable<AuditEvent>;
  /**
   * Checks the whole trail. Keep `anchor` of the report where nobody who can write to the database gets to, and pass it
   * to the next check.
   */
  verify(input?: { readonly anchor?: string }, options?: CallOptions): Promise<TrailReport>;
}

/** What the API without HTTP needs. */
export interface AuditApiParts {
  /** Waits until the instance is ready. */
  readonly whenReady: () => Promise<{ readonly service: KeyService; readonly audit: AuditService }>;
}

/** Puts the typed face on the audit services. */
export function createAuditApi({ whenReady }: AuditApiParts): AuditApi {
  return {
    async list(filter = {}, options) {
      const { context } = readCallOptions('audit.list', options, ['actor']);
      const { service } = await whenReady();
      return service.listEvents(context, presentConditions('audit.list', filter));
    },

    async listAccess(filter = {}, options) {
      const { context } = readCallOptions('audit.listAccess', options, ['actor']);
      const { audit } = await whenReady();
      return audit.listAccess(context, presentConditions('audit.listAccess', filter));
    },

    async *export(filter = {}, options) {
      const { context } = readCallOptions('audit.export', options, ['actor']);
      const { audit } = await whenReady();
      yield* await audit.exportTrail(context, presentConditions('audit.export', filter));
    },

    async verify(input = {}, options) {
      const { context } = readCallOptions('audit.verify', options, ['actor']);
      refuseUnknownOptions('audit.verify', input, ['anchor']);
      const { audit } = await whenReady();
      return audit.verify(context, presentConditions('audit.verify', input));
    },
  };
}

/**
 * A condition that went missing on its way here must not widen a list to everybody's entries, nor a check lose its anchor.
 * Only a cursor may be `undefined`: there is none before the first page.
 */
function presentConditions<T extends object>(what: string, filter: T): T {
  for (const [name, value] of Object.entries(filter)) {
    if (value === undefined && name !== 'cursor') {
      throw new InvalidOptionError(`${what}: ${name} is undefined; leave it out to do without it`);
    }
  }
  return filter;
}
