import { dayMs } from '../domain/day-ms.js';
import { hourMs, getPeriodStart } from '../domain/key-usage.js';
import type { RefusalCode } from '../domain/verdict.js';
import type { KeyUse } from '../ports/key-store.js';
import { NotedParts } from './noted-parts.js';

/** How often the address that a key is used from is read, in milliseconds: that costs more than counting. */
const addressIntervalMs = 1_000;

/**
 * The unwritten uses of one key, all of one hour. It is cached together with the key, so that counting a use costs no
 * lookup.
 */
export interface UseCounter {
  readonly keyId: string;
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

/** Creates a counter for one version of a key. The counts of several counters of one key are added up in the store. */
export function createUseCounter(keyId: string): UseCounter {
  return {
    keyId,
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
): readonly KeyUse[] {
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
export function startHour(counter: UseCounter, now: number): readonly KeyUse[] {
  const hour = getPeriodStart(hourMs, now);
  if (hour === counter.hour) return [];
  const before = takeUses(counter);
  if (getPeriodStart(dayMs, now) !== getPeriodStart(dayMs, counter.hour)) counter.parts.startDay();
  counter.hour = hour;
  return before;
}

/** Takes the counted uses out of the counter. */
export function takeUses(counter: UseCounter): readonly KeyUse[] {
  const { keyId, count, lastAt, address, hour, refusals, parts } = counter;
  const uses: KeyUse[] = [];
  if (count > 0) uses.push({ keyId, at: lastAt, count, verdict: 'allowed', address, parts: parts.take() });
  for (const [verdict, refused] of refusals ?? []) {
    uses.push({ keyId, at: hour, count: refused, verdict, address: null, parts: [] });
  }
  counter.count = 0;
  counter.refusals = null;
  return uses;
}
