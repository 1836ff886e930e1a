import type { QueuedEvent } from '../domain/api-keys-event.js';
import type { EventStore } from '../ports/event-store.js';

/** Events of one subject that wait at most: so one key whose events are refused does not fill the queue for all others. */
const maxPerSubject = 500;

/** Events for which there is room, and those for which too many of their subject wait. */
export interface SplitEvents {
  readonly events: readonly QueuedEvent[];
  readonly tooMany: readonly QueuedEvent[];
}

/** Splits new events by whether there is room for their subjects. What is put aside waits again later, and nothing may overtake it. */
export async function splitByRoom(
  store: Pick<EventStore, 'countBySubject'>,
  queueId: string,
  added: readonly QueuedEvent[],
): Promise<SplitEvents> {
  const subjects = [...new Set(added.map(({ subject }) => subject))];
  if (subjects.length === 0) return { events: [], tooMany: [] };
  const waiting = new Map(await store.countBySubject(queueId, subjects, false));
  const aside = new Set((await store.countBySubject(queueId, subjects, true)).keys());
  const events: QueuedEvent[] = [];
  const tooMany: QueuedEvent[] = [];
  for (const event of added) {
    const { subject } = event;
    const count = waiting.get(subject) ?? 0;
    if (count >= maxPerSubject || aside.has(subject)) {
      aside.add(subject);
      tooMany.push(event);
    } else {
      waiting.set(subject, count + 1);
      events.push(event);
    }
  }
  return { events, tooMany };
}
