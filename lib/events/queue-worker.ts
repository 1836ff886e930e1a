import { setTimeout as sleep } from 'node:timers/promises';
import { withDeadline } from '../deadline.js';
import { FailureLog } from '../domain/failure-log.js';
import type { Clock } from '../ports/clock.js';
import type { AttemptResult, EventDelivery, EventQueue } from '../ports/event-store.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Logger } from '../ports/logger.js';
import type { AttemptOutcome, Deliver } from './attempt.js';
import { DeliverySlots } from './delivery-slots.js';
import { NextLook } from './next-look.js';
import { PutAside } from './put-aside.js';
import { readNextEvents, turnMs } from './read-next-events.js';
import { ReceiverPause } from './receiver-pause.js';
import { splitByRoom } from './split-by-room.js';
import { toAttemptResult } from './to-attempt-result.js';

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
/** How long an attempt may take, whatever it does: longer than any that is bounded by itself; in milliseconds. */
const attemptMs = 120_000;
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
  /** Where it is; `null`: in this process. One that is elsewhere now is attempted at once. */
  readonly address: string | null;
  /** Whether events are given up after the last attempt, for people to replay them; otherwise the last delay is repeated. */
  readonly givesUp: boolean;
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
  readonly #pause: ReceiverPause;
  readonly #nextLook: NextLook;
  readonly #aside: PutAside;
  /** The first delivery needs no slot of all receivers, so that none is held up by others that hang. */
  readonly #ownSlot = new DeliverySlots(1);
  #receiver: Receiver;
  /** Up to which entry events are queued; `null` until the queue is read again. */
  #cursor: number | null;
  #head: number;
  #hasWaiting: boolean;
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
    this.#hasWaiting = queue.hasWaiting;
    this.#pause = new ReceiverPause(parts.clock);
    this.#nextLook = new NextLook(parts.clock);
    this.#aside = new PutAside(queue.id, { ...parts, events: parts.store.events });
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
    if (receiver.address !== this.#receiver.address) this.#pause.end();
    this.#receiver = receiver;
    this.#head = queue.head;
    // The database has lost its last entries: where to go on is what it says.
    if (this.#cursor !== null && this.#cursor > queue.head) this.#cursor = null;
    this.#cursor ??= queue.cursor;
    if (queue.hasWaiting || queue.cursor < queue.head) this.#idleSince = performance.now();
    if (queue.hasWaiting && !this.#hasWaiting) this.#nextLook.want();
    this.#hasWaiting = queue.hasWaiting;
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
        this.#nextLook.want();
        this.#failures.failed(error);
      }
      await sleep(turnMs);
      if (!isBusy) await this.#sleep();
    }
    await Promise.race([Promise.all(this.#inFlight.values()), waitForAbort(this.#abort.signal)]);
    await this.#settle().catch((error: unknown) => this.#failures.failed(error));
  }

  /** @returns whether there is more to do at once */
  async #work(): Promise<boolean> {
    await this.#settle();
    if (!this.#isHeld()) return false;
    if (await this.#aside.takeBack((maxWaiting * 3) / 4)) this.#nextLook.want();
    const hasQueued = await this.#queueNext();
    const room = this.#allowed - this.#inFlight.size;
    if (room <= 0 || !this.#pause.isOver()) return false;
    if (!this.#nextLook.isNow()) return hasQueued;
    const { store, clock, slots } = this.#parts;
    this.#nextLook.begin();
    const due = await store.events.listDue(this.#id, clock.now(), this.#inFlight.size + room);
    const next = due.filter(({ sequence }) => !this.#inFlight.has(sequence)).slice(0, room);
    // Reading took a while: the queue may belong to another process by now.
    if (!this.#isHeld() || this.#isStopped) {
      this.#nextLook.want();
      return false;
    }
    for (const delivery of next) {
      const slot = [this.#ownSlot, slots].find((each) => each.take());
      if (slot === undefined) {
        this.#nextLook.want();
        break;
      }
      this.#begin(delivery, slot);
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
    const { types, label } = this.#receiver;
    const next = await readNextEvents(store, { from, until: this.#head, types, limit });
    if (next === null) return false;
    const { to } = next;
    const { events, tooMany } = await splitByRoom(store.events, this.#id, next.events);
    const dead = { events: tooMany, lastError: 'too many events of its key wait' };
    const step = { queueId: this.#id, from, to, events, dead, dueAt: clock.now() };
    this.#cursor = null;
    // Another process has moved it: where to is read with the queue.
    if (!(await store.events.advance(step))) return false;
    this.#cursor = to;
    this.#nextLook.want();
    const [first] = tooMany;
    if (first !== undefined) this.#aside.warn(first.sequence, tooMany.length, label);
    return to < this.#head;
  }

  #begin(delivery: EventDelivery, slot: DeliverySlots): void {
    const late: AttemptOutcome = { kind: 'failed', status: null, error: 'the attempt did not end' };
    const attempt = withDeadline(
      this.#receiver.deliver(delivery, this.#abort.signal),
      attemptMs,
      'Delivering an event',
    )
      .catch(() => late)
      .then((outcome) => this.#finish(delivery, slot, outcome));
    this.#inFlight.set(delivery.sequence, attempt);
  }

  #finish(delivery: EventDelivery, slot: DeliverySlots, outcome: AttemptOutcome): void {
    slot.giveBack();
    this.#pause.note(outcome);
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
    const { givesUp, label } = this.#receiver;
    const { clock, logger } = this.#parts;
    const result = toAttemptResult(delivery, outcome, clock.now(), givesUp);
    if (!result.isTaken && result.isDead) {
      const reason = new Error(result.lastError ?? undefined);
      logger.warn(`api-keys: event ${result.sequence} was not delivered to ${label} and is given up`, reason);
    }
    return result;
  }

  /** Records what came of attempts. Until that has succeeded they count as in progress. */
  async #settle(): Promise<void> {
    while (this.#results.length > 0) {
      const batch = [...this.#results];
      await this.#parts.store.events.settle(this.#id, batch);
      this.#results.splice(0, batch.length);
      for (const result of batch) {
        this.#inFlight.delete(result.sequence);
        if (!result.isTaken && !result.isDead) this.#nextLook.wantAt(result.dueAt);
      }
      // What waited behind them may be due now.
      this.#nextLook.want();
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
