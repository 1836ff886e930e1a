import type { RefusalCode, Verdict } from '../domain/verdict.js';
import { RecentMap } from '../domain/two-generations.js';

/** Maximum number of recorded keys. */
const maxKeys = 10_000;
/** After this time, in milliseconds, limits and credits are checked again, even when nothing indicates that they recovered. */
const maxWaitMs = 60_000;
/** Refusals because of limits or credits that are exhausted, or of a cost that can never be met. */
const exhaustions: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'rate_limited',
  'credits_exhausted',
  'cost_exceeds_limit',
]);

/** Keys whose limits or credits were exhausted at their last signed request in this process. */
export class ExhaustedKeys {
  readonly #until = new RecentMap<number>(maxKeys);

  /** Records a verdict on a signed request. @param now - epoch milliseconds */
  note(keyId: string, verdict: Verdict, now: number): void {
    if (verdict.allowed) {
      // From now on a replay is found before it costs anything.
      this.#until.delete(keyId);
      return;
    }
    if (!exhaustions.has(verdict.code)) return;
    const waitMs = Math.min((verdict.retryAfterSeconds ?? Infinity) * 1000, maxWaitMs);
    this.#until.set(keyId, now + waitMs);
  }

  /** Whether the key may still be exhausted. @param now - epoch milliseconds */
  has(keyId: string, now: number): boolean {
    return now < (this.#until.peek(keyId) ?? 0);
  }
}
