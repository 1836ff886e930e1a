import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { dayMs } from '../domain/day-ms.js';
import { FailureLog } from '../domain/failure-log.js';
import type { EventQueue } from '../ports/event-store.js';
import { declareIntervalMs } from './abandoned-queues.js';
import { DeliverySlots } from './delivery-slots.js';
import { QueueClaims } from './queue-claims.js';
import { QueueWorker, type Receiver, type WorkerParts } from './queue-worker.js';

/** How often queues are looked at, in milliseconds. */
const intervalMs = 1_000;
/** A queue that has had nothing to do for so long is given up, so that it costs no writes; in milliseconds. */
const idleMs = 30_000;
/** Deliveries in progress in this process. More than webhooks there can be, so that none waits for one that hangs. */
const maxDeliveries = 128;
/** How long a dead delivery is kept, how often that is looked at, and how many are deleted at once. */
const deadKeptMs = 30 * dayMs;
const pruneIntervalMs = 60 * 60 * 1000;
const prunedAtOnce = 200;

/** What the dispatcher needs. */
export interface DispatcherParts extends Omit<WorkerParts, 'slots'> {
  /** The queue of this process's own code, which is added when it is missing; `null`: it has none. */
  readonly ownQueue: string | null;
  /** Who gets the events of a queue; `null`: nobody in this process. */
  readonly chooseReceiver: (queue: EventQueue) => Receiver | null;
}

/** Delivers events in the background: takes queues that no other process works on, and runs a worker for each. */
export class EventDispatcher {
  readonly #parts: DispatcherParts;
  readonly #claims: QueueClaims;
  readonly #slots = new DeliverySlots(maxDeliveries);
  readonly #workers = new Map<string, QueueWorker>();
  /** Queues whose workers are stopping. */
  readonly #ending = new Map<string, Promise<void>>();
  readonly #failures: FailureLog;
  readonly #stopping = new AbortController();
  #prunedAt = -Infinity;
  #declaredAt = -Infinity;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: DispatcherParts) {
    this.#parts = parts;
    this.#claims = new QueueClaims(parts.store.events, randomUUID());
    this.#failures = new FailureLog(parts.logger, {
      begins: 'events are not delivered because the database does not respond, which is tried again',
      ends: () => 'the database responds again, and events are delivered',
    });
  }

  /** Adds the queue of this process's own code, so that it gets every change from then on. */
  async open(): Promise<void> {
    const { store, clock, ownQueue } = this.#parts;
    if (ownQueue === null) return;
    await store.events.addQueue(ownQueue, clock.now());
    this.#declaredAt = performance.now();
  }

  /** Starts in the background. */
  start(): void {
    this.#running = this.#run();
  }

  /** Waits for deliveries in progress, for a few seconds. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    for (const id of this.#workers.keys()) this.#endWorker(id);
    await Promise.all(this.#ending.values());
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#look();
        this.#failures.worked();
      } catch (error) {
        this.#failures.failed(error);
      }
      await sleep(intervalMs, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async #look(): Promise<void> {
    if (performance.now() - this.#declaredAt >= declareIntervalMs) await this.open();
    const queues = await this.#parts.store.events.listQueues();
    const known = new Set(queues.map(({ id }) => id));
    for (const id of this.#workers.keys()) if (!known.has(id)) this.#endWorker(id);
    for (const queue of queues) {
      if (this.#stopping.signal.aborted) return;
      await this.#serve(queue);
    }
    await this.#prune();
  }

  async #serve(queue: EventQueue): Promise<void> {
    const { id, cursor, head, hasWaiting } = queue;
    if (this.#ending.has(id)) return;
    const receiver = this.#parts.chooseReceiver(queue);
    const worker = this.#workers.get(id);
    const isIdle = worker === undefined ? cursor >= head && !hasWaiting : worker.idleMs > idleMs;
    if (receiver === null || (isIdle && cursor >= head)) return this.#endWorker(id);
    if (!(await this.#claims.claim(queue))) return this.#endWorker(id);
    if (worker !== undefined) return worker.update(queue, receiver);
    const parts = { ...this.#parts, slots: this.#slots };
    this.#workers.set(id, new QueueWorker(queue, receiver, parts, () => this.#claims.has(id)));
  }

  /** Ends the work on a queue, without waiting: deliveries in progress may take a while, and other queues must not wait for them. */
  #endWorker(id: string): void {
    const worker = this.#workers.get(id);
    if (worker === undefined) return;
    this.#workers.delete(id);
    const ending = worker
      .stop()
      .then(() => this.#claims.release(id))
      .catch(() => undefined)
      .finally(() => this.#ending.delete(id));
    this.#ending.set(id, ending);
  }

  async #prune(): Promise<void> {
    const now = performance.now();
    if (now - this.#prunedAt < pruneIntervalMs) return;
    const { store, clock } = this.#parts;
    if ((await store.events.prune(clock.now() - deadKeptMs, prunedAtOnce)) < prunedAtOnce)
      this.#prunedAt = now;
  }
}
