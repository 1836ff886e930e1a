import type { Response } from 'express';
import { problems, type ApiKeysError } from '../errors.js';

/**
 * Answers with a problem (RFC 9457): the only way out for errors. A 5xx answer says nothing of its cause.
 * `WWW-Authenticate`, which every 401 must carry (RFC 9110 section 15.5.2), is among the error's headers.
 */
export function sendProblem(res: Response, error: ApiKeysError): void {
  const definition = problems[error.problem];
  const { requiredScopes, missingScopes } = error.refusal ?? {};
  for (const [name, value] of Object.entries(error.headers)) res.setHeader(name, value);
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('X-Content-Type-Options', 'nosniff');
  res.setHeader('Content-Type', 'application/problem+json; charset=utf-8');
  res.statusCode = error.status;
  res.end(
    JSON.stringify({
      type: 'about:blank',
      title: definition.title,
      status: error.status,
      detail: error.expose ? error.message : definition.detail,
      code: error.problem,
      ...(error.errors === undefined ? {} : { errors: error.errors }),
      ...(requiredScopes === undefined ? {} : { requiredScopes }),
      ...(missingScopes === undefined ? {} : { missingScopes }),
    }),
  );
}
