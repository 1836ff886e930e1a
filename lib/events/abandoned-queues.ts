import { dayMs } from '../domain/day-ms.js';
import type { Clock } from '../ports/clock.js';
import type { EventQueue } from '../ports/event-store.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import { toCallbackName } from './callback-queue.js';

/** How long a queue is kept that no process declares, in days: longer than any deployment, or a rollback after one. */
export const undeclaredKeptDays = 30;
/** How often a process declares its queue, in milliseconds. */
export const declareIntervalMs: number = 10 * 60_000;
/** How long a queue has to stand still under the eyes of the process that removes it: its processes declare it several times in that. */
const watchedMs = 60 * 60_000;

/** What the removal needs. */
export interface AbandonedQueuesParts {
  readonly store: Pick<KeyStore, 'events'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: an hour. */
  readonly watchedMs?: number;
}

/** A queue as it was seen, since when, by the monotonic clock. */
interface Seen extends Pick<EventQueue, 'declaredAt' | 'cursor' | 'beat'> {
  readonly since: number;
}

/**
 * Removes the queues of callbacks that were renamed or removed. Two things have to agree, because a queue that is removed too early
 * loses events: no process has declared it for 30 days, by the times that processes write, and this process has seen it stand still for
 * an hour, by its own monotonic clock. So a clock that is wrong removes nothing that a process still serves.
 */
export class AbandonedQueues {
  readonly #parts: AbandonedQueuesParts;
  readonly #seen = new Map<string, Seen>();

  constructor(parts: AbandonedQueuesParts) {
    this.#parts = parts;
  }

  /**
   * Looks at all queues; to be called again and again. Rejects when the store does not respond.
   *
   * @param now - by the clock of this process or that of the store, whichever is behind; epoch milliseconds
   */
  async remove(now: number): Promise<void> {
    const queues = await this.#parts.store.events.listQueues();
    const known = new Set(queues.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!known.has(id)) this.#seen.delete(id);
    for (const queue of queues) {
      const name = toCallbackName(queue.id);
      if (name !== null) await this.#look(queue, name, now);
    }
  }

  async #look({ id, declaredAt, cursor, beat }: EventQueue, name: string, now: number): Promise<void> {
    const { store, clock, logger } = this.#parts;
    const seen = this.#seen.get(id);
    const isDeclared = seen === undefined || seen.declaredAt !== declaredAt;
    const isServed = seen !== undefined && (seen.cursor !== cursor || seen.beat !== beat);
    if (isDeclared || isServed) this.#seen.set(id, { declaredAt, cursor, beat, since: performance.now() });
    // Processes of earlier versions serve a queue without declaring it: its time starts over each time.
    if (declaredAt === null || (isServed && !isDeclared)) return store.events.addQueue(id, clock.now());
    if (isDeclared || isServed || performance.now() - seen.since < (this.#parts.watchedMs ?? watchedMs))
      return;
    // By a clock that was ahead: it would be kept until then.
    if (declaredAt > clock.now() + dayMs) return store.events.addQueue(id, clock.now());
    if (declaredAt > now - undeclaredKeptDays * dayMs) return;
    if (!(await store.events.removeQueue(id, declaredAt))) return;
    logger.warn(
      `api-keys: events for the callback ${name} are given up, because no process has had it for ${undeclaredKeptDays} days`,
    );
  }
}
