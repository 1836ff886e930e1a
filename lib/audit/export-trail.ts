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

/** Entries that are read at once, which bounds the entries in memory, however long the trail is. */
const perPage = 200;

/**
 * Exports every matching entry that the actor may see, oldest first, up to the current end of the trail. Invalid conditions
 * are reported before the first entry.
 */
export async function exportTrail(
  ports: AuditPorts,
  context: ChangeContext,
  wanted: AuditConditions<Moment> | ParsedFields,
): Promise<AsyncIterable<AuditEntry>> {
  const { store, clock } = ports;
  const read = readFields<ReadAuditConditions>(wanted, auditConditions, []);
  const { ownerId } = await resolveAuthority(ports, context, 'read', createFinder(ports, store), clock.now());
  const seen = narrowToSeenOwner(ownerId, read);
  if (seen === null) return readEntries(store, {}, 0);
  const entries = readEntries(store, toAuditQuery(seen), (await store.trail.head()).sequence);
  return redactOrigins(entries, context.actor);
}

async function* redactOrigins(
  entries: AsyncIterable<AuditEntry>,
  reader: ChangeActor,
): AsyncGenerator<AuditEntry> {
  for await (const entry of entries) yield redactOrigin(entry, reader);
}

async function* readEntries(
  store: Pick<KeyStore, 'listEvents' | 'findEventScanEnd' | 'find'>,
  conditions: Omit<AuditQuery, 'limit'>,
  end: number,
): AsyncGenerator<AuditEntry> {
  let after = 0;
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
    if (last !== undefined && page.length === perPage) after = last.sequence;
    else if (until === null) return;
    else after = until;
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
