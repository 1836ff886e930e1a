import { hourMs, startOf } from '../domain/key-usage.js';
import type { RefusalCode } from '../domain/verdict.js';
import type { KeyUse } from '../ports/key-store.js';

/** How often it is looked at where a key is used from, in milliseconds: it costs more than to count. */
const addressIntervalMs = 1_000;

/**
 * The uses of one key that were not written yet, all of one hour. Whoever holds the key holds this too, so that a use
 * costs no look-up.
 */
export interface UseCounter {
  readonly keyId: string;
  /** Uses that were let in. */
  count: number;
  /** Epoch milliseconds. */
  lastAt: number;
  /** Where the key was used from when that was looked at last. */
  address: string | null;
  /** From then on, more than counting is to be done. Epoch milliseconds. */
  dueAt: number;
  /** When its hour begins. Epoch milliseconds. */
  hour: number;
  /** Uses with a right secret that were refused; `null` as long as there are none. */
  refusals: Map<RefusalCode, number> | null;
}

/** A counter for one version of a key. Several for one key are added up when they are written. */
export function createUseCounter(keyId: string): UseCounter {
  return { keyId, count: 0, lastAt: 0, address: null, dueAt: 0, hour: 0, refusals: null };
}

/**
 * What is to be done now and then: the address is looked at, and in another hour counting begins anew.
 *
 * @param now - epoch milliseconds
 * @returns the uses of the hour before, if this is another one
 */
export function attend(counter: UseCounter, now: number, addressOf: () => string | null): readonly KeyUse[] {
  const hour = startOf(hourMs, now);
  const before = hour === counter.hour ? [] : takeUses(counter);
  counter.hour = hour;
  counter.address = addressOf();
  counter.dueAt = Math.min(now + addressIntervalMs, hour + hourMs);
  return before;
}

/** Takes out what was counted. */
export function takeUses(counter: UseCounter): readonly KeyUse[] {
  const { keyId, count, lastAt, address, hour, refusals } = counter;
  const uses: KeyUse[] = [];
  if (count > 0) uses.push({ keyId, at: lastAt, count, verdict: 'allowed', address });
  for (const [verdict, refused] of refusals ?? []) {
    uses.push({ keyId, at: hour, count: refused, verdict, address: null });
  }
  counter.count = 0;
  counter.refusals = null;
  return uses;
}
