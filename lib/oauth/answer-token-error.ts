import type { ErrorRequestHandler, Response } from 'express';
import { ApiKeysError, isProblem, problems } from '../errors.js';
import { quoteString } from '../http/challenge.js';
import { setAnswerHeaders } from '../http/set-answer-headers.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import { isTokenError } from '../tokens/token-error.js';

/** An error response (RFC 6749 section 5.2, and 4.1.2.1 for temporary errors). */
export interface TokenErrorAnswer {
  readonly status: number;
  readonly error: string;
  readonly description: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Answers errors as RFC 6749 specifies. A response never repeats anything that was sent. */
export function answerTokenError(realm: string, reportError: ErrorReporter): ErrorRequestHandler {
  // Express recognizes error handlers by their four parameters.
  return function answerError(thrown: unknown, _req, res, _next) {
    if (!isTokenError(thrown)) reportError('the token router', toApiKeysError(thrown));
    if (res.headersSent) {
      // A truncated response must not look complete.
      res.destroy();
      return;
    }
    sendTokenError(res, toErrorAnswer(thrown, realm));
  };
}

/** Sends an error response. */
export function sendTokenError(
  res: Response,
  { status, error, description, headers }: TokenErrorAnswer,
): void {
  setAnswerHeaders(res, Object.entries(headers ?? {}));
  res.setHeader('Cache-Control', 'no-store');
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.statusCode = status;
  res.end(JSON.stringify({ error, error_description: description }));
}

function toErrorAnswer(thrown: unknown, realm: string): TokenErrorAnswer {
  if (isTokenError(thrown)) {
    const { error, message: description, details } = thrown;
    if (error === 'temporarily_unavailable') {
      // The client learns when to retry; a 401 would make it look for another secret.
      const headers = { 'Retry-After': String(details.retryAfterSeconds ?? 1) };
      return { status: 429, error, description, headers };
    }
    if (error !== 'invalid_client') return { status: 400, error, description };
    // Every 401 carries a challenge (RFC 9110 section 15.5.2).
    const headers = { 'WWW-Authenticate': `Basic realm=${quoteString(realm)}` };
    return { status: 401, error, description, headers };
  }
  if (isProblem(thrown, 'payload_too_large')) {
    const { status, detail: description } = problems.payload_too_large;
    return { status, error: 'invalid_request', description };
  }
  if (isProblem(thrown, 'unavailable')) {
    return { ...unavailable, description: problems.unavailable.detail };
  }
  return { status: 500, error: 'server_error', description: problems.internal_error.detail };
}

/** An outage: retry after a second. */
export const unavailable: Pick<TokenErrorAnswer, 'status' | 'error' | 'headers'> = {
  status: 503,
  error: 'temporarily_unavailable',
  headers: { 'Retry-After': '1' },
};

function toApiKeysError(thrown: unknown): ApiKeysError {
  return thrown instanceof ApiKeysError ? thrown : new ApiKeysError('internal_error', { cause: thrown });
}
