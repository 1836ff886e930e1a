import type { KeySource, VerificationOutcome } from '../domain/verification-outcome.js';

/** What verification notes about one decision for those who observe it. */
export interface DecisionTrace {
  source: KeySource;
}

/**
 * Ends the observation of one decision; to be called once.
 *
 * @param outcome - `null` for a check that allows a request which another guard is still to decide about: it is not counted
 */
export type EndObservation = (outcome: VerificationOutcome | null, source: KeySource) => void;

/** Measures the decisions of guards. It must not change them. */
export interface VerificationObserver {
  /**
   * Calls `decide` at once, and returns what it returns or throws what it throws. The decision may go on after that, until `end`
   * is called.
   */
  observe<T>(decide: (end: EndObservation) => T): T;
}
