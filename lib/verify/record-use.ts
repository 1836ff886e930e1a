import { FailureLog } from '../domain/failure-log.js';
import type { Change } from '../domain/key-change.js';
import { getPeriodStart, hourMs } from '../domain/key-usage.js';
import type { RefusalCode } from '../domain/verdict.js';
import { maxRowsPerWrite, WriteInProgress } from '../domain/write-in-progress.js';
import type { KeyStore, KeyUse } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { RecentErasures, type UsedBy } from './recent-erasures.js';
import { createUseCounter, refreshCounter, startHour, takeUses } from './use-counter.js';
import type { CountedKey, CountedUse, UseCounter } from './use-counter.js';

export type { UseCounter } from './use-counter.js';

/** How long uses are batched before they are written, in milliseconds. */
export const useFlushIntervalMs = 5_000;
/** How long the first use of a key in this process waits for other uses to be written with it, in milliseconds. */
const firstUseDelayMs = 50;
/** Beyond this number of keys, uses are written without waiting for the interval. */
const maxBatched = 10_000;

/**
 * Counts uses and writes them in the background, so that no request waits for a write. A first use is written at
 * once, and retried until it is written, as is the first one in each hour: whether a key is idle depends on it. Of the later
 * ones, at most one interval is lost when the process is killed.
 */
export class UseRecorder {
  readonly #store: Pick<KeyStore, 'recordUse'>;
  readonly #ensureLease: () => Promise<void>;
  readonly #writes: FailureLog;
  /** Counters with uses since the last write. */
  #batched: UseCounter[] = [];
  /** Uses that have left their counters, or could not be written. */
  #waiting: CountedUse[] = [];
  readonly #erasures = new RecentErasures();
  /** Uses of flushes that have not ended. */
  readonly #taken = new Set<CountedUse[]>();
  readonly #writing = new WriteInProgress<CountedUse>();
  /** Keys whose first use in this process, or in this hour, is not written yet. */
  #unwritten = new Set<string>();
  /** Keys whose first use in this process is written, or about to be written -> the hour of their last use. */
  #known = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;
  #flushing: Promise<void> = Promise.resolve();
  #isClosed = false;

  /**
   * @param ensureLease - resolves when all changes up to now are known here, erasures among them; rejects when that is unknown
   */
  constructor(
    store: Pick<KeyStore, 'recordUse'>,
    logger: Logger,
    ensureLease: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#store = store;
    this.#ensureLease = ensureLease;
    this.#writes = new FailureLog(logger, {
      begins: 'uses of keys are not recorded',
      ends: (lost) => `uses of keys are recorded again; ${lost} were lost`,
    });
  }

  /**
   * Creates a counter for one version of a key. The counts of several counters of one key are added up in the store.
   */
  counterFor(key: CountedKey): UseCounter {
    return createUseCounter(key);
  }

  /**
   * Counts an allowed request.
   *
   * @param now - epoch milliseconds
   * @param addressOf - called at most once a second
   */
  record(counter: UseCounter, now: number, addressOf: () => string | null): void {
    if (now >= counter.dueAt) this.#waiting.push(...refreshCounter(counter, now, addressOf));
    counter.lastAt = now;
    counter.count += 1;
    if (counter.count === 1) {
      this.#enqueue(counter, this.#noteFirstUse(counter) ? firstUseDelayMs : useFlushIntervalMs);
    }
  }

  /**
   * Counts a refused request with a valid secret. It does not schedule the next read of the address: otherwise a
   * caller that is refused often enough could keep the address from ever being read.
   */
  recordRefusal(counter: UseCounter, code: RefusalCode, now: number): void {
    this.#waiting.push(...startHour(counter, now));
    counter.refusals ??= new Map();
    const count = counter.refusals.get(code) ?? 0;
    counter.refusals.set(code, count + 1);
    if (count === 0) this.#enqueue(counter, useFlushIntervalMs);
  }

  /**
   * Of a key or of an owner whose data was erased, neither addresses nor parts are written from now on; the counts stay.
   *
   * @returns resolves when what was handed to the store before is written, or has failed; `null` when there is nothing of it
   */
  forget(change: Change, now: number): Promise<unknown> | null {
    if (this.#erasures.isFull) {
      this.#stripWaiting((use) => this.#erasures.has(use));
      this.#erasures.forgetOldestHalf();
    }
    this.#erasures.note(change, now);
    return this.#writing.findEndOf((use) => isPersonal(use) && this.#erasures.has(use));
  }

  /** The same for all keys that were used up to now: which of them were erased is not known. */
  forgetAll(): Promise<unknown> | null {
    this.#stripWaiting(() => true);
    return this.#writing.findEndOf(isPersonal);
  }

  #stripWaiting(isErased: (use: UsedBy) => boolean): void {
    for (const counter of this.#batched) {
      if (!isErased(counter)) continue;
      counter.address = null;
      counter.parts.take();
    }
    for (const uses of [this.#waiting, ...this.#taken]) {
      for (const [index, use] of uses.entries()) if (isErased(use)) uses[index] = removePersonal(use);
    }
  }

  #enqueue(counter: UseCounter, delayMs: number): void {
    this.#batched.push(counter);
    if (this.#batched.length >= maxBatched) void this.flush();
    else this.#flushWithin(delayMs);
  }

  /**
   * Notes the first use of a key in an hour. The first one in this process is written soon, because whether a key was ever
   * used is what operators look for. Returns whether this is the first use in this process.
   */
  #noteFirstUse({ keyId, hour }: UseCounter): boolean {
    const last = this.#known.get(keyId);
    if (last === hour) return false;
    if (this.#known.size >= maxBatched) this.#known = new Map();
    this.#known.set(keyId, hour);
    this.#unwritten.add(keyId);
    return last === undefined;
  }

  #flushWithin(milliseconds: number): void {
    const dueAt = performance.now() + milliseconds;
    if (this.#timer !== null && this.#dueAt <= dueAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => void this.flush(), milliseconds).unref();
  }

  /** Writes the batched uses. Never rejects, because no request should fail for a use that cannot be written. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#batched.length === 0 && this.#waiting.length === 0) return this.#flushing;
    const uses = this.#take();
    const takenAt = performance.now();
    this.#flushing = this.#flushing.then(async () => {
      await this.#write(uses);
      this.#taken.delete(uses);
      this.#erasures.forgetBefore(takenAt);
    });
    return this.#flushing;
  }

  /** Writes the batched uses for the last time. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.flush();
  }

  #take(): CountedUse[] {
    const uses = this.#waiting.concat(this.#batched.flatMap(takeUses));
    this.#batched = [];
    this.#waiting = [];
    this.#taken.add(uses);
    return uses;
  }

  async #write(uses: readonly CountedUse[]): Promise<void> {
    for (let start = 0; start < uses.length; start += maxRowsPerWrite) {
      // What is erased may change until the last moment, and again while it is written.
      const select = (end?: number): readonly CountedUse[] =>
        uses.slice(start, end).map((use) => (this.#erasures.has(use) ? removePersonal(use) : use));
      const selectBatch = (): readonly CountedUse[] => select(start + maxRowsPerWrite);
      try {
        await this.#ensureLease();
      } catch (error) {
        this.#noteFailed(select(), error);
        return;
      }
      try {
        await this.#writing.run(selectBatch(), (some) => this.#store.recordUse(some.map(toKeyUse)));
        this.#noteWritten(selectBatch());
        this.#writes.worked();
      } catch (error) {
        // A process that shuts down does not wait for the deadline of each batch.
        this.#noteFailed(this.#isClosed ? select() : selectBatch(), error);
        if (this.#isClosed) return;
      }
    }
  }

  /** Of other rows of a key, a refusal for example, its first use is not written. */
  #noteWritten(uses: readonly CountedUse[]): void {
    for (const { keyId, verdict, at } of uses) {
      const hour = this.#known.get(keyId) ?? null;
      const isLast = hour === null || hour === getPeriodStart(hourMs, at);
      if (verdict === 'allowed' && isLast) this.#unwritten.delete(keyId);
    }
  }

  #noteFailed(uses: readonly CountedUse[], error: unknown): void {
    const kept = this.#keepFirstUses(uses);
    this.#writes.failed(error, sumCounts(uses) - sumCounts(kept));
  }

  /** Keeps first uses for another try, of keys and of their parts: to count one twice is better than to report that it was never used. */
  #keepFirstUses(uses: readonly CountedUse[]): readonly CountedUse[] {
    const first = uses.filter(
      ({ keyId, verdict, parts }) =>
        verdict === 'allowed' && (this.#unwritten.has(keyId) || parts.length > 0),
    );
    if (first.length === 0 || this.#isClosed || this.#waiting.length >= maxBatched) return [];
    this.#waiting.push(...first);
    this.#flushWithin(useFlushIntervalMs);
    return first;
  }
}

function removePersonal(use: CountedUse): CountedUse {
  return { ...use, address: null, parts: [] };
}

function isPersonal({ address, parts }: CountedUse): boolean {
  return address !== null || parts.length > 0;
}

/** Without what only this process has to know. */
function toKeyUse({ ownerId: _, createdAt: __, ...use }: CountedUse): KeyUse {
  return use;
}

function sumCounts(uses: readonly KeyUse[]): number {
  return uses.reduce((sum, { count }) => sum + count, 0);
}
