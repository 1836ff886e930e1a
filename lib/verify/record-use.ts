import type { Clock } from '../ports/clock.js';
import type { KeyStore, KeyUse } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';

/** How long uses are gathered before they are written, in milliseconds. */
export const useFlushIntervalMs = 5_000;
/** How long the first use of a key in this process waits for others to be written with it, in milliseconds. */
const firstUseDelayMs = 50;
/** Uses of more keys than this are written without waiting for the interval. */
const maxGathered = 10_000;

/**
 * Gathers when keys were last used and writes that in the background, so that no request waits for a write. A first use
 * is written at once; of the later ones, at most one interval is lost when the process is killed.
 */
export class UseRecorder {
  readonly #store: Pick<KeyStore, 'recordUse'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #gathered = new Map<string, number>();
  /** Keys whose first use in this process is written, or about to be. */
  #known = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #dueAt = 0;
  #flushing: Promise<void> = Promise.resolve();

  constructor(store: Pick<KeyStore, 'recordUse'>, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  record(keyId: string): void {
    if (this.#gathered.size >= maxGathered && !this.#gathered.has(keyId)) void this.flush();
    this.#gathered.set(keyId, this.#clock.now());
    if (this.#known.has(keyId)) this.#flushWithin(useFlushIntervalMs);
    else this.#noteFirstUse(keyId);
  }

  /** Whether a key was ever used is what people look for; it is written soon. */
  #noteFirstUse(keyId: string): void {
    if (this.#known.size >= maxGathered) this.#known = new Set();
    this.#known.add(keyId);
    this.#flushWithin(firstUseDelayMs);
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
    if (this.#gathered.size === 0) return this.#flushing;
    const uses: KeyUse[] = [...this.#gathered].map(([keyId, at]) => ({ keyId, at }));
    this.#gathered = new Map();
    this.#flushing = this.#flushing.then(() => this.#write(uses));
    return this.#flushing;
  }

  async #write(uses: readonly KeyUse[]): Promise<void> {
    try {
      await this.#store.recordUse(uses);
    } catch (error) {
      this.#logger.warn(`api-keys: the last use of ${uses.length} keys was not recorded`, error);
    }
  }
}
