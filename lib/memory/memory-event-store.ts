import type { WebhookRecord } from '../domain/webhook.js';
import {
  maxDelayMs,
  type AttemptResult,
  type DeliveryQuery,
  type EventDelivery,
  type EventQueue,
  type EventStore,
  type QueueStep,
} from '../ports/event-store.js';
import { deepCopy } from './deep-copy.js';
import type { MemoryContents } from './memory-contents.js';

interface MemoryQueue {
  cursor: number;
  holder: string | null;
  beat: number;
  declaredAt: number | null;
  readonly deliveries: Map<number, EventDelivery>;
}

/** Events on their way in one process. */
export class MemoryEventStore implements EventStore {
  readonly #read: () => MemoryContents;
  readonly #queues = new Map<string, MemoryQueue>();

  constructor(read: () => MemoryContents) {
    this.#read = read;
  }

  async addQueue(id: string, now: number): Promise<void> {
    const queue = this.#queues.get(id) ?? createQueue(this.#head);
    this.#queues.set(id, Object.assign(queue, { declaredAt: now }));
  }

  async removeQueue(id: string, declaredAt: number): Promise<boolean> {
    return this.#queues.get(id)?.declaredAt === declaredAt && this.#queues.delete(id);
  }

  async listQueues(): Promise<readonly EventQueue[]> {
    const { webhooks } = this.#read();
    for (const id of webhooks.keys()) this.#find(id);
    // What belongs to a webhook that was removed is removed with it.
    for (const id of this.#queues.keys()) this.#find(id);
    return [...this.#queues]
      .map(([id, { cursor, holder, beat, declaredAt, deliveries }]) => ({
        ...{ id, cursor, head: this.#head, holder, beat, declaredAt },
        hasWaiting: [...deliveries.values()].some(({ isDead }) => !isDead),
        webhook: deepCopy(webhooks.get(id)?.record ?? null),
      }))
      .sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  async hold(id: string, holder: string, beat: number): Promise<boolean> {
    const queue = this.#find(id);
    if (queue?.beat !== beat) return false;
    Object.assign(queue, { holder, beat: beat + 1 });
    return true;
  }

  async release(id: string, holder: string): Promise<void> {
    const queue = this.#find(id);
    if (queue?.holder === holder) Object.assign(queue, { holder: null, beat: queue.beat + 1 });
  }

  async advance({ queueId, from, to, events, dead, dueAt }: QueueStep): Promise<boolean> {
    const queue = this.#find(queueId);
    if (queue?.cursor !== from) return false;
    queue.cursor = to;
    const waiting = { attempts: 0, dueAt, isDead: false, lastStatus: null, lastError: null };
    for (const event of events) queue.deliveries.set(event.sequence, { ...event, ...waiting });
    for (const event of dead?.events ?? []) {
      const { lastError } = dead ?? waiting;
      queue.deliveries.set(event.sequence, { ...event, ...waiting, isDead: true, lastError });
    }
    return true;
  }

  async countWaiting(queueId: string, limit: number): Promise<number> {
    return Math.min(limit, this.#list(queueId).filter(({ isDead }) => !isDead).length);
  }

  async countBySubject(
    queueId: string,
    subjects: readonly string[],
    isAside: boolean,
  ): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const delivery of this.#list(queueId)) {
      const { subject } = delivery;
      if (!subjects.includes(subject) || (isAside ? !isPutAside(delivery) : delivery.isDead)) continue;
      counts.set(subject, (counts.get(subject) ?? 0) + 1);
    }
    return counts;
  }

  async listDue(queueId: string, now: number, limit: number): Promise<readonly EventDelivery[]> {
    const subjects = new Set<string>();
    return this.#list(queueId)
      .filter(({ isDead }) => !isDead)
      .filter(({ subject, dueAt, attempts }) => {
        const isFirst = !subjects.has(subject);
        subjects.add(subject);
        return isFirst && (dueAt <= now || dueAt > now + maxDelayMs || attempts === 0);
      })
      .slice(0, limit);
  }

  async settle(queueId: string, results: readonly AttemptResult[]): Promise<void> {
    const deliveries = this.#find(queueId)?.deliveries;
    for (const result of results) {
      const delivery = deliveries?.get(result.sequence);
      if (deliveries === undefined || delivery === undefined || delivery.id !== result.id) continue;
      if (result.isTaken) {
        deliveries.delete(result.sequence);
      } else if (!delivery.isDead && delivery.attempts === result.attempts - 1) {
        const { isTaken: _, ...attempt } = result;
        deliveries.set(result.sequence, { ...delivery, ...attempt });
      }
    }
  }

  async listDeliveries({
    queueId,
    isDead,
    isAside,
    after = 0,
    limit,
  }: DeliveryQuery): Promise<readonly EventDelivery[]> {
    return this.#list(queueId)
      .filter((each) => each.sequence > after && (isDead === undefined || each.isDead === isDead))
      .filter((each) => isAside === undefined || isPutAside(each))
      .slice(0, limit);
  }

  async replay(queueId: string, sequences: readonly number[], now: number): Promise<number> {
    const deliveries = this.#find(queueId)?.deliveries;
    const dead = this.#list(queueId).filter(({ sequence, isDead }) => isDead && sequences.includes(sequence));
    for (const delivery of dead) {
      deliveries?.set(delivery.sequence, { ...delivery, isDead: false, attempts: 0, dueAt: now });
    }
    return dead.length;
  }

  /** Deliveries are removed with their queue. */
  async removeOrphans(): Promise<number> {
    return 0;
  }

  async prune(before: number, limit: number): Promise<number> {
    let left = limit;
    for (const { deliveries } of this.#queues.values()) {
      for (const { sequence, isDead, dueAt } of deliveries.values()) {
        if (left === 0) return limit;
        if (!isDead || dueAt >= before) continue;
        deliveries.delete(sequence);
        left -= 1;
      }
    }
    return limit - left;
  }

  async findWebhook(id: string): Promise<WebhookRecord | null> {
    return deepCopy(this.#read().webhooks.get(id)?.record ?? null);
  }

  get #head(): number {
    const { events, removedEvents } = this.#read();
    return removedEvents + events.length;
  }

  /** By sequence number. */
  #list(queueId: string): readonly EventDelivery[] {
    const { deliveries } = this.#find(queueId) ?? {};
    return [...(deliveries?.values() ?? [])].sort((one, other) => one.sequence - other.sequence);
  }

  /** The queue of a webhook begins with it, and ends with it. */
  #find(id: string): MemoryQueue | undefined {
    const webhook = this.#read().webhooks.get(id);
    const queue = this.#queues.get(id);
    if (webhook !== undefined) {
      if (queue !== undefined) return queue;
      const added = createQueue(webhook.since);
      this.#queues.set(id, added);
      return added;
    }
    if (queue === undefined || isQueueOfCode(id)) return queue;
    this.#queues.delete(id);
    return undefined;
  }
}

/** The queues of code have a prefix, which no id of a webhook has. */
function isQueueOfCode(id: string): boolean {
  return id.includes(':');
}

function createQueue(cursor: number): MemoryQueue {
  return { cursor, holder: null, beat: 0, declaredAt: null, deliveries: new Map() };
}

/** Whether a delivery was put aside before any attempt. */
function isPutAside({ isDead, attempts }: EventDelivery): boolean {
  return isDead && attempts === 0;
}
