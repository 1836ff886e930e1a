import type { VerifiableKey } from '../domain/api-key.js';
import { dayMs } from '../domain/day-ms.js';
import { hourMs, getPeriodStart } from '../domain/key-usage.js';
import type { RefusalCode } from '../domain/verdict.js';
import type { KeyUse } from '../ports/key-store.js';
import { NotedParts } from './noted-parts.js';
import type { UsedBy } from './recent-erasures.js';

/** How often the address that a key is used from is read, in milliseconds: that costs more than counting. */
const addressIntervalMs = 1_000;

/** What a counter knows of its key. */
export type CountedKey = Pick<VerifiableKey, 'id' | 'ownerId' | 'createdAt'>;

/**
 * The unwritten uses of one key, all of one hour. It is cached together with the key, so that counting a use costs no
 * lookup.
 */
export interface UseCounter extends UsedBy {
  /** Allowed uses. */
  count: number;
  /** Epoch milliseconds. */
  lastAt: number;
  /** The address that the key was used from when it was last read. */
  address: string | null;
  /** When {@link refreshCounter} is due. Epoch milliseconds. */
  dueAt: number;
  /** The beginning of its hour. Epoch milliseconds. */
  hour: number;
  /** Refused uses with a valid secret; `null` while there are none. */
  refusals: Map<RefusalCode, number> | null;
  readonly parts: NotedParts;
}

/** Uses of a key that have left its counter. */
export interface CountedUse extends KeyUse, UsedBy {}

/** Creates a counter for one version of a key. The counts of several counters of one key are added up in the store. */
export function createUseCounter({ id, ownerId, createdAt }: CountedKey): UseCounter {
  return {
    keyId: id,
    ownerId,
    createdAt,
    count: 0,
    lastAt: 0,
    address: null,
    dueAt: 0,
    hour: 0,
    refusals: null,
    parts: new NotedParts(),
  };
}

/**
 * The periodic part of counting: reads the address, and starts again from zero in another hour.
 *
 * @param now - epoch milliseconds
 * @returns the uses of the hour before, if this is another one
 */
export function refreshCounter(
  counter: UseCounter,
  now: number,
  addressOf: () => string | null,
): readonly CountedUse[] {
  const before = startHour(counter, now);
  counter.address = addressOf();
  counter.dueAt = Math.min(now + addressIntervalMs, counter.hour + hourMs);
  return before;
}

/**
 * Starts again from zero in another hour.
 *
 * @param now - epoch milliseconds
 * @returns the uses of the hour before, if this is another one
 */
export function startHour(counter: UseCounter, now: number): readonly CountedUse[] {
  const hour = getPeriodStart(hourMs, now);
  if (hour === counter.hour) return [];
  const before = takeUses(counter);
  if (getPeriodStart(dayMs, now) !== getPeriodStart(dayMs, counter.hour)) counter.parts.startDay();
  counter.hour = hour;
  return before;
}

/** Takes the counted uses out of the counter. */
export function takeUses(counter: UseCounter): readonly CountedUse[] {
  const { keyId, ownerId, createdAt, count, lastAt, address, hour, refusals, parts } = counter;
  const by = { keyId, ownerId, createdAt };
  const uses: CountedUse[] = [];
  if (count > 0) uses.push({ ...by, at: lastAt, count, verdict: 'allowed', address, parts: parts.take() });
  for (const [verdict, refused] of refusals ?? []) {
    uses.push({ ...by, at: hour, count: refused, verdict, address: null, parts: [] });
  }
  counter.count = 0;
  counter.refusals = null;
  return uses;
}
