import { setTimeout as sleep } from 'node:timers/promises';
import type { AccessEntry } from '../domain/access-entry.js';
import { FailureLog } from '../domain/failure-log.js';
import { toNetwork } from '../domain/network.js';
import { memoize } from '../domain/memoize.js';
import type { AccessLog } from '../ports/access-log.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { RandomSource } from '../ports/random-source.js';

/** One request to record in the access log. */
export type AccessNote = Omit<AccessEntry, 'id' | 'at' | 'lastAt' | 'count'>;

/** How long requests are aggregated before they are written, in milliseconds. */
export const accessWindowMs = 10_000;
/** Maximum number of rows of one window; requests beyond it are counted in one additional row. */
export const rowsPerWindow = 200;
/** How long rows are kept, in milliseconds: 90 days. */
const keptMs = 90 * 24 * 60 * 60 * 1000;
/** Maximum number of rows that are kept. */
const keptRows = 100_000;
/** Maximum number of rows that wait during an outage of the database; of older ones only the count is kept. */
const maxUnwritten = 1_000;
/** Rows that are removed in one step, the maximum number of steps in one run, and the interval between runs. */
const removedAtOnce = 500;
const maxRemovals = 40;
const pruneEveryMs = 10 * 60_000;
/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 25;

/** Identical requests of one window. */
type AggregatedRow = { -readonly [F in keyof AccessEntry]: AccessEntry[F] };

/** The ports of the recorder. */
export interface AccessRecorderParts {
  readonly random: RandomSource;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Aggregates notable requests and writes them in the background. Noting a request costs one map lookup; however many requests
 * come, a window has a bounded number of rows, in memory and in the database. When the process is killed, unwritten rows are
 * lost: one window at most, while the database is available.
 */
export class AccessRecorder {
  readonly #parts: AccessRecorderParts;
  readonly #networkOf = memoize((address: string | null) => toNetwork(address), 1_000);
  readonly #writes: FailureLog;
  readonly #removals: FailureLog;
  #log: AccessLog | null = null;
  #rows = new Map<string, AggregatedRow>();
  #overflow: AggregatedRow | null = null;
  #unwritten: readonly AccessEntry[] = [];
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();
  #prunedAt = -Infinity;
  #pruning: Promise<void> | null = null;
  #isStopping = false;

  constructor(parts: AccessRecorderParts) {
    this.#parts = parts;
    this.#writes = new FailureLog(parts.logger, {
      begins: 'rows of the access log are not written yet',
      ends: (lost) => `the access log is written again; of ${lost} rows only the number is known`,
    });
    this.#removals = new FailureLog(parts.logger, {
      begins: 'old rows of the access log are not removed yet',
      ends: () => 'old rows of the access log are removed again',
    });
  }

  /** Sets the log to write to. */
  start(log: AccessLog): void {
    this.#log = log;
    this.#isStopping = false;
  }

  /** Writes the remaining rows. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.flush();
    await this.#pruning;
    this.#log = null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  /** Records one request. */
  note(note: AccessNote): void {
    const at = this.#parts.clock.now();
    const name = deriveRowKey(note, this.#networkOf(note.address));
    const known = this.#rows.get(name);
    if (known !== undefined) {
      known.count += 1;
      known.lastAt = at;
    } else if (this.#rows.size < rowsPerWindow) {
      this.#rows.set(name, this.#createRow(note, at, 1));
    } else {
      this.#countOverflow(at, at, 1);
    }
    this.#timer ??= setTimeout(() => void this.flush(), accessWindowMs).unref();
  }

  /** Drops what is not written yet of an owner whose data was erased. */
  forgetOwner(ownerId: string): void {
    for (const [name, row] of this.#rows) if (row.ownerId === ownerId) this.#rows.delete(name);
    this.#unwritten = this.#unwritten.filter((row) => row.ownerId !== ownerId);
  }

  /** Closes the window and writes it. Never rejects: only the shutdown of the process awaits it. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  async #write(): Promise<void> {
    const log = this.#log;
    const lost = this.#closeWindow();
    if (log === null || this.#unwritten.length === 0) return;
    const events = this.#unwritten;
    try {
      await log.add(events);
      const written = new Set(events);
      this.#unwritten = this.#unwritten.filter((row) => !written.has(row));
      this.#writes.worked();
      this.#pruneWhenDue(log);
    } catch (error) {
      this.#writes.failed(error, lost);
      // Retried with the next window, even when no request comes.
      this.#timer ??= setTimeout(() => void this.flush(), accessWindowMs).unref();
    }
  }

  /** Moves the window to the unwritten rows; of surplus rows only the count is kept. Returns the number of surplus rows. */
  #closeWindow(): number {
    const rows = [...this.#unwritten, ...this.#rows.values()];
    this.#rows = new Map();
    const surplus = Math.max(0, rows.length - maxUnwritten);
    for (const { at, lastAt, count } of rows.splice(0, surplus)) this.#countOverflow(at, lastAt, count);
    if (this.#overflow !== null) rows.push(this.#overflow);
    this.#overflow = null;
    this.#unwritten = rows;
    return surplus;
  }

  #countOverflow(at: number, lastAt: number, count: number): void {
    this.#overflow ??= this.#createRow(overflowNote, at, 0);
    this.#overflow.at = Math.min(at, this.#overflow.at);
    this.#overflow.lastAt = Math.max(lastAt, this.#overflow.lastAt);
    this.#overflow.count += count;
  }

  #createRow(note: AccessNote, at: number, count: number): AggregatedRow {
    return { ...note, id: this.#parts.random.base62(16), at, lastAt: at, count };
  }

  #pruneWhenDue(log: AccessLog): void {
    if (this.#pruning !== null || performance.now() - this.#prunedAt < pruneEveryMs) return;
    this.#prunedAt = performance.now();
    this.#pruning = this.#prune(log).finally(() => (this.#pruning = null));
  }

  /** Removes old rows in steps with pauses, so that changes can proceed in between. Never rejects. */
  async #prune(log: AccessLog): Promise<void> {
    try {
      const before = this.#parts.clock.now() - keptMs;
      for (let step = 0; step < maxRemovals && !this.#isStopping; step += 1) {
        if ((await log.prune(before, keptRows, removedAtOnce)) < removedAtOnce) break;
        await sleep(pauseMs);
      }
      this.#removals.worked();
    } catch (error) {
      this.#removals.failed(error);
    }
  }
}

const overflowNote: AccessNote = {
  action: 'access.overflow',
  code: null,
  keyId: null,
  ownerId: null,
  actor: null,
  address: null,
  method: '',
  route: '',
  requestId: null,
};

/** Requests are identical in all but the time, the id of the request, and the interface part of an IPv6 address. */
function deriveRowKey(note: AccessNote, network: string): string {
  const { action, code, keyId, ownerId, actor, method, route } = note;
  const actorKey = actor === null ? '' : JSON.stringify([actor.kind, actor.id, actor.memberId]);
  return `${action}\n${code}\n${keyId}\n${ownerId}\n${actorKey}\n${network}\n${method}\n${route}`;
}
