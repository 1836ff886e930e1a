import type { KeyStore, KeyUse } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';

/** How long uses are gathered before they are written, in milliseconds. */
export const useFlushIntervalMs = 5_000;
/** How long the first use of a key in this process waits for others to be written with it, in milliseconds. */
const firstUseDelayMs = 50;
/** Uses of so many keys are written in one transaction: changes may have to wait for it. */
const maxWrittenAtOnce = 1_000;
/** Uses of more keys than this are written without waiting for the interval. */
const maxGathered = 10_000;

/** The uses of one key that were not written yet. Whoever holds the key holds this too, so that a use costs no look-up. */
export interface UseCounter {
  readonly keyId: string;
  count: number;
  /** Epoch milliseconds. */
  lastAt: number;
}

/**
 * Counts uses and writes them in the background, so that no request waits for a write. A first use is written at once;
 * of the later ones, at most one interval is lost when the process is killed.
 */
export class UseRecorder {
  readonly #store: Pick<KeyStore, 'recordUse'>;
  readonly #logger: Logger;
  /** Counters that were used since the last writing. */
  #gathered: UseCounter[] = [];
  /** Keys whose first use in this process is written, or about to be. */
  #known = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(store: Pick<KeyStore, 'recordUse'>, logger: Logger) {
    this.#store = store;
    this.#logger = logger;
  }

  /** A counter for one version of a key. Several for one key are added up when they are written. */
  counterFor(keyId: string): UseCounter {
    return { keyId, count: 0, lastAt: 0 };
  }

  /** @param now - epoch milliseconds */
  record(counter: UseCounter, now: number): void {
    counter.lastAt = now;
    counter.count += 1;
    if (counter.count === 1) this.#gather(counter);
  }

  #gather(counter: UseCounter): void {
    this.#gathered.push(counter);
    if (this.#gathered.length >= maxGathered) void this.flush();
    else this.#flushWithin(this.#isFirstUse(counter.keyId) ? firstUseDelayMs : useFlushIntervalMs);
  }

  /** Whether a key was ever used is what people look for; it is written soon. */
  #isFirstUse(keyId: string): boolean {
    if (this.#known.has(keyId)) return false;
    if (this.#known.size >= maxGathered) this.#known = new Set();
    this.#known.add(keyId);
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
    if (this.#gathered.length === 0) return this.#flushing;
    const uses = this.#take();
    this.#flushing = this.#flushing.then(() => this.#write(uses));
    return this.#flushing;
  }

  #take(): readonly KeyUse[] {
    const counters = this.#gathered;
    this.#gathered = [];
    return counters.map((counter) => {
      const use = { keyId: counter.keyId, at: counter.lastAt, count: counter.count };
      counter.count = 0;
      return use;
    });
  }

  async #write(uses: readonly KeyUse[]): Promise<void> {
    for (let start = 0; start < uses.length; start += maxWrittenAtOnce) {
      const batch = uses.slice(start, start + maxWrittenAtOnce);
      try {
        await this.#store.recordUse(batch);
      } catch (error) {
        this.#logger.warn(`api-keys: uses of ${batch.length} keys were not recorded`, error);
      }
    }
  }
}
