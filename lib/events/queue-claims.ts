import type { EventQueue, EventStore } from '../ports/event-store.js';

/** How long a queue stands still before another process takes it, in milliseconds. */
const leaseMs = 10_000;
/** How often a process says that it is alive: several times in that time. */
const renewalMs = 2_500;

/** A claim, as this process sees it. Times are those of its own monotonic clock. */
interface Claim {
  readonly beat: number;
  /** Before the statement was sent that proved it. */
  readonly since: number;
}

/**
 * Which queues this process works on. A queue belongs to the process that has incremented its beat last; it is taken by another
 * one only after that has seen it stand still for a while, by its own monotonic clock, so the clocks of processes need not agree.
 * A process that was paused for that long finds out by its own clock, and starts nothing any more.
 */
export class QueueClaims {
  readonly #events: Pick<EventStore, 'hold' | 'release'>;
  readonly #holder: string;
  readonly #claims = new Map<string, Claim>();
  /** Queues of other processes: since when their beat stands still. */
  readonly #seen = new Map<string, Claim>();

  /** @param holder - names this process; of no other one */
  constructor(events: Pick<EventStore, 'hold' | 'release'>, holder: string) {
    this.#events = events;
    this.#holder = holder;
  }

  /** Whether this process may work on a queue now. */
  has(queueId: string): boolean {
    const claim = this.#claims.get(queueId);
    return claim !== undefined && performance.now() - claim.since < leaseMs;
  }

  /** Takes a queue if it is free, or keeps it; returns whether this process may work on it. */
  async claim(queue: EventQueue): Promise<boolean> {
    const { id } = queue;
    const claim = this.#claims.get(id);
    if (claim === undefined) return this.#isFree(queue) && this.#hold(id, queue.beat);
    if (performance.now() - claim.since < renewalMs) return true;
    if (await this.#hold(id, claim.beat)) return true;
    this.#claims.delete(id);
    return false;
  }

  async release(queueId: string): Promise<void> {
    if (this.#claims.delete(queueId)) await this.#events.release(queueId, this.#holder);
  }

  async #hold(id: string, beat: number): Promise<boolean> {
    const since = performance.now();
    if (!(await this.#events.hold(id, this.#holder, beat))) return false;
    this.#claims.set(id, { beat: beat + 1, since });
    this.#seen.delete(id);
    return true;
  }

  #isFree({ id, holder, beat }: EventQueue): boolean {
    if (holder === null) return true;
    const seen = this.#seen.get(id);
    if (seen?.beat === beat) return performance.now() - seen.since >= leaseMs;
    this.#seen.set(id, { beat, since: performance.now() });
    return false;
  }
}
