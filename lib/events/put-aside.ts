import type { Clock } from '../ports/clock.js';
import type { EventStore } from '../ports/event-store.js';
import type { Logger } from '../ports/logger.js';

/** How often events that were put aside wait again, and how many at once. */
const takeBackIntervalMs = 20_000;
const takenBackAtOnce = 100;
/** How often operators hear that events are put aside, in milliseconds. */
const warningIntervalMs = 60_000;

/** What it needs. */
export interface PutAsideParts {
  readonly events: Pick<EventStore, 'listDeliveries' | 'countWaiting' | 'replay'>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Events of one queue that were put aside, because too many of their subject wait. */
export class PutAside {
  readonly #queueId: string;
  readonly #parts: PutAsideParts;
  #tookBackAt = -Infinity;
  #warnedAt = -Infinity;

  constructor(queueId: string, parts: PutAsideParts) {
    this.#queueId = queueId;
    this.#parts = parts;
  }

  /** Tells operators, once in a while, that events are put aside. */
  warn(first: number, count: number, label: string): void {
    if (performance.now() - this.#warnedAt < warningIntervalMs) return;
    this.#warnedAt = performance.now();
    this.#parts.logger.warn(
      `api-keys: event ${first} and ${count - 1} more are put aside, because too many of one key wait for ${label}`,
    );
  }

  /**
   * Lets what was put aside wait again, while there is room: fewer than `enough` wait.
   *
   * @returns whether anything does
   */
  async takeBack(enough: number): Promise<boolean> {
    const now = performance.now();
    if (now - this.#tookBackAt < takeBackIntervalMs) return false;
    this.#tookBackAt = now;
    const { events, clock } = this.#parts;
    const queueId = this.#queueId;
    // Refused while requests have a lot read: there is time.
    const aside = await events
      .listDeliveries({ queueId, isAside: true, limit: takenBackAtOnce })
      .catch(() => []);
    if (aside.length === 0 || (await events.countWaiting(queueId, enough)) >= enough) return false;
    const sequences = aside.map(({ sequence }) => sequence);
    return (await events.replay(queueId, sequences, clock.now())) > 0;
  }
}
