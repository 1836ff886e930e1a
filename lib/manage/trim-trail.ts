import { setTimeout as sleep } from 'node:timers/promises';
import { isStartRecorded } from '../audit/is-start-recorded.js';
import { TrailCheck } from '../audit/trail-check.js';
import type { AuditCut } from '../domain/audit-entry.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { TrailStart } from '../ports/audit-trail.js';
import type { Clock } from '../ports/clock.js';
import type { QueuedStore } from '../ports/queued-store.js';
import { carryKeys } from './carry-keys.js';
import { housekeepingQueuing } from './change-queuing.js';
import { createTamperingError } from './create-tampering-error.js';
import { findLastErasure } from './find-last-erasure.js';

/** Entries in one statement: with SQLite it blocks the event loop, with both databases it holds locks. */
const entriesPerStep = 200;
/** Entries that one entry `audit.trimmed` cuts off at most, which bounds the key ids in memory. */
const maxCutEntries = 10_000;
/** Every cut adds entries itself, so fewer than that are left for a later one. */
const minCutEntries = 100;
/** The newest entries always stay: the feed, and the checks of a server's position, read them. */
const newestEntries = 1000;
/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 25;

/** What trimming needs. */
export interface TrimParts {
  readonly store: Pick<
    QueuedStore,
    'find' | 'findEventScanEnd' | 'housekeeping' | 'listEvents' | 'trail' | 'transact'
  >;
  readonly sealer: AuditSealer;
  readonly clock: Clock;
  /** Whether to stop before the next step. */
  readonly isStopped: () => boolean;
}

/** Where the trail may be cut, and the keys that the entries before are about. */
interface FoundCut {
  readonly cut: AuditCut;
  readonly keyIds: ReadonlySet<string>;
}

/**
 * Removes the entries of the trail that were made before a time, from the old end, in small steps with pauses. The cut is an entry
 * of the trail itself and is committed before anything is deleted, so that every state in between verifies. Several processes
 * may do so at once; what one of them did not finish, the next call does.
 *
 * Trimming must not hide tampering: it rejects, and removes nothing, when an entry or the start does not verify. Entries under a
 * pepper that is not configured are an exception: once a pepper is gone, nothing can verify them.
 *
 * @param time - epoch milliseconds
 */
export async function trimTrail(parts: TrimParts, time: number): Promise<void> {
  const { store, clock, isStopped } = parts;
  await readRecordedStart(parts);
  await removeTrimmed(parts);
  while (!isStopped()) {
    const found = await findCut(parts, time);
    if (found === null) return;
    const { cut, keyIds } = found;
    await carryKeys(parts, keyIds, cut);
    if (isStopped()) return;
    await store.transact(
      (transaction) => transaction.trim(cut, { ...trimEntry, cut, at: clock.now() }),
      housekeepingQueuing,
    );
    await removeTrimmed(parts);
  }
}

async function removeTrimmed({ store, isStopped }: TrimParts): Promise<void> {
  while (!isStopped()) {
    if ((await store.housekeeping.removeTrimmed(entriesPerStep)) < entriesPerStep) return;
    await sleep(pauseMs, undefined, { ref: false });
  }
}

/** Verifies the oldest entries as far as they may be cut off; `null` when there are none. */
async function findCut(parts: TrimParts, time: number): Promise<FoundCut | null> {
  const { store, sealer, isStopped } = parts;
  const start = await readRecordedStart(parts);
  const head = await store.trail.head();
  const last = Math.min(head.sequence - newestEntries, start.sequence + maxCutEntries);
  const check = new TrailCheck(sealer, null, start);
  const keyIds = new Set<string>();
  let isYoung = false;
  while (!isYoung && check.position.sequence < last) {
    if (isStopped()) return null;
    const after = check.position.sequence;
    const page = await store.trail.entries(after, Math.min(entriesPerStep, last - after));
    // Another process was faster: the next call continues where that one ends.
    if ((await store.trail.start()).entry !== start.entry) return null;
    const young = page.findIndex(({ at }) => at >= time);
    isYoung = young !== -1 || page.length === 0;
    for (const entry of young === -1 ? page : page.slice(0, young)) {
      check.add(entry);
      if (entry.keyId !== null) keyIds.add(entry.keyId);
    }
    assertNoProblem(check);
    await sleep(pauseMs, undefined, { ref: false });
  }
  const { sequence, hash } = check.position;
  if (sequence < start.sequence + minCutEntries) return null;
  await assertErasuresAreRecorded(store, check, sequence);
  return { cut: { sequence, hash }, keyIds };
}

function assertNoProblem({ problems: [problem] }: TrailCheck): void {
  if (problem !== undefined) throw createTamperingError(`Entry ${problem.sequence}`, problem.kind);
}

/** Reads where the trail starts, as one of its entries records it. */
async function readRecordedStart({ store, sealer }: TrimParts): Promise<TrailStart> {
  const isRecorded = (start: TrailStart): Promise<boolean> =>
    isStartRecorded(store.trail, sealer, start, ['valid', 'unknown']);
  const start = await store.trail.start();
  if (await isRecorded(start)) return start;
  // Another process may have moved it meanwhile, and removed the entry that recorded it.
  const moved = await store.trail.start();
  if (moved.entry !== start.entry && (await isRecorded(moved))) return moved;
  throw createTamperingError('The start', 'wrong_start');
}

/** A personal part that is missing must have been erased. */
async function assertErasuresAreRecorded(
  store: Pick<QueuedStore, 'findEventScanEnd' | 'listEvents'>,
  check: TrailCheck,
  cutAt: number,
): Promise<void> {
  for (const ownerId of check.unexplainedOwners) {
    const erasure = await findLastErasure(store, ownerId);
    if (erasure === undefined || erasure.sequence <= cutAt) {
      throw createTamperingError(`The personal part of an entry before ${cutAt}`, 'missing_personal');
    }
  }
}

/** It concerns no owner. */
const trimEntry = {
  action: 'audit.trimmed',
  keyId: null,
  keyspace: null,
  ownerId: '',
  keyVersion: null,
  ownerVersion: 0,
  changedFields: [],
  actor: { kind: 'application', id: null },
  address: null,
  requestId: null,
} as const;
