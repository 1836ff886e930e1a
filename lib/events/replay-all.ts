import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../ports/clock.js';
import type { EventStore } from '../ports/event-store.js';

/** Deliveries in one statement: with SQLite it blocks the event loop, with both databases it holds locks. */
const batchSize = 200;
/** Between two batches, so that requests and deliveries proceed, in milliseconds. */
const pauseMs = 5;

/** What it needs. */
export interface ReplayAllParts {
  readonly events: Pick<EventStore, 'listDeliveries' | 'listQueues' | 'replay'>;
  readonly clock: Clock;
}

/**
 * Lets all dead deliveries of a queue wait again, in batches in the order of their sequence numbers. Those that die meanwhile are not
 * replayed a second time, nor are those of later events, so it ends. After a failure, a repeated call goes on.
 *
 * @returns how many
 */
export async function replayAll({ events, clock }: ReplayAllParts, queueId: string): Promise<number> {
  const queue = (await events.listQueues()).find(({ id }) => id === queueId);
  if (queue === undefined) return 0;
  let [replayed, after] = [0, 0];
  for (;;) {
    const dead = await events.listDeliveries({ queueId, isDead: true, after, limit: batchSize });
    const sequences = dead.map(({ sequence }) => sequence).filter((sequence) => sequence <= queue.head);
    if (sequences.length > 0) replayed += await events.replay(queueId, sequences, clock.now());
    if (sequences.length < batchSize) return replayed;
    after = sequences.at(-1) ?? after;
    await sleep(pauseMs);
  }
}
