import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { AuditTrail, TrailStart } from '../ports/audit-trail.js';
import type { FeedPosition } from '../ports/change-feed.js';
import { TrailCheck } from './trail-check.js';
import type { TrailReport } from './trail-report.js';

/** Entries, or keys, that are verified before yielding to the event loop. */
const perPage = 200;
/** Verifications until retention moves no start meanwhile. */
const maxRuns = 3;

/**
 * Verifies the whole trail as it is stored: that no sequence number is missing, that the hash chain and the MACs match the
 * bytes, that the columns that entries are found by match their bytes, that it ends at its head, that every key is at the
 * version of the last entry about it, and that it contains the anchor. A personal part that is missing must have been erased:
 * a later entry records that for its owner. What is missing at the old end must have been removed by retention: an entry records
 * up to where. Concurrent changes do not disturb it.
 *
 * Without the pepper, an entry cannot be forged: one whose MAC cannot be verified is a problem, unless a later anchor vouches
 * for it. A restored copy of the whole database is recognized as old only by an anchor that is newer than the copy.
 *
 * @param anchor - the end of the trail at an earlier verification; keep it out of reach of anyone who can write to the database
 */
export async function verifyTrail(
  trail: AuditTrail,
  sealer: AuditSealer,
  anchor: FeedPosition | null,
): Promise<TrailReport> {
  for (let run = 1; ; run += 1) {
    const start = await trail.start();
    const report = await verifyFrom(trail, start, sealer, anchor);
    // Entries that retention removes meanwhile look like missing ones.
    if (report.valid || run === maxRuns || (await trail.start()).entry === start.entry) return report;
  }
}

async function verifyFrom(
  trail: AuditTrail,
  start: TrailStart,
  sealer: AuditSealer,
  anchor: FeedPosition | null,
): Promise<TrailReport> {
  const head = await trail.head();
  const check = new TrailCheck(sealer, anchor, start);
  for (;;) {
    const page = await trail.entries(check.position.sequence, perPage);
    const entries = page.filter(({ sequence }) => sequence <= head.sequence);
    for (const entry of entries) check.add(entry);
    if (entries.length < perPage) break;
    await nextTurn();
  }
  check.checkEnd(head);
  await checkHead(trail, head, check);
  await checkKeys(trail, check);
  return check.createReport();
}

/** Entries after the head come from concurrent changes, which have moved the head; otherwise the head was set back. */
async function checkHead(trail: AuditTrail, head: FeedPosition, check: TrailCheck): Promise<void> {
  const [beyond] = await trail.entries(head.sequence, 1);
  if (beyond === undefined || (await trail.head()).sequence >= beyond.sequence) return;
  check.addProblem('wrong_head', beyond.sequence);
}

async function checkKeys(trail: AuditTrail, check: TrailCheck): Promise<void> {
  let after = '';
  for (;;) {
    const page = await trail.lastEntries(after, perPage);
    for (const key of page) check.addKey(key);
    const last = page.at(-1);
    if (last === undefined || page.length < perPage) return;
    after = last.keyId;
    await nextTurn();
  }
}
