import { FailureLog } from '../domain/failure-log.js';
import type { RefusalCode } from '../domain/verdict.js';
import type { KeyStore, KeyUse } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { attend, createUseCounter, enterHour, takeUses, type UseCounter } from './use-counter.js';

export type { UseCounter } from './use-counter.js';

/** How long uses are gathered before they are written, in milliseconds. */
export const useFlushIntervalMs = 5_000;
/** How long the first use of a key in this process waits for others to be written with it, in milliseconds. */
const firstUseDelayMs = 50;
/** Uses of so many keys are written in one transaction: changes may have to wait for it. */
const maxWrittenAtOnce = 1_000;
/** Uses of more keys than this are written without waiting for the interval. */
const maxGathered = 10_000;

/**
 * Counts uses and writes them in the background, so that no request waits for a write. A first use is written at once,
 * and again until it is written; of the later ones, at most one interval is lost when the process is killed.
 */
export class UseRecorder {
  readonly #store: Pick<KeyStore, 'recordUse'>;
  readonly #writes: FailureLog;
  /** Counters that were used since the last writing. */
  #gathered: UseCounter[] = [];
  /** Uses that are no longer in their counters, or could not be written. */
  #waiting: KeyUse[] = [];
  /** Keys whose first use in this process is not written yet. */
  #unwritten = new Set<string>();
  /** Keys whose first use in this process is written, or about to be. */
  #known = new Set<string>();
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

  /** A counter for one version of a key. Several for one key are added up when they are written. */
  counterFor(keyId: string): UseCounter {
    return createUseCounter(keyId);
  }

  /**
   * Counts a request that is let in.
   *
   * @param now - epoch milliseconds
   * @param addressOf - asked at most once a second
   */
  record(counter: UseCounter, now: number, addressOf: () => string | null): void {
    if (now >= counter.dueAt) this.#waiting.push(...attend(counter, now, addressOf));
    counter.lastAt = now;
    counter.count += 1;
    if (counter.count === 1) {
      this.#gather(counter, this.#noteFirstUse(counter.keyId) ? firstUseDelayMs : useFlushIntervalMs);
    }
  }

  /**
   * Counts a request with a right secret that is refused. It does not say when the address is looked at: who is refused
   * often enough could keep it from ever being looked at.
   */
  recordRefusal(counter: UseCounter, code: RefusalCode, now: number): void {
    this.#waiting.push(...enterHour(counter, now));
    counter.refusals ??= new Map();
    const count = counter.refusals.get(code) ?? 0;
    counter.refusals.set(code, count + 1);
    if (count === 0) this.#gather(counter, useFlushIntervalMs);
  }

  #gather(counter: UseCounter, delayMs: number): void {
    this.#gathered.push(counter);
    if (this.#gathered.length >= maxGathered) void this.flush();
    else this.#flushWithin(delayMs);
  }

  /** Whether a key was ever used is what people look for; it is written soon. */
  #noteFirstUse(keyId: string): boolean {
    if (this.#known.has(keyId)) return false;
    if (this.#known.size >= maxGathered) this.#known = new Set();
    this.#known.add(keyId);
    this.#unwritten.add(keyId);
    return true;
  }

  #flushWithin(milliseconds: number): void {
    const dueAt = performance.now() + milliseconds;
    if (this.#timer !== null && this.#dueAt <= dueAt) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => void this.flush(), milliseconds).unref();
  }

  /** Writes what was gathered. Never rejects: a use that cannot be written is not worth a request. */
  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#gathered.length === 0 && this.#waiting.length === 0) return this.#flushing;
    const uses = this.#take();
    this.#flushing = this.#flushing.then(() => this.#write(uses));
    return this.#flushing;
  }

  /** Writes what was gathered, for the last time. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.flush();
  }

  #take(): readonly KeyUse[] {
    const uses = this.#waiting.concat(this.#gathered.flatMap(takeUses));
    this.#gathered = [];
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
        this.#writes.failed(error, countOf(batch) - countOf(kept));
      }
    }
  }

  /** It is better to count a first use twice than to say that the key was never used. */
  #keepFirstUses(uses: readonly KeyUse[]): readonly KeyUse[] {
    const first = uses.filter(({ keyId, verdict }) => verdict === 'allowed' && this.#unwritten.has(keyId));
    if (first.length === 0 || this.#isClosed || this.#waiting.length >= maxGathered) return [];
    this.#waiting.push(...first);
    this.#flushWithin(useFlushIntervalMs);
    return first;
  }
}

function countOf(uses: readonly KeyUse[]): number {
  return uses.reduce((sum, { count }) => sum + count, 0);
}
