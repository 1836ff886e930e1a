import { setImmediate as nextTurn } from 'node:timers/promises';
import { ApiKeysError } from '../errors.js';
import { toListBinding } from '../manage/list-cursor.js';
import type { AuditSealer } from '../ports/audit-sealer.js';
import type { AuditTrail, TrailStart } from '../ports/audit-trail.js';
import type { FeedPosition } from '../ports/change-feed.js';
import { maxResumeLength, type CursorSigner } from '../ports/cursor-signer.js';
import { isStartRecorded } from './is-start-recorded.js';
import { TrailCheck, type TrailProgress } from './trail-check.js';
import type { TrailReport, VerificationProgress } from './trail-report.js';

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
 * It can be done in parts, so that none takes long. What was verified in an earlier part is not read again: the next part goes on
 * from its last entry and hash, which are in the signed `resume`.
 *
 * @param anchor - the end of the trail at an earlier verification; keep it out of reach of anyone who can write to the database
 * @throws ApiKeysError `invalid_request` when `resume` was not made for a verification with this anchor
 */
export async function verifyTrail(
  trail: AuditTrail,
  sealer: AuditSealer,
  anchor: FeedPosition | null,
  part: TrailPart,
): Promise<TrailReport> {
  for (let run = 1; ; run += 1) {
    const { start, head } = await readEnds(trail);
    const report = await verifyFrom(trail, { start, head }, sealer, anchor, part);
    // Entries that retention removes meanwhile look like missing ones.
    if (report.valid || run === maxRuns || (await trail.start()).entry === start.entry) return report;
  }
}

/** Which part of the trail to verify. */
export interface TrailPart {
  /** The `resume` of the part before. */
  readonly resume?: string | undefined;
  /** Entries, and then keys, after which the part ends. Default: it has no end. */
  readonly maxEntries?: number | undefined;
  /** Signs up to `maxResumeLength`. */
  readonly signer: CursorSigner;
  /** The maximum length of the `resume` that the part ends with. Default: `maxResumeLength`. */
  readonly resumeLength?: number | undefined;
  /** Called after every 200 entries or keys. When it throws, the verification stops. */
  readonly onProgress?: ((progress: VerificationProgress) => unknown) | undefined;
}

/** What is in `resume`. `key` is the id of the last key that was compared; `null`: entries are left. */
type Resumed = TrailProgress & { readonly key: string | null };

/** Where the trail starts and ends. */
interface TrailEnds {
  readonly start: TrailStart;
  readonly head: FeedPosition;
}

/**
 * Reads both as they were at one time. Behind a later head, the entry that records the start might be passed by a part that does not
 * know it; behind an earlier one, it would be missing.
 */
async function readEnds(trail: AuditTrail): Promise<TrailEnds> {
  for (let start = await trail.start(); ;) {
    const head = await trail.head();
    const current = await trail.start();
    if (current.entry === start.entry) return { start, head };
    start = current;
  }
}

async function verifyFrom(
  trail: AuditTrail,
  { start, head }: TrailEnds,
  sealer: AuditSealer,
  anchor: FeedPosition | null,
  { resume, maxEntries = Infinity, signer, resumeLength = maxResumeLength, onProgress }: TrailPart,
): Promise<TrailReport> {
  const binding = toListBinding('audit.verify', { anchor: anchor && `${anchor.sequence}.${anchor.hash}` });
  const earlier = resume === undefined ? null : openResume(signer, resume, binding);
  const check = new TrailCheck(sealer, anchor, start, earlier);
  let left = maxEntries;
  const getPageSize = (): number => (left > 0 ? Math.min(perPage, left) : perPage);
  const createPart = (key: string | null): TrailReport | null => {
    // Each owner takes more than that: what is too long in any case is not made again after every page.
    if (left > 0 || (key === null && check.unexplainedCount * 10 > resumeLength)) return null;
    const { progress } = check;
    // When keys are compared, what has not been explained is a problem already, and is counted.
    const unexplained = key === null ? progress.unexplained : [];
    const token = signResume(signer, { ...progress, unexplained, key }, binding, resumeLength);
    if (token === null) return null;
    return check.createReport({ remaining: key === null ? countRemaining() : 0, resume: token });
  };
  const countRemaining = (): number => Math.max(0, head.sequence - check.position.sequence);
  const reportProgress = async (remaining: number): Promise<void> => {
    await onProgress?.({ ...check.counts, remaining });
  };
  if (earlier === null || earlier.key === null) {
    for (;;) {
      const asked = getPageSize();
      const page = await trail.entries(check.position.sequence, asked);
      const entries = page.filter(({ sequence }) => sequence <= head.sequence);
      for (const entry of entries) check.add(entry);
      await reportProgress(countRemaining());
      if (entries.length < asked) break;
      left -= entries.length;
      const report = createPart(null);
      if (report !== null) return report;
      await nextTurn();
    }
    check.checkEnd(head);
    await checkHead(trail, head, check);
  }
  const isCutOff = earlier !== null && earlier.key !== null && earlier.sequence <= start.sequence;
  for (let after = earlier?.key ?? ''; ;) {
    const asked = getPageSize();
    const page = await trail.lastEntries(after, asked);
    for (const key of page) check.addKey(key);
    await reportProgress(0);
    const last = page.at(-1);
    left -= page.length;
    const isDone = last === undefined || page.length < asked;
    // Without the end that was verified, what the keys were compared with need not be the last entries about them.
    if (isDone || left <= 0) {
      await (isCutOff ? checkStart(trail, sealer, start, check) : checkEndIsKept(trail, start, check));
    }
    if (isDone) return check.createReport();
    after = last.keyId;
    const report = createPart(after);
    if (report !== null) return report;
    await nextTurn();
  }
}

/**
 * `null` while it is too long, because of hundreds of owners without their personal parts: then the part goes on, until the
 * erasures are found that explain what is missing.
 */
function signResume(
  signer: CursorSigner,
  progress: Resumed,
  binding: string,
  maxLength: number,
): string | null {
  const position = JSON.stringify(progress);
  // Base64url, and the MAC behind it.
  return Math.ceil((Buffer.byteLength(position) * 4) / 3) + 23 > maxLength
    ? null
    : signer.sign(position, binding);
}

function openResume(signer: CursorSigner, resume: string, binding: string): Resumed {
  const position = signer.open(resume, binding);
  if (position === null) {
    throw new ApiKeysError('invalid_request', {
      detail:
        'The resume does not belong to this verification: send that of the part before, with the same anchor.',
      errors: [{ field: '?resume', message: 'must be that of the part before, with the same anchor' }],
    });
  }
  return JSON.parse(position) as Resumed;
}

/** Entries after the head come from concurrent changes, which have moved the head; otherwise the head was set back. */
async function checkHead(trail: AuditTrail, head: FeedPosition, check: TrailCheck): Promise<void> {
  const [beyond] = await trail.entries(head.sequence, 1);
  if (beyond === undefined || (await trail.head()).sequence >= beyond.sequence) return;
  check.addProblem('wrong_head', beyond.sequence);
}

/** The last verified entry was cut off: an entry vouches for the start. */
async function checkStart(
  trail: AuditTrail,
  sealer: AuditSealer,
  start: TrailStart,
  check: TrailCheck,
): Promise<void> {
  const isRecorded = check.position.hash === start.hash && (await isStartRecorded(trail, sealer, start));
  if (!isRecorded) check.addProblem('wrong_start', start.sequence + 1);
}

/** The last verified entry is still stored, and the head is not before it: nothing was removed from the end meanwhile. */
async function checkEndIsKept(trail: AuditTrail, start: TrailStart, check: TrailCheck): Promise<void> {
  const { sequence, hash } = check.position;
  // There was no entry, or what is wrong was reported at the end of the entries.
  if (sequence === start.sequence) return;
  const [entry] = await trail.entries(sequence - 1, 1);
  const head = await trail.head();
  const isKept = entry?.sequence === sequence && entry.hash === hash && head.sequence >= sequence;
  if (!isKept) check.addProblem('wrong_head', head.sequence);
}
