import type { Clock } from '../ports/clock.js';
import type { KeyStore, KeyUse } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';

/** How long uses are gathered before they are written, in milliseconds. */
export const useFlushIntervalMs = 5_000;
/** Uses of more keys than this are written without waiting for the interval. */
const maxGathered = 10_000;

/**
 * Gathers when keys were last used and writes that in the background, so that no request waits for a write. At most
 * one interval is lost when the process is killed.
 */
export class UseRecorder {
  readonly #store: Pick<KeyStore, 'recordUse'>;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #gathered = new Map<string, number>();
  #timer: NodeJS.Timeout | null = null;
  #flushing: Promise<void> = Promise.resolve();

  constructor(store: Pick<KeyStore, 'recordUse'>, clock: Clock, logger: Logger) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
  }

  record(keyId: string): void {
    if (this.#gathered.size >= maxGathered && !this.#gathered.has(keyId)) void this.flush();
    this.#gathered.set(keyId, this.#clock.now());
    this.#timer ??= setTimeout(() => void this.flush(), useFlushIntervalMs).unref();
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
