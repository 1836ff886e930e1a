import { FailureLog } from '../domain/failure-log.js';
import type { RefusalCode } from '../domain/verdict.js';
import type { KeyStore, KeyUse } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { refreshCounter, createUseCounter, startHour, takeUses, type UseCounter } from './use-counter.js';

export type { UseCounter } from './use-counter.js';

/** How long uses are batched before they are written, in milliseconds. */
export const useFlushIntervalMs = 5_000;
/** How long the first use of a key in this process waits for other uses to be written with it, in milliseconds. */
const firstUseDelayMs = 50;
/** The maximum number of uses in one transaction, because changes may have to wait for it. */
const maxWrittenAtOnce = 1_000;
/** Beyond this number of keys, uses are written without waiting for the interval. */
const maxBatched = 10_000;

/**
 * Counts uses and writes them in the background, so that no request waits for a write. A first use is written at
 * once, and retried until it is written, as is the first one in each hour: whether a key is idle depends on it. Of the later
 * ones, at most one interval is lost when the process is killed.
 */
export class UseRecorder {
  readonly #store: Pick<KeyStore, 'recordUse'>;
  readonly #writes: FailureLog;
  /** Counters with uses since the last write. */
  #batched: UseCounter[] = [];
  /** Uses that have left their counters, or could not be written. */
  #waiting: KeyUse[] = [];
  /** Keys whose first use in this process, or in this hour, is not written yet. */
  #unwritten = new Set<string>();
  /** Keys whose first use in this process is written, or about to be written -> the hour of their last use. */
  #known = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;
  #flushing: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(store: Pick<KeyStore, 'recordUse'>, logger: Logger) {
    this.#store = store;
    this.#writes = new FailureLog(logger, {
      begins: 'uses of keys are not recorded',
      ends: (lost) => `uses of keys are recorded again; ${lost} were lost`,
    });
  }

  /**
   * Creates a counter for one version of a key. The counts of several counters of one key are added up in the store.
   */
  counterFor(keyId: string): UseCounter {
    return createUseCounter(keyId);
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

  /** Drops the addresses that are not written yet of a key whose data was erased; the counts stay. */
  forgetAddress(keyId: string): void {
    for (const counter of this.#batched) if (counter.keyId === keyId) counter.address = null;
    this.#waiting = this.#waiting.map((use) => (use.keyId === keyId ? { ...use, address: null } : use));
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
    this.#flushing = this.#flushing.then(() => this.#write(uses));
    return this.#flushing;
  }

  /** Writes the batched uses for the last time. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.flush();
  }

  #take(): readonly KeyUse[] {
    const uses = this.#waiting.concat(this.#batched.flatMap(takeUses));
    this.#batched = [];
    this.#waiting = [];
    return uses;
  }

  async #write(uses: readonly KeyUse[]): Promise<void> {
    for (let start = 0; start < uses.length; start += maxWrittenAtOnce) {
      const batch = uses.slice(start, start + maxWrittenAtOnce);
      try {
        await this.#store.recordUse(batch);
        for (const { keyId } of batch) this.#unwritten.delete(keyId);
        this.#writes.worked();
      } catch (error) {
        const kept = this.#keepFirstUses(batch);
        this.#writes.failed(error, sumCounts(batch) - sumCounts(kept));
      }
    }
  }

  /** Keeps first uses for another try, of keys and of their parts: to count one twice is better than to report that it was never used. */
  #keepFirstUses(uses: readonly KeyUse[]): readonly KeyUse[] {
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

function sumCounts(uses: readonly KeyUse[]): number {
  return uses.reduce((sum, { count }) => sum + count, 0);
}
