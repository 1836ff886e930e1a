import type { AuditEntry } from '../domain/audit-entry.js';
import { isAboutOwner } from '../domain/is-about-owner.js';
import {
  firstAuditHash,
  hashAuditEntry,
  hashPersonal,
  parseAuditEntry,
  splitMac,
  type SerializedAuditEntry,
} from '../ports/audit-chain.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { KeyWithLastEntry, StoredEntry, TrailStart } from '../ports/audit-trail.js';
import type { FeedPosition } from '../ports/change-feed.js';
import type { TrailProblem, TrailProblemKind, TrailReport, TrimmedTrail } from './trail-report.js';

const maxProblems = 100;

/** The first and the last entry (after the anchor, if one is given) without a MAC under a known pepper. */
interface Unvouched {
  readonly first: number;
  readonly last: number;
}

/** How far a verification got, of which a part is left. */
export interface TrailProgress extends FeedPosition {
  readonly problemCount: number;
  readonly entries: number;
  readonly keys: number;
  readonly unsealed: number;
  readonly unknownPeppers: number;
  readonly erased: number;
  readonly hasMacs: boolean;
  readonly unvouched: Unvouched | null;
  readonly hasAnchor: boolean;
  /** The `entry` of the start that was found to be recorded; `null`: none was yet. */
  readonly recordedStart: number | null;
  readonly trimmedAt: number | null;
  /** Owner id, first entry and number of entries without their personal part that nothing has explained yet. */
  readonly unexplained: readonly (readonly [ownerId: string, first: number, count: number])[];
}

/** Checks the entries of a trail, which are added in their order from its start on, and the keys that they are about. */
export class TrailCheck {
  readonly #sealer: AuditSealer;
  readonly #anchor: FeedPosition | null;
  readonly #problems: TrailProblem[] = [];
  #problemCount = 0;
  readonly #start: TrailStart;
  /** Whether an entry records the start, or nothing was cut off. */
  #hasStart: boolean;
  #trimmed: TrimmedTrail | null = null;
  #position: FeedPosition;
  #entries = 0;
  #keys = 0;
  #unsealed = 0;
  #unknownPeppers = 0;
  #hasMacs = false;
  #unvouched: Unvouched | null = null;
  #hasAnchor: boolean;
  #erased = 0;
  /** Owner id -> entries without their personal part, which no entry has explained yet. */
  readonly #unexplained = new Map<string, { readonly first: number; count: number }>();

  /** @param earlier - how far earlier parts of the same verification got; the trail may have been cut off further meanwhile */
  constructor(
    sealer: AuditSealer,
    anchor: FeedPosition | null,
    start: TrailStart,
    earlier: TrailProgress | null = null,
  ) {
    this.#start = start;
    this.#position = { sequence: start.sequence, hash: start.hash };
    this.#hasStart = start.sequence === 0 && start.hash === firstAuditHash;
    this.#sealer = sealer;
    this.#anchor = anchor;
    this.#hasAnchor =
      anchor === null ||
      (anchor.sequence === 0 && anchor.hash === firstAuditHash) ||
      (anchor.sequence === start.sequence && anchor.hash === start.hash);
    if (earlier !== null) this.#goOn(earlier);
  }

  #goOn(earlier: TrailProgress): void {
    this.#problemCount = earlier.problemCount;
    this.#entries = earlier.entries;
    this.#keys = earlier.keys;
    this.#unsealed = earlier.unsealed;
    this.#unknownPeppers = earlier.unknownPeppers;
    this.#erased = earlier.erased;
    this.#hasMacs = earlier.hasMacs;
    this.#hasAnchor ||= earlier.hasAnchor;
    // What was cut off meanwhile is not there to be verified; the entry that records the cut is still ahead. An erasure that would have
    // explained what is missing before the cut may be cut off as well.
    if (earlier.sequence < this.#start.sequence) return;
    this.#position = { sequence: earlier.sequence, hash: earlier.hash };
    this.#unvouched = trimUnvouched(earlier.unvouched, this.#start);
    // Some of these entries may be cut off, but no erasure that is still ahead.
    for (const [ownerId, first, count] of earlier.unexplained) {
      this.#unexplained.set(ownerId, { first, count });
    }
    if (earlier.recordedStart !== this.#start.entry) return;
    this.#hasStart = true;
    if (earlier.trimmedAt === null) return;
    this.#trimmed = { sequence: this.#start.sequence, at: new Date(earlier.trimmedAt) };
  }

  /** How much was verified so far, in all parts. */
  get counts(): Pick<TrailProgress, 'entries' | 'keys' | 'problemCount'> {
    return { entries: this.#entries, keys: this.#keys, problemCount: this.#problemCount };
  }

  /** The number of {@link unexplainedOwners}. */
  get unexplainedCount(): number {
    return this.#unexplained.size;
  }

  /** What a later part has to know to go on from here. */
  get progress(): TrailProgress {
    return {
      ...this.#position,
      problemCount: this.#problemCount,
      entries: this.#entries,
      keys: this.#keys,
      unsealed: this.#unsealed,
      unknownPeppers: this.#unknownPeppers,
      erased: this.#erased,
      hasMacs: this.#hasMacs,
      unvouched: this.#unvouched,
      hasAnchor: this.#hasAnchor,
      recordedStart: this.#hasStart ? this.#start.entry : null,
      trimmedAt: this.#trimmed?.at.getTime() ?? null,
      unexplained: [...this.#unexplained].map(([ownerId, { first, count }]) => [ownerId, first, count]),
    };
  }

  get problems(): readonly TrailProblem[] {
    return this.#problems;
  }

  /** The owners of entries whose personal part is missing, although no entry so far records an erasure after them. */
  get unexplainedOwners(): Iterable<string> {
    return this.#unexplained.keys();
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
    const { sequence, hash, entry: recordedBy } = this.#start;
    if (entry.sequence !== recordedBy || event.action !== 'audit.trimmed') return;
    if (event.cut?.sequence !== sequence || event.cut.hash !== hash) return;
    this.#hasStart = true;
    this.#trimmed = { sequence, at: new Date(entry.at) };
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
      this.#noteUnvouched(sequence);
      return;
    }
    this.#hasMacs = true;
    const result = this.#sealer.check(sealed.mac, previousHash, sealed.bytes);
    if (result === 'invalid') this.addProblem('wrong_mac', sequence);
    if (result !== 'unknown') return;
    this.#unknownPeppers += 1;
    this.#noteUnvouched(sequence);
  }

  #noteUnvouched(sequence: number): void {
    this.#unvouched = { first: this.#unvouched?.first ?? sequence, last: sequence };
  }

  /** Runs the checks that need all entries. */
  checkEnd(head: FeedPosition): void {
    const { sequence, hash } = this.#position;
    if (sequence !== head.sequence || hash !== head.hash) this.addProblem('wrong_head', head.sequence);
    for (const { first } of this.#unexplained.values()) this.addProblem('missing_personal', first);
    if (this.#unvouched !== null) this.addProblem('unvouched_entries', this.#unvouched.first);
    if (!this.#hasStart) this.addProblem('wrong_start', this.#start.sequence + 1);
    if (this.#hasAnchor) return;
    const anchored = this.#anchor?.sequence ?? 0;
    this.addProblem(anchored < this.#start.sequence ? 'anchor_trimmed' : 'wrong_anchor', anchored);
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

  /**
   * @param rest - what is left to verify, for a report of a part
   */
  createReport(
    rest: Pick<TrailReport, 'remaining' | 'resume'> = { remaining: 0, resume: null },
  ): TrailReport {
    const valid = this.#problemCount === 0;
    const { sequence, hash } = this.#position;
    return {
      valid,
      entries: this.#entries,
      keys: this.#keys,
      unsealed: this.#unsealed,
      unknownPeppers: this.#unknownPeppers,
      erased: this.#erased,
      trimmed: this.#trimmed,
      problems: this.#problems,
      problemCount: this.#problemCount,
      anchor: valid && rest.resume === null ? `${sequence}.${hash}` : null,
      ...rest,
    };
  }
}

/** What the trail still has of these entries. */
function trimUnvouched(unvouched: Unvouched | null, { sequence }: FeedPosition): Unvouched | null {
  if (unvouched === null || unvouched.last <= sequence) return null;
  return { ...unvouched, first: Math.max(unvouched.first, sequence + 1) };
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
