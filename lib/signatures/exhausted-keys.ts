import type { RefusalCode, Verdict } from '../domain/verdict.js';
import { RecentMap } from '../domain/two-generations.js';

/** How many keys are remembered. */
const maxKeys = 10_000;
/** After this its limits and credits are looked at again, also when nothing says that there will be room. Milliseconds. */
const maxWaitMs = 60_000;
/** Refusals by what a key has used up, or can never have. */
const exhaustions: ReadonlySet<RefusalCode> = new Set<RefusalCode>([
  'rate_limited',
  'credits_exhausted',
  'cost_exceeds_limit',
]);

/** Keys whose limits or credits were used up when they signed last, in this process. */
export class ExhaustedKeys {
  readonly #until = new RecentMap<number>(maxKeys);

  /** Records a verdict on a signed request. @param now - epoch milliseconds */
  note(keyId: string, verdict: Verdict, now: number): void {
    if (verdict.allowed || !exhaustions.has(verdict.code)) return;
    const waitMs = Math.min((verdict.retryAfterSeconds ?? Infinity) * 1000, maxWaitMs);
    this.#until.set(keyId, now + waitMs);
  }

  /** Whether that may still be so. @param now - epoch milliseconds */
  has(keyId: string, now: number): boolean {
    return now < (this.#until.peek(keyId) ?? 0);
  }
}
