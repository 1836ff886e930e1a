import type { KeySource, VerificationOutcome } from '../domain/verification-outcome.js';

/** What verification notes about one decision for those who observe it. */
export interface DecisionTrace {
  /** Where its key was read. */
  source: KeySource;
  /**
   * Calls `work` at once, and returns what it returns or throws what it throws. To be used for what waits for I/O: what is sent
   * meanwhile belongs to the decision.
   */
  wait<T>(work: () => T): T;
}

/** One decision that is observed. */
export interface ObservedDecision extends DecisionTrace {
  /**
   * Ends the observation; to be called once.
   *
   * @param outcome - `null` for a check that allows a request which another guard is still to decide about: it is not counted
   */
  end(outcome: VerificationOutcome | null): void;
}

/** Measures the decisions of guards. It must not change them. */
export interface VerificationObserver {
  /** Begins to observe a decision, before anything of it is done. Never throws. */
  begin(): ObservedDecision;
}
