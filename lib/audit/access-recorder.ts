import type { AccessEntry } from '../domain/access-entry.js';
import { FailureLog } from '../domain/failure-log.js';
import type { Change } from '../domain/key-change.js';
import { toNetwork } from '../domain/network.js';
import { memoize } from '../domain/memoize.js';
import { maxRowsPerWrite, WriteInProgress } from '../domain/write-in-progress.js';
import type { AccessLog } from '../ports/access-log.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { RandomSource } from '../ports/random-source.js';
import { WindowWriter } from './window-writer.js';

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
  readonly #failures: FailureLog;
  readonly #writer: WindowWriter<AccessLog>;
  #rows = new Map<string, AggregatedRow>();
  #overflow: AggregatedRow | null = null;
  #unwritten: readonly AccessEntry[] = [];
  readonly #adding = new WriteInProgress<AccessEntry>();

  constructor(parts: AccessRecorderParts) {
    this.#parts = parts;
    this.#failures = new FailureLog(parts.logger, {
      begins: 'rows of the access log are not written yet',
      ends: (lost) => `the access log is written again; of ${lost} rows only the number is known`,
    });
    this.#writer = new WindowWriter(parts, {
      windowMs: accessWindowMs,
      write: (log) => this.#write(log),
      kept: {
        keptMs,
        keptRows,
        messages: {
          begins: 'old rows of the access log are not removed yet',
          ends: () => 'old rows of the access log are removed again',
        },
      },
    });
  }

  /** Sets the log to write to. @param ensureLease - see {@link WindowWriter.start} */
  start(log: AccessLog, ensureLease?: () => Promise<void>): void {
    this.#writer.start(log, ensureLease);
  }

  /** Writes the remaining rows. Never rejects. */
  stop(): Promise<void> {
    return this.#writer.stop();
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
    this.#writer.schedule();
  }

  /**
   * Drops what is not written yet of a key or of an owner whose data was erased.
   *
   * @returns resolves when what was handed to the log before is written, or has failed; `null` when there is nothing of it
   */
  forget(change: Change): Promise<unknown> | null {
    const { keyId } = change;
    // Of a request whose owner was not known, and that nobody else made.
    const isOfUnknown = (row: AccessEntry): boolean => row.ownerId === null && row.actor === null;
    return this.#drop(
      keyId === null
        ? // Whose key it is, is not known here, and the keys of an owner that is erased again are not announced again.
          (row) => row.ownerId === change.ownerId || (row.keyId !== null && isOfUnknown(row))
        : (row) => row.keyId === keyId && isOfUnknown(row),
    );
  }

  /** Drops everything that names an owner or a key: which of them were erased is not known. */
  forgetAll(): Promise<unknown> | null {
    return this.#drop(({ ownerId, keyId }) => ownerId !== null || keyId !== null);
  }

  #drop(isErased: (row: AccessEntry) => boolean): Promise<unknown> | null {
    for (const [name, row] of this.#rows) if (isErased(row)) this.#rows.delete(name);
    this.#unwritten = this.#unwritten.filter((row) => !isErased(row));
    return this.#adding.findEndOf(isErased);
  }

  /** Closes the window and writes it. Never rejects: only the shutdown of the process awaits it. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  async #write(log: AccessLog | null): Promise<boolean> {
    const lost = this.#closeWindow();
    if (log === null || this.#unwritten.length === 0) return false;
    let hasWritten = false;
    try {
      while (this.#unwritten.length > 0) {
        // Others may have stopped waiting for this process while rows were written.
        await this.#writer.ensureLease();
        const events = this.#unwritten.slice(0, maxRowsPerWrite);
        if (events.length === 0) break;
        await this.#adding.run(events, (rows) => log.add(rows));
        const written = new Set(events);
        this.#unwritten = this.#unwritten.filter((row) => !written.has(row));
        hasWritten = true;
      }
      this.#failures.worked();
    } catch (error) {
      this.#failures.failed(error, lost);
      // Retried with the next window, even when no request comes.
      this.#writer.schedule();
    }
    return hasWritten;
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
