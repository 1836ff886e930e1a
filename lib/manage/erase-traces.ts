import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry } from '../domain/audit-entry.js';
import { isAboutOwner } from '../domain/is-about-owner.js';
import type { KeyStore } from '../ports/key-store.js';

/** Rows in one step: with SQLite it blocks the event loop, with both databases it holds locks. */
const rowsPerStep = 200;
/** Keys in one step. */
const keysPerStep = 50;
/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 12;

/** What was removed besides the records of keys, and what the trail keeps. */
export interface RemovedTraces {
  readonly auditEntries: number;
  /** Entries whose address is that of an admin. */
  readonly keptAuditEntries: number;
  readonly accessEvents: number;
  readonly observations: number;
  readonly lastUsedAddresses: number;
  readonly refreshGrants: number;
}

/** Whether an entry still has a personal part that is about its owner. */
function isErasable(entry: AuditEntry): boolean {
  return entry.personalHash !== undefined && entry.erased === undefined && isAboutOwner(entry);
}

/**
 * Removes what may name a person from the audit trail, the access log, the observed requests, the last uses and the refresh tokens, in small steps with
 * pauses. After a failure, the next call continues with the rest.
 *
 * @param before - the sequence number of the entry that records the erasure
 */
export async function eraseTraces(
  store: Pick<KeyStore, 'erasure' | 'listEvents'>,
  ownerId: string,
  keyIds: readonly string[],
  before: number,
): Promise<RemovedTraces> {
  const entries = await eraseEntries(store, ownerId, before);
  const { erasure } = store;
  const accessEvents = await eraseInSteps((limit) => erasure.eraseFromAccessLog(ownerId, limit));
  const observations = await eraseInSteps((limit) => erasure.eraseFromObservations(ownerId, limit));
  const ofKeys = await eraseTracesOfKeys(store, keyIds);
  return { ...entries, accessEvents, observations, ...ofKeys };
}

async function eraseInSteps(erase: (limit: number) => Promise<number>): Promise<number> {
  for (let erased = 0; ; await sleep(pauseMs)) {
    const removed = await erase(rowsPerStep);
    erased += removed;
    if (removed < rowsPerStep) return erased;
  }
}

async function eraseEntries(
  store: Pick<KeyStore, 'erasure' | 'listEvents'>,
  ownerId: string,
  before: number,
): Promise<Pick<RemovedTraces, 'auditEntries' | 'keptAuditEntries'>> {
  let [auditEntries, keptAuditEntries, after] = [0, 0, 0];
  for (;;) {
    const page = await store.listEvents({ ownerId, after, before, limit: rowsPerStep });
    const sequences = page.filter(isErasable).map(({ sequence }) => sequence);
    keptAuditEntries += page.filter((entry) => entry.address !== null && !isAboutOwner(entry)).length;
    if (sequences.length > 0) {
      auditEntries += await store.erasure.eraseFromTrail(sequences);
      await sleep(pauseMs);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < rowsPerStep) return { auditEntries, keptAuditEntries };
    after = last.sequence;
  }
}

async function eraseTracesOfKeys(
  { erasure }: Pick<KeyStore, 'erasure'>,
  keyIds: readonly string[],
): Promise<Pick<RemovedTraces, 'lastUsedAddresses' | 'refreshGrants'>> {
  let [lastUsedAddresses, refreshGrants] = [0, 0];
  for (let start = 0; start < keyIds.length; start += keysPerStep) {
    const ofStep = keyIds.slice(start, start + keysPerStep);
    await eraseInSteps((limit) => erasure.eraseRoutes(ofStep, limit));
    const removed = await erasure.eraseTraces(ofStep);
    lastUsedAddresses += removed.lastUsedAddresses;
    refreshGrants += removed.refreshGrants;
    await sleep(pauseMs);
  }
  return { lastUsedAddresses, refreshGrants };
}
