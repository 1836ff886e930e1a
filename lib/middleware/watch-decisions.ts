import type { KeySource, VerificationOutcome } from '../domain/verification-outcome.js';
import type { Verdict } from '../domain/verdict.js';
import { isProblem } from '../errors.js';
import type { DecisionTrace, EndObservation, VerificationObserver } from '../ports/verification-observer.js';

/** The decision about one request. */
export type Decision = Verdict | 'fallback';

/** Decides about a request, and notes in the trace where its key came from. */
type Decide<A extends readonly unknown[]> = (
  trace: DecisionTrace | undefined,
  ...args: A
) => Decision | Promise<Decision>;

/**
 * Puts the observation of every decision around a function that decides. Decisions and failures stay what they are.
 *
 * @param isProbe - whether a request that is allowed is decided about again: only refusals and failures are counted
 */
export function watchDecisions<A extends readonly unknown[]>(
  observer: VerificationObserver,
  decide: Decide<A>,
  isProbe: boolean,
): Decide<A> {
  function endDecided(end: EndObservation, decision: Decision, source: KeySource): void {
    const outcome = toOutcome(decision);
    end(isProbe && outcome === 'allowed' ? null : outcome, source);
  }

  return (_trace, ...args) =>
    observer.observe((end) => {
      const trace: DecisionTrace = { source: 'none' };
      let decision: Decision | Promise<Decision>;
      try {
        decision = decide(trace, ...args);
      } catch (error) {
        end(toFailure(error), trace.source);
        throw error;
      }
      if (decision === 'fallback' || 'allowed' in decision) {
        endDecided(end, decision, trace.source);
        return decision;
      }
      // The guard waits for the same promise, and handles its rejection.
      void decision.then(
        (later) => endDecided(end, later, trace.source),
        (error: unknown) => end(toFailure(error), trace.source),
      );
      return decision;
    });
}

function toOutcome(decision: Decision): VerificationOutcome {
  if (decision === 'fallback') return 'fallback';
  return decision.allowed ? 'allowed' : decision.code;
}

function toFailure(error: unknown): VerificationOutcome {
  return isProblem(error, 'unavailable') ? 'unavailable' : 'internal_error';
}
