import type { Moment } from '../domain/moment.js';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditEntry } from '../domain/audit-entry.js';
import {
  auditConditions,
  type AuditConditions,
  toAuditQuery,
  type ReadAuditConditions,
} from '../manage/audit-conditions.js';
import { resolveAuthority, createFinder } from '../manage/authority.js';
import type { ChangeContext } from '../manage/change.js';
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
  return readEntries(store, toAuditQuery(seen), (await store.trail.head()).sequence);
}

async function* readEntries(
  store: Pick<KeyStore, 'listEvents'>,
  conditions: Omit<AuditQuery, 'limit'>,
  end: number,
): AsyncGenerator<AuditEntry> {
  let after = 0;
  while (after < end) {
    const page = await store.listEvents({ ...conditions, after, before: end + 1, limit: perPage });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < perPage) return;
    after = last.sequence;
    await nextTurn();
  }
}
