import type { Moment } from '../domain/moment.js';
import type { AccessEntry } from '../domain/access-entry.js';
import type { AuditEntry } from '../domain/audit-entry.js';
import { ApiKeysError } from '../errors.js';
import type { ChangeContext } from '../manage/change.js';
import type { Page } from '../manage/list-page.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import { readFields } from '../manage/read-fields.js';
import type { AuditPorts } from './audit-ports.js';
import { exportTrail, type ExportConditions, type OnExportProgress } from './export-trail.js';
import { deleteObserved } from './delete-observed.js';
import { listAccess, type AccessFilter } from './list-access.js';
import { listObserved, type ListedObservations, type ObservedFilter } from './list-observed.js';
import { parseAnchor } from './parse-anchor.js';
import { parseMaxEntries, parseResume } from './parse-part.js';
import type { TrailReport } from './trail-report.js';
import { verifyTrail, type TrailPart } from './verify-trail.js';

/** Queries on the audit trail as a whole, and on the access log. Throws the same errors as `KeyService`. */
export interface AuditService {
  listAccess(context: ChangeContext, filter: AccessFilter<Moment> | ParsedFields): Promise<Page<AccessEntry>>;
  /** What guards in observe mode would have refused. For admins and the app itself. */
  listObserved(
    context: ChangeContext,
    filter: ObservedFilter<Moment> | ParsedFields,
  ): Promise<ListedObservations>;
  /** Deletes it. For admins and the app itself. */
  clearObserved(context: ChangeContext): Promise<void>;
  /** Oldest first; an owner gets the entries of its own keys. */
  exportTrail(
    context: ChangeContext,
    wanted: ExportConditions<Moment> | ParsedFields,
    onProgress?: OnExportProgress,
  ): Promise<AsyncIterable<AuditEntry>>;
  /** For admins and the app itself. `input` may contain the `anchor` of an earlier report, and which part to verify. */
  verify(
    context: ChangeContext,
    input:
      { readonly anchor?: unknown; readonly maxEntries?: unknown; readonly resume?: unknown } | ParsedFields,
    bounds?: PartBounds,
  ): Promise<TrailReport>;
}

/** What holds for a part besides what its caller has sent. */
type PartBounds = Pick<TrailPart, 'resumeLength' | 'onProgress'>;

/** Binds the queries to their ports. */
export function createAuditService(ports: AuditPorts): AuditService {
  return {
    listAccess: (context, filter) => listAccess(ports, context, filter),
    listObserved: (context, filter) => listObserved(ports, context, filter),
    clearObserved: (context) => deleteObserved(ports, context),
    exportTrail: (context, wanted, onProgress) => exportTrail(ports, context, wanted, onProgress),

    async verify({ actor }, input, bounds = {}) {
      if (actor.kind !== 'admin' && actor.kind !== 'application') {
        throw new ApiKeysError('forbidden', { detail: 'Only an admin may check the whole audit trail.' });
      }
      const readers = { anchor: parseAnchor, maxEntries: parseMaxEntries, resume: parseResume };
      const { anchor = null, ...part } = readFields(input, readers, []);
      const { store, sealer, resumeSigner: signer } = ports;
      return verifyTrail(store.trail, sealer, anchor, { ...bounds, ...part, signer });
    },
  };
}
