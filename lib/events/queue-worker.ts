import { toMissedEvent, toQueuedEvent, type QueuedEvent } from '../domain/api-keys-event.js';
import { FailureLog } from '../domain/failure-log.js';
import type { Clock } from '../ports/clock.js';
import type { AttemptResult, EventDelivery, EventQueue } from '../ports/event-store.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { AttemptOutcome, Deliver } from './attempt.js';
import type { DeliverySlots } from './delivery-slots.js';
import { getRetryDelay } from './retry-schedule.js';

/** Entries of the trail that are queued in one transaction. */
const entriesPerStep = 100;
/** Events that wait at most; the rest stays in the trail, which bounds what one read goes through. */
const maxWaiting = 1_000;
/** Deliveries of one receiver that are in progress at once, while it takes them. One at a time while it does not. */
const maxParallel = 8;
/** How long to sleep when nothing happens, in milliseconds; what has to be done at once wakes the worker. */
const sleepMs = 1_000;
/** A single failure is nothing for operators to act on; so many in a row may be. */
const loggedFailures = 3;
/** How long deliveries in progress may take after `stop()`, in milliseconds. */
const stopMs = 5_000;

/** What every worker needs. */
export interface WorkerParts {
  readonly store: Pick<KeyStore, 'events' | 'listEvents'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly slots: DeliverySlots;
}

/** Who gets the events of a queue, and which. */
export interface Receiver {
  /** For operators: `the webhook wh_…`. */
  readonly label: string;
  /** `null`: all of them. */
  readonly types: readonly string[] | null;
  readonly deliver: Deliver;
}

/**
 * Works on one queue for as long as this process holds it: queues the events of new entries of the trail, and delivers those that
 * are due. Events of one subject are delivered one after the other.
 */
export class QueueWorker {
  readonly #id: string;
  readonly #parts: WorkerParts;
  readonly #isHeld: () => boolean;
  readonly #failures: FailureLog;
  #receiver: Receiver;
  /** Up to which entry events are queued; `null` until the queue is read again. */
  #cursor: number | null;
  #head: number;
  #allowed = 1;
  #failedInARow = 0;
  #idleSince = performance.now();
  readonly #inFlight = new Map<number, Promise<void>>();
  readonly #results: AttemptResult[] = [];
  readonly #abort = new AbortController();
  #isWoken = false;
  #wake: () => void = () => undefined;
  #isStopped = false;
  readonly #running: Promise<void>;

  /** @param isHeld - whether this process may still work on the queue */
  constructor(queue: EventQueue, receiver: Receiver, parts: WorkerParts, isHeld: () => boolean) {
    this.#id = queue.id;
    this.#parts = parts;
    this.#isHeld = isHeld;
    this.#receiver = receiver;
    this.#cursor = queue.cursor;
    this.#head = queue.head;
    this.#failures = new FailureLog(parts.logger, {
      begins: `events are not delivered to ${receiver.label}, which is tried again`,
      ends: () => `events are delivered to ${receiver.label} again`,
    });
    this.#running = this.#run();
  }

  /** For how long it has had nothing to do, in milliseconds. */
  get idleMs(): number {
    return performance.now() - this.#idleSince;
  }

  /** Tells the worker how its queue and its receiver are now. */
  update(queue: EventQueue, receiver: Receiver): void {
    this.#receiver = receiver;
    this.#head = queue.head;
    this.#cursor ??= queue.cursor;
    if (queue.hasWaiting || queue.cursor < queue.head) this.#idleSince = performance.now();
    this.#wakeUp();
  }

  /** Waits for deliveries in progress, for a while, and records what came of them. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#wakeUp();
    const aborting = setTimeout(() => this.#abort.abort(), stopMs).unref();
    await this.#running;
    clearTimeout(aborting);
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      let isBusy = false;
      try {
        isBusy = await this.#work();
      } catch (error) {
        this.#cursor = null;
        this.#failures.failed(error);
      }
      if (!isBusy) await this.#sleep();
    }
    await Promise.race([Promise.all(this.#inFlight.values()), waitForAbort(this.#abort.signal)]);
    await this.#settle().catch((error: unknown) => this.#failures.failed(error));
  }

  /** @returns whether there is more to do at once */
  async #work(): Promise<boolean> {
    await this.#settle();
    if (!this.#isHeld()) return false;
    const hasQueued = await this.#queueNext();
    const room = this.#allowed - this.#inFlight.size;
    if (room <= 0) return false;
    const { store, clock, slots } = this.#parts;
    const due = await store.events.listDue(this.#id, clock.now(), this.#inFlight.size + room);
    const next = due.filter(({ sequence }) => !this.#inFlight.has(sequence)).slice(0, room);
    // Reading took a while: the queue may belong to another process by now.
    if (!this.#isHeld() || this.#isStopped) return false;
    for (const delivery of next) {
      if (!slots.take()) break;
      this.#begin(delivery);
    }
    return hasQueued;
  }

  /** Queues the events of the next entries of the trail. Returns whether there may be more. */
  async #queueNext(): Promise<boolean> {
    const from = this.#cursor;
    if (from === null || from >= this.#head) return false;
    const { store, clock } = this.#parts;
    const limit = Math.min(
      entriesPerStep,
      maxWaiting - (await store.events.countWaiting(this.#id, maxWaiting)),
    );
    if (limit <= 0) return false;
    const entries = await store.listEvents({ after: from, limit });
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) return false;
    const { types } = this.#receiver;
    const wanted = entries
      .map(toQueuedEvent)
      .filter((event): event is QueuedEvent => event !== null && (types?.includes(event.type) ?? true));
    const events = first.sequence === from + 1 ? wanted : [toMissedEvent(from, first), ...wanted];
    const to = last.sequence;
    const step = { queueId: this.#id, from, to, events, dueAt: clock.now() };
    this.#cursor = null;
    // Another process has moved it: where to is read with the queue.
    if (!(await store.events.advance(step))) return false;
    this.#cursor = to;
    return to < this.#head;
  }

  #begin(delivery: EventDelivery): void {
    const { sequence } = delivery;
    const attempt = this.#receiver
      .deliver(delivery, this.#abort.signal)
      .then((outcome) => this.#finish(delivery, outcome));
    this.#inFlight.set(sequence, attempt);
  }

  #finish(delivery: EventDelivery, outcome: AttemptOutcome): void {
    this.#parts.slots.giveBack();
    this.#results.push(this.#toResult(delivery, outcome));
    if (outcome.kind === 'taken') {
      this.#failures.worked();
      this.#failedInARow = 0;
      this.#allowed = Math.min(maxParallel, this.#allowed + 1);
    } else {
      this.#failedInARow += 1;
      if (this.#failedInARow >= loggedFailures) this.#failures.failed(new Error(outcome.error));
      // A receiver that hangs occupies one slot and no more.
      this.#allowed = 1;
    }
    this.#wakeUp();
  }

  #toResult(delivery: EventDelivery, outcome: AttemptOutcome): AttemptResult {
    const { sequence } = delivery;
    if (outcome.kind === 'taken') return { sequence, isTaken: true };
    const { status: lastStatus, error: lastError, retryAfterMs = 0 } = outcome;
    const attempts = delivery.attempts + 1;
    const now = this.#parts.clock.now();
    const delay = getRetryDelay(attempts, retryAfterMs, Math.random());
    const dueAt = now + (delay ?? 0);
    return { sequence, isTaken: false, attempts, dueAt, isDead: delay === null, lastStatus, lastError };
  }

  /** Records what came of attempts. Until that has succeeded they count as in progress. */
  async #settle(): Promise<void> {
    while (this.#results.length > 0) {
      const batch = [...this.#results];
      await this.#parts.store.events.settle(this.#id, batch);
      this.#results.splice(0, batch.length);
      for (const { sequence } of batch) this.#inFlight.delete(sequence);
    }
  }

  #wakeUp(): void {
    this.#isWoken = true;
    this.#wake();
  }

  async #sleep(): Promise<void> {
    if (!this.#isWoken) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, sleepMs).unref();
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isWoken = false;
    this.#wake = () => undefined;
  }
}

function waitForAbort(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
