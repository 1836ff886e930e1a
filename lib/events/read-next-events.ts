import { setTimeout as sleep } from 'node:timers/promises';
import { toMissedEvent, toQueuedEvent, type QueuedEvent } from '../domain/api-keys-event.js';
import type { KeyStore } from '../ports/key-store.js';

/** How many pages without an event that is wanted are gone through at once. */
const maxPages = 10;

/** How long others get their turn, in milliseconds: on SQLite nothing waits for anything, and would let nobody else go on. */
export const turnMs = 2;

/** Which events to read. */
export interface EventRange {
  /** After this entry of the trail. */
  readonly from: number;
  /** Up to this one. What came later may be of a type that was chosen later. */
  readonly until: number;
  /** `null`: all of them. */
  readonly types: readonly string[] | null;
  /** Entries that are read at once. */
  readonly limit: number;
}

/** Events of the next entries of the trail. */
export interface NextEvents {
  /** Up to which entry they are. */
  readonly to: number;
  readonly events: readonly QueuedEvent[];
}

/** Reads the events of the next entries of the trail, and one that reports what is missing; `null` without any entry. */
export async function readNextEvents(
  store: Pick<KeyStore, 'listEvents'>,
  { from, until, types, limit }: EventRange,
): Promise<NextEvents | null> {
  let to = from;
  for (let page = 0; page < maxPages; page += 1) {
    if (page > 0) await sleep(turnMs);
    const entries = await store.listEvents({ after: to, until, limit });
    const [first] = entries;
    const last = entries.at(-1);
    if (first === undefined || last === undefined) break;
    const wanted = entries
      .map(toQueuedEvent)
      .filter((event): event is QueuedEvent => event !== null && (types?.includes(event.type) ?? true));
    const events = first.sequence === to + 1 ? wanted : [toMissedEvent(to, first), ...wanted];
    to = last.sequence;
    if (events.length > 0) return { to, events };
    if (to >= until) break;
  }
  return to === from ? null : { to, events: [] };
}
