import type { Request } from 'express';
import type { ReadHeaders } from '../http/read-once.js';
import type { VerificationOutcome } from '../domain/verification-outcome.js';
import type { Verdict } from '../domain/verdict.js';
import { ApiKeysError, isProblem } from '../errors.js';
import type {
  DecisionTrace,
  ObservedDecision,
  VerificationObserver,
} from '../ports/verification-observer.js';
import type { ReadCredential } from './read-credential.js';

/** The decision about one request. */
export type Decision = Verdict | 'fallback';

/** Decides about a request, and notes in the trace where its key came from. */
type Decide = (
  trace: DecisionTrace | undefined,
  req: Request,
  headers: ReadHeaders,
  credential: ReadCredential,
) => Decision | Promise<Decision>;

/**
 * Observes the decisions of a function that decides. Decisions and failures stay what they are.
 *
 * @param isProbe - whether a request that is allowed is decided about again: only refusals and failures are counted
 */
export function watchDecisions(
  observer: VerificationObserver,
  decide: Decide,
  isProbe: boolean,
): (req: Request, headers: ReadHeaders, credential: ReadCredential) => Decision | Promise<Decision> {
  function endDecided(observed: ObservedDecision, decision: Decision): void {
    const outcome = toOutcome(decision);
    endQuietly(observed, isProbe && outcome === 'allowed' ? null : outcome);
  }

  /** Apart from what most decisions need, which leave without a closure. */
  function follow(observed: ObservedDecision, decision: Promise<Decision>): Promise<Decision> {
    // The guard waits for the same promise, and handles its rejection.
    void decision.then(
      (later) => endDecided(observed, later),
      (error: unknown) => endQuietly(observed, toFailure(error)),
    );
    return decision;
  }

  return function decideObserved(req, headers, credential) {
    const observed = observer.begin();
    let decision: Decision | Promise<Decision>;
    try {
      decision = decide(observed, req, headers, credential);
    } catch (error) {
      endQuietly(observed, toFailure(error));
      throw error;
    }
    if (decision !== 'fallback' && !('allowed' in decision)) return follow(observed, decision);
    endDecided(observed, decision);
    return decision;
  };
}

/** What measures decisions must not change one, whatever an exporter of the app does. */
function endQuietly(observed: ObservedDecision, outcome: VerificationOutcome | null): void {
  try {
    observed.end(outcome);
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
