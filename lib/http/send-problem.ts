import type { Response } from 'express';
import { problems, type ApiKeysError } from '../errors.js';
import type { ProblemTypes } from './problem-types.js';
import { setAnswerHeaders } from './set-answer-headers.js';

/** A problem (RFC 9457), ready to be sent any number of times. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

/** Registered by draft-ietf-httpapi-ratelimit-headers. */
const quotaExceeded = 'https://iana.org/assignments/http-problem-types#quota-exceeded';

/**
 * Writes an error as a problem. A 5xx answer does not reveal its cause. `WWW-Authenticate`, which every 401 must carry
 * (RFC 9110 section 15.5.2), is among the error's headers.
 */
export function composeProblem(error: ApiKeysError, types: ProblemTypes): ProblemAnswer {
  const definition = problems[error.problem];
  const { reason, requiredScopes, missingScopes, requiredFeature, violatedPolicies } = error.refusal ?? {};
  return {
    status: error.status,
    headers: [
      ...Object.entries(error.headers),
      ['Cache-Control', 'no-store'],
      ['X-Content-Type-Options', 'nosniff'],
      ['Content-Type', 'application/problem+json; charset=utf-8'],
    ],
    body: JSON.stringify({
      type: violatedPolicies === undefined ? types[error.problem] : quotaExceeded,
      title: definition.title,
      status: error.status,
      detail: error.expose ? error.message : definition.detail,
      code: error.problem,
      ...(error.errors === undefined ? {} : { errors: error.errors }),
      ...(reason === undefined ? {} : { reason }),
      ...(requiredScopes === undefined ? {} : { requiredScopes }),
      ...(missingScopes === undefined ? {} : { missingScopes }),
      ...(requiredFeature === undefined ? {} : { requiredFeature }),
      ...(error.challenge === undefined ? {} : { challenge: error.challenge }),
      // The second name is the one that the registered type requires.
      ...(violatedPolicies === undefined ? {} : { violatedPolicies, 'violated-policies': violatedPolicies }),
    }),
  };
}

/** Responds with a problem: the only way in which errors are sent. */
export function sendProblem(res: Response, { status, headers, body }: ProblemAnswer): void {
  setAnswerHeaders(res, headers);
  res.statusCode = status;
  res.end(body);
}
