import type { Moment } from '../domain/moment.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ChangeActor } from '../domain/actor.js';
import type { AuditEntry } from '../domain/audit-entry.js';
import { redactOrigin } from '../domain/redact-origin.js';
import {
  auditConditions,
  type AuditConditions,
  toAuditQuery,
  type ReadAuditConditions,
} from '../manage/audit-conditions.js';
import { isAuditScan, chooseAuditScan, getCountedBy } from '../manage/audit-scan.js';
import { resolveAuthority, createFinder } from '../manage/authority.js';
import type { ChangeContext } from '../manage/change.js';
import { maxRowsPerPage } from '../manage/list-page.js';
import type { ParsedFields } from '../manage/parsed-fields.js';
import { readFields } from '../manage/read-fields.js';
import { narrowToSeenOwner } from '../manage/narrow-to-seen-owner.js';
import type { AuditQuery, KeyStore } from '../ports/key-store.js';
import type { AuditPorts } from './audit-ports.js';
import { parseAfterSequence } from './parse-part.js';

/** Entries that are read at once, which bounds the entries in memory, however long the trail is. */
const perPage = 200;

/** Which entries to export. */
export interface ExportConditions<T extends Moment = Date> extends AuditConditions<T> {
  /**
   * Only entries with a higher `sequence`: an export that was interrupted goes on after the last entry that it has returned, with the
   * same conditions.
   */
  readonly afterSequence?: number | undefined;
}

/** How far an export is. */
export interface ExportProgress {
  /** The number of entries that were exported, without those before `afterSequence`. */
  readonly entries: number;
  /** Everything up to this sequence number was read: an `afterSequence` for the rest, also where nothing has matched. */
  readonly sequence: number;
  /** How many sequence numbers are left to read. */
  readonly remaining: number;
}

/** Called when the entries of a page were taken. When it throws, the export stops. */
export type OnExportProgress = (progress: ExportProgress) => unknown;

/**
 * Exports every matching entry that the actor may see, oldest first, up to the current end of the trail. Invalid conditions
 * are reported before the first entry.
 */
export async function exportTrail(
  ports: AuditPorts,
  context: ChangeContext,
  wanted: ExportConditions<Moment> | ParsedFields,
  onProgress?: OnExportProgress,
): Promise<AsyncIterable<AuditEntry>> {
  const { store, clock } = ports;
  const readers = { ...auditConditions, afterSequence: parseAfterSequence };
  const { afterSequence = 0, ...read } = readFields<ReadExportConditions>(wanted, readers, []);
  const { ownerId } = await resolveAuthority(ports, context, 'read', createFinder(ports, store), clock.now());
  const seen = narrowToSeenOwner(ownerId, read);
  if (seen === null) return readEntries(store, {}, { after: 0, end: 0 });
  const { sequence: end } = await store.trail.head();
  const entries = readEntries(store, toAuditQuery(seen), { after: afterSequence, end }, onProgress);
  return redactOrigins(entries, context.actor);
}

type ReadExportConditions = ReadAuditConditions & { readonly afterSequence?: number | undefined };

async function* redactOrigins(
  entries: AsyncIterable<AuditEntry>,
  reader: ChangeActor,
): AsyncGenerator<AuditEntry> {
  for await (const entry of entries) yield redactOrigin(entry, reader);
}

async function* readEntries(
  store: Pick<KeyStore, 'listEvents' | 'findEventScanEnd' | 'find'>,
  conditions: Omit<AuditQuery, 'limit'>,
  { after: first, end }: { readonly after: number; readonly end: number },
  onProgress?: OnExportProgress,
): AsyncGenerator<AuditEntry> {
  let after = first;
  let entries = 0;
  while (after < end) {
    const { until, countedBy } = await findPart(store, conditions, after);
    const page = await store.listEvents({
      ...conditions,
      countedBy,
      after,
      until: until ?? end,
      before: end + 1,
      limit: perPage,
    });
    yield* page;
    const last = page.at(-1);
    entries += page.length;
    if (last !== undefined && page.length === perPage) after = last.sequence;
    // Rows are counted beyond the end as well, of entries that were written since.
    else after = Math.min(until ?? end, end);
    await onProgress?.({ entries, sequence: after, remaining: Math.max(0, end - after) });
    await nextTurn();
  }
}

/** What to read at once, so that no statement reads more of those that do not match; `until` is `null`: all the rest. */
async function findPart(
  store: Pick<KeyStore, 'findEventScanEnd' | 'find'>,
  conditions: Omit<AuditQuery, 'limit'>,
  after: number,
): Promise<{ readonly until: number | null; readonly countedBy: AuditQuery['countedBy'] }> {
  if (!isAuditScan(conditions)) return { until: null, countedBy: undefined };
  const scan = await chooseAuditScan(store, conditions);
  const until = await store.findEventScanEnd({ ...scan, after }, maxRowsPerPage);
  return { until, countedBy: getCountedBy(scan) };
}
