import type { KeySource, VerificationOutcome } from '../domain/verification-outcome.js';
import type { ObservedDecision } from '../ports/verification-observer.js';
import type { VerificationTally } from './verification-tally.js';

/** Where decisions are counted. */
export interface DecisionMeters {
  readonly tally: VerificationTally;
  /** Records a duration that is not read from the tally; `null`: there is no such meter. */
  recordDuration: ((seconds: number, source: KeySource) => void) | null;
}

/** Counts and times one decision. There is one for every request: a cached key costs two clock readings and three additions. */
export class CountedDecision implements ObservedDecision {
  source: KeySource = 'none';
  /** Milliseconds of `performance.now()`. */
  protected readonly startedAt: number = performance.now();
  private readonly meters: DecisionMeters;

  constructor(meters: DecisionMeters) {
    this.meters = meters;
  }

  wait<T>(work: () => T): T {
    return work();
  }

  end(outcome: VerificationOutcome | null): void {
    this.count(outcome, performance.now());
  }

  /** @param endedAt - milliseconds of `performance.now()` */
  protected count(outcome: VerificationOutcome | null, endedAt: number): void {
    if (outcome === null) return;
    const { meters, source } = this;
    const seconds = (endedAt - this.startedAt) / 1_000;
    meters.tally.add(outcome, source, seconds);
    if (meters.recordDuration !== null) meters.recordDuration(seconds, source);
  }
}
