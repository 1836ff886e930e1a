import {
  keySources,
  verificationOutcomes,
  type KeySource,
  type VerificationOutcome,
} from '../domain/verification-outcome.js';

/** Upper bounds of the histogram of durations, in seconds: from a cached key to a deadline of the database. */
export const durationBounds: readonly number[] = [
  0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1,
  2.5,
];

/** The durations of decisions whose keys came from one source. */
export interface DurationHistogram {
  readonly source: KeySource;
  /** How many took at most the bound of the same index, and at last how many there are: each contains those before it. */
  readonly cumulative: readonly number[];
  /** In seconds. */
  readonly sum: number;
}

const outcomeIndex = new Map(verificationOutcomes.map((outcome, index) => [outcome, index]));
const sourceIndex = new Map(keySources.map((source, index) => [source, index]));
const cachedIndex = keySources.indexOf('cached');
const allowedIndex = verificationOutcomes.indexOf('allowed');
const bucketsPerSource = durationBounds.length + 1;

/** Counts decisions. Its size is fixed: nothing that callers send adds a counter. */
export class VerificationTally {
  readonly #counts = new Float64Array(verificationOutcomes.length * keySources.length);
  readonly #buckets = new Float64Array(bucketsPerSource * keySources.length);
  readonly #sums = new Float64Array(keySources.length);

  add(outcome: VerificationOutcome, source: KeySource, seconds: number): void {
    // Most decisions are of this kind, and are to notice nothing of being counted.
    const of = source === 'cached' ? cachedIndex : (sourceIndex.get(source) ?? 0);
    const row = outcome === 'allowed' ? allowedIndex : (outcomeIndex.get(outcome) ?? 0);
    this.#counts[row * keySources.length + of]! += 1;
    let bucket = 0;
    while (bucket < durationBounds.length && seconds > durationBounds[bucket]!) bucket += 1;
    this.#buckets[of * bucketsPerSource + bucket]! += 1;
    this.#sums[of]! += seconds;
  }

  countOf(outcome: VerificationOutcome, source: KeySource): number {
    const row = outcomeIndex.get(outcome) ?? 0;
    return this.#counts[row * keySources.length + (sourceIndex.get(source) ?? 0)] ?? 0;
  }

  durations(): readonly DurationHistogram[] {
    return keySources.map((source, of) => {
      let count = 0;
      const cumulative = Array.from(
        this.#buckets.subarray(of * bucketsPerSource, (of + 1) * bucketsPerSource),
        (added) => (count += added),
      );
      return { source, cumulative, sum: this.#sums[of] ?? 0 };
    });
  }
}
