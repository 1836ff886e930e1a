import type { ErrorRequestHandler } from 'express';
import type { Refusal } from '../domain/verdict.js';
import { ApiKeysError, problems } from '../errors.js';
import { challengeFor, type Challenge } from '../http/challenge.js';
import { problemAnswer, sendProblem } from '../http/send-problem.js';
import type { TroubleReporter } from '../http/trouble-reporter.js';
import { keyNotFound } from '../manage/authority.js';

const noCredential: Refusal = { allowed: false, code: 'missing_credential' };

/**
 * The last resort of the router: whatever happened, the caller gets a problem without internals, and the operator is
 * told what the caller is not.
 */
export function answerError(challenge: Challenge, reportTrouble: TroubleReporter): ErrorRequestHandler {
  // Express tells error handlers from others by their four parameters.
  return function answerAdminError(thrown: unknown, _req, res, _next) {
    const error = problemOf(thrown);
    reportTrouble('the admin router', error);
    if (res.headersSent) {
      // Half an answer must not look like a whole one.
      res.destroy();
      return;
    }
    if (error.status === 401 || error.status === 403) {
      res.setHeader('WWW-Authenticate', challengeFor(challenge, error.refusal ?? noCredential));
    }
    sendProblem(res, problemAnswer(error));
  };
}

/** An error of either build of this package is taken as it is, all else is trouble. */
function problemOf(thrown: unknown): ApiKeysError {
  if (thrown instanceof ApiKeysError) return thrown;
  if (thrown instanceof Error && 'problem' in thrown && Object.hasOwn(problems, String(thrown.problem))) {
    return thrown as ApiKeysError;
  }
  // Express could not decode the id in the path: no key has such an id.
  if (thrown instanceof URIError) return keyNotFound();
  return new ApiKeysError('internal_error', { cause: thrown });
}
