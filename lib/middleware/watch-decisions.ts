import type { KeySource, VerificationOutcome } from '../domain/verification-outcome.js';
import type { Verdict } from '../domain/verdict.js';
import { ApiKeysError, isProblem } from '../errors.js';
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
): (...args: A) => Decision | Promise<Decision> {
  function endDecided(end: EndObservation, decision: Decision, source: KeySource): void {
    const outcome = toOutcome(decision);
    endQuietly(end, isProbe && outcome === 'allowed' ? null : outcome, source);
  }

  return (...args) =>
    observer.observe((end) => {
      const trace: DecisionTrace = { source: 'none' };
      let decision: Decision | Promise<Decision>;
      try {
        decision = decide(trace, ...args);
      } catch (error) {
        endQuietly(end, toFailure(error), trace.source);
        throw error;
      }
      if (decision === 'fallback' || 'allowed' in decision) {
        endDecided(end, decision, trace.source);
        return decision;
      }
      // The guard waits for the same promise, and handles its rejection.
      void decision.then(
        (later) => endDecided(end, later, trace.source),
        (error: unknown) => endQuietly(end, toFailure(error), trace.source),
      );
      return decision;
    });
}

/** What measures decisions must not change one, whatever an exporter of the app does. */
function endQuietly(end: EndObservation, ...ended: Parameters<EndObservation>): void {
  try {
    end(...ended);
  } catch {
    // A measurement is lost, and no request.
  }
}

function toOutcome(decision: Decision): VerificationOutcome {
  if (decision === 'fallback') return 'fallback';
  return decision.allowed ? 'allowed' : decision.code;
}

/** A request that cannot be read, as one with a signed body that is too large, is no failure of the service. */
function toFailure(error: unknown): VerificationOutcome {
  if (isProblem(error, 'unavailable')) return 'unavailable';
  return error instanceof ApiKeysError && error.status < 500 ? 'invalid_request' : 'internal_error';
}
