import type { ErrorRequestHandler } from 'express';
import type { Refusal } from '../domain/verdict.js';
import { composeChallenge } from '../http/challenge.js';
import { composeProblem, sendProblem } from '../http/send-problem.js';
import { toProblem } from '../http/to-problem.js';
import type { AdminRouterParts } from './admin-router-parts.js';

const noCredential: Refusal = { allowed: false, code: 'missing_credential' };

/**
 * The error handler of the router: for any error, the caller gets a problem without internals, and the details that the
 * caller does not get are reported to the operator.
 */
export function answerError({
  challenge,
  problemTypes,
  reportError,
}: Pick<AdminRouterParts, 'challenge' | 'problemTypes' | 'reportError'>): ErrorRequestHandler {
  // Express recognises error handlers by their four parameters.
  return function answerAdminError(thrown: unknown, _req, res, _next) {
    const error = toProblem(thrown);
    reportError('the admin router', error);
    if (res.headersSent) {
      // A truncated response must not look like a complete one.
      res.destroy();
      return;
    }
    if (error.status === 401 || error.status === 403) {
      res.setHeader('WWW-Authenticate', composeChallenge(challenge, error.refusal ?? noCredential));
    }
    sendProblem(res, composeProblem(error, problemTypes));
  };
}
