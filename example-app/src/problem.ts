import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';

/** What a refused request is told (RFC 9457), in the form that express-api-keys uses as well. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** One entry for each field that was not accepted. */
  readonly errors?: ReadonlyArray<{ readonly field: string; readonly message: string }>;
}

/** Answers with a problem. */
export function sendProblem(res: Response, problem: Problem): void {
  res
    .status(problem.status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[problem.status], ...problem }));
}

/** Answers for paths that nobody has taken. */
export const answerNotFound: RequestHandler = (_req, res) => {
  sendProblem(res, { status: 404, code: 'not_found', detail: 'There is no such resource.' });
};

/** Answers when a handler threw or a body could not be read; the cause of a 5xx is only logged. */
export const answerError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error);
    return;
  }
  const status = statusOf(error);
  if (status < 500) {
    sendProblem(res, { status, code: 'invalid_request', detail: 'The request could not be read.' });
    return;
  }
  console.error(error);
  sendProblem(res, { status: 500, code: 'internal_error', detail: 'Something went wrong here.' });
};

/** Express' own parsers put the status of a bad request on the error. */
function statusOf(error: unknown): number {
  const status = error instanceof Error && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : 500;
}
