import type { Kysely } from 'kysely';
import type { WebhookRecord } from '../domain/webhook.js';
import type {
  AttemptResult,
  DeliveryQuery,
  EventDelivery,
  EventQueue,
  EventStore,
  QueueStep,
} from '../ports/event-store.js';
import {
  moveCursor,
  countBySubject,
  countWaiting,
  deleteDead,
  deleteOrphaned,
  findOrphanedQueue,
  hasDeliveries,
  holdQueue,
  listDeliveries,
  listDue,
  listQueues,
  deleteHolder,
  replayDeliveries,
  settleDeliveries,
} from './queries/event-queries.js';
import { deleteQueue, findWebhook, insertQueue, updateDeclaredAt } from './queries/webhook-queries.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { SqlDatabase } from './sql-database.js';
import type { Tables } from './tables.js';

/** Deliveries of a removed queue that are deleted in one statement. */
const orphansPerBatch = 200;

/** Events on their way, on SQLite and PostgreSQL alike. */
export class SqlEventStore implements EventStore {
  readonly #database: SqlDatabase;
  readonly #within: WithinDeadline;

  constructor(database: SqlDatabase, within: WithinDeadline) {
    this.#database = database;
    this.#within = within;
  }

  addQueue(id: string, now: number): Promise<void> {
    return this.#within('Adding a queue of events', async (budget) => {
      const declare = (on: Kysely<Tables>): Promise<boolean> => declareQueue(on, id, now);
      // After the deadline, the next call goes on.
      while (!(await this.#database.write(budget, declare))) budget.check();
    });
  }

  removeQueue(id: string, declaredAt: number): Promise<boolean> {
    return this.#write('Removing a queue of events', (on) => deleteQueue(on, id, declaredAt));
  }

  listQueues(): Promise<readonly EventQueue[]> {
    return this.#read('Listing queues of events', listQueues);
  }

  hold(id: string, holder: string, beat: number): Promise<boolean> {
    return this.#note('Taking a queue of events', (on) => holdQueue(on, id, holder, beat));
  }

  release(id: string, holder: string): Promise<void> {
    return this.#note('Giving up a queue of events', (on) => deleteHolder(on, id, holder));
  }

  advance(step: QueueStep): Promise<boolean> {
    return this.#note('Queuing events', (on) => moveCursor(on, step));
  }

  countWaiting(queueId: string, limit: number): Promise<number> {
    return this.#read('Counting events', (on) => countWaiting(on, queueId, limit));
  }

  countBySubject(
    queueId: string,
    subjects: readonly string[],
    isAside: boolean,
  ): Promise<ReadonlyMap<string, number>> {
    return this.#read('Counting events', (on) => countBySubject(on, queueId, subjects, isAside));
  }

  listDue(queueId: string, now: number, limit: number): Promise<readonly EventDelivery[]> {
    return this.#read('Listing events that are due', (on) => listDue(on, queueId, now, limit));
  }

  settle(queueId: string, results: readonly AttemptResult[]): Promise<void> {
    return this.#note('Recording deliveries', (on) => settleDeliveries(on, queueId, results));
  }

  listDeliveries(query: DeliveryQuery): Promise<readonly EventDelivery[]> {
    return this.#within('Listing deliveries', (budget) =>
      this.#database.readForRequest(budget, (on) => listDeliveries(on, query)),
    );
  }

  replay(queueId: string, sequences: readonly number[], now: number): Promise<number> {
    return this.#write('Replaying events', (on) => replayDeliveries(on, queueId, sequences, now));
  }

  removeOrphans(limit: number): Promise<number> {
    return this.#within('Removing deliveries without a queue', async (budget) => {
      let removed = 0;
      for (let after = ''; removed < limit;) {
        const queueId = await this.#database.read(budget, (on) => findOrphanedQueue(on, after));
        if (queueId === undefined) break;
        removed += await this.#database.writeOnce(budget, (on) =>
          deleteOrphaned(on, queueId, limit - removed),
        );
        after = queueId;
      }
      return removed;
    });
  }

  prune(before: number, limit: number): Promise<number> {
    return this.#within('Removing dead deliveries', (budget) =>
      this.#database.writeOnce(budget, (on) => deleteDead(on, before, limit)),
    );
  }

  findWebhook(id: string): Promise<WebhookRecord | null> {
    return this.#within('Reading a webhook', (budget) =>
      this.#database.readForRequest(budget, (on) => findWebhook(on, id)),
    );
  }

  #read<T>(what: string, work: (on: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#within(what, (budget) => this.#database.read(budget, work));
  }

  #write<T>(what: string, work: (on: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#within(what, (budget) => this.#database.write(budget, work));
  }

  /** Writes what is made up for when it is lost: events are queued again from the trail, or delivered a second time. */
  #note<T>(what: string, work: (on: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#within(what, (budget) => this.#database.write(budget, work, { mayBeLost: true }));
  }
}

/**
 * Adds the queue of code, or records when it was declared. What is left of a removed queue of that name is none of its deliveries: it is
 * deleted before, in the same transaction, so that no other process can remove the queue in between and leave some.
 *
 * @returns `false` if there may be more to delete than a statement may touch: then it is to be called again
 */
async function declareQueue(on: Kysely<Tables>, id: string, now: number): Promise<boolean> {
  if (await updateDeclaredAt(on, id, now)) return true;
  await deleteOrphaned(on, id, orphansPerBatch);
  // How many were deleted does not tell whether any are left: another process may have deleted the same ones meanwhile.
  if (await hasDeliveries(on, id)) return false;
  const { sequence } = await on
    .selectFrom('audit_head')
    .select('sequence')
    .where('id', '=', 1)
    .executeTakeFirstOrThrow();
  await insertQueue(on, id, sequence, now);
  return true;
}
