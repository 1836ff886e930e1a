import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AuditEntry } from '../domain/audit-entry.js';
import { isAboutOwner } from '../domain/is-about-owner.js';
import {
  hashAuditEntry,
  hashPersonal,
  firstAuditHash,
  parseAuditEntry,
  splitMac,
  type SerializedAuditEntry,
} from '../ports/audit-chain.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { AuditTrail, KeyWithLastEntry, StoredEntry } from '../ports/audit-trail.js';
import { startOfFeed, type FeedPosition } from '../ports/change-feed.js';
import type { TrailProblem, TrailProblemKind, TrailReport } from './trail-report.js';

/** Entries, or keys, that are verified before yielding to the event loop. */
const perPage = 200;
const maxProblems = 100;

/**
 * Verifies the whole trail as it is stored: that no sequence number is missing, that the hash chain and the MACs match the
 * bytes, that the columns that entries are found by match their bytes, that it ends at its head, that every key is at the
 * version of the last entry about it, and that it contains the anchor. A personal part that is missing must have been erased:
 * a later entry records that for its owner. Concurrent changes do not disturb it.
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
  const head = await trail.head();
  const check = new TrailCheck(sealer, anchor);
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

/** The state of a verification. */
class TrailCheck {
  readonly #sealer: AuditSealer;
  readonly #anchor: FeedPosition | null;
  readonly #problems: TrailProblem[] = [];
  #problemCount = 0;
  #position: FeedPosition = startOfFeed;
  #entries = 0;
  #keys = 0;
  #unsealed = 0;
  #unknownPeppers = 0;
  #hasMacs = false;
  /** The first entry (after the anchor, if one is given) without a MAC under a known pepper. */
  #unvouched: number | null = null;
  #hasAnchor: boolean;
  #erased = 0;
  /** Owner id -> entries without their personal part, which no entry has explained yet. */
  readonly #unexplained = new Map<string, { readonly first: number; count: number }>();

  constructor(sealer: AuditSealer, anchor: FeedPosition | null) {
    this.#sealer = sealer;
    this.#anchor = anchor;
    this.#hasAnchor = anchor === null || (anchor.sequence === 0 && anchor.hash === firstAuditHash);
  }

  /** The position of the last entry that was added. */
  get position(): FeedPosition {
    return this.#position;
  }

  add(entry: StoredEntry): void {
    const { sequence, payload, hash } = entry;
    const previous = this.#position;
    this.#entries += 1;
    if (sequence !== previous.sequence + 1) this.addProblem('missing_entry', previous.sequence + 1);
    if (hashAuditEntry(previous.hash, payload) !== hash) this.addProblem('broken_chain', sequence);
    this.#checkBytes(entry);
    this.#checkPersonal(entry);
    this.#checkMac(entry, previous.hash);
    if (this.#anchor?.sequence === sequence && this.#anchor.hash === hash) {
      this.#hasAnchor = true;
      // The anchor vouches for everything up to here.
      this.#unvouched = null;
    }
    this.#position = { sequence, hash };
  }

  #checkBytes(entry: StoredEntry): void {
    const event = readEntry(entry);
    if (event?.sequence !== entry.sequence) return this.addProblem('wrong_entry', entry.sequence);
    const isSame =
      event.keyId === entry.keyId &&
      event.ownerId === entry.ownerId &&
      event.action === entry.action &&
      event.at === entry.at &&
      event.actor?.id === entry.actorId &&
      (event.actor.memberId ?? null) === entry.memberId;
    if (!isSame) this.addProblem('wrong_copy', entry.sequence);
  }

  #checkPersonal({ sequence, ownerId, payload, personal }: StoredEntry): void {
    const event = readEntry({ payload, personal: null });
    if (event?.action === 'owner.erased') this.#explainErased(ownerId);
    if (personal !== null) {
      if (hashPersonal(personal) !== event?.personalHash) this.addProblem('wrong_personal', sequence);
    } else if (event?.personalHash !== undefined) {
      if (isAboutOwner(event)) this.#noteErased(ownerId, sequence);
      else this.addProblem('missing_personal', sequence);
    }
  }

  #noteErased(ownerId: string, sequence: number): void {
    const noted = this.#unexplained.get(ownerId);
    if (noted === undefined) this.#unexplained.set(ownerId, { first: sequence, count: 1 });
    else noted.count += 1;
  }

  /** An erasure explains what is missing before it, and nothing after it. */
  #explainErased(ownerId: string): void {
    this.#erased += this.#unexplained.get(ownerId)?.count ?? 0;
    this.#unexplained.delete(ownerId);
  }

  #checkMac({ sequence, payload }: StoredEntry, previousHash: string): void {
    const sealed = splitMac(payload);
    if (sealed === null) {
      if (this.#hasMacs) this.addProblem('missing_mac', sequence);
      this.#unsealed += 1;
      this.#unvouched ??= sequence;
      return;
    }
    this.#hasMacs = true;
    const result = this.#sealer.check(sealed.mac, previousHash, sealed.bytes);
    if (result === 'invalid') this.addProblem('wrong_mac', sequence);
    if (result !== 'unknown') return;
    this.#unknownPeppers += 1;
    this.#unvouched ??= sequence;
  }

  /** Runs the checks that need all entries. */
  checkEnd(head: FeedPosition): void {
    const { sequence, hash } = this.#position;
    if (sequence !== head.sequence || hash !== head.hash) this.addProblem('wrong_head', head.sequence);
    for (const { first } of this.#unexplained.values()) this.addProblem('missing_personal', first);
    if (this.#unvouched !== null) this.addProblem('unvouched_entries', this.#unvouched);
    if (!this.#hasAnchor) this.addProblem('wrong_anchor', this.#anchor?.sequence ?? null);
  }

  addKey({ keyId, version, payload }: KeyWithLastEntry): void {
    this.#keys += 1;
    const event = payload === null ? null : readEntry({ payload, personal: null });
    if (event?.keyId !== keyId || event.keyVersion !== version) {
      this.addProblem('wrong_key_version', null, keyId);
    }
  }

  addProblem(kind: TrailProblemKind, sequence: number | null, keyId: string | null = null): void {
    this.#problemCount += 1;
    if (this.#problems.length < maxProblems) this.#problems.push({ kind, sequence, keyId });
  }

  createReport(): TrailReport {
    const valid = this.#problemCount === 0;
    const { sequence, hash } = this.#position;
    return {
      valid,
      entries: this.#entries,
      keys: this.#keys,
      unsealed: this.#unsealed,
      unknownPeppers: this.#unknownPeppers,
      erased: this.#erased,
      problems: this.#problems,
      problemCount: this.#problemCount,
      anchor: valid ? `${sequence}.${hash}` : null,
    };
  }
}

/** Parses stored bytes, which anybody may have written. */
function readEntry(stored: SerializedAuditEntry): Partial<AuditEntry> | null {
  try {
    const event: unknown = parseAuditEntry(stored, '');
    return typeof event === 'object' && event !== null ? event : null;
  } catch {
    return null;
  }
}
