import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler, Response } from 'express';

/** The problem details of a refused request (RFC 9457), in the same form as those of express-api-keys. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** One entry for each field that was not accepted. */
  readonly errors?: ReadonlyArray<{ readonly field: string; readonly message: string }>;
}

/** Sends a problem response. */
export function sendProblem(res: Response, problem: Problem): void {
  res
    .status(problem.status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', title: STATUS_CODES[problem.status], ...problem }));
}

/** Answers requests for unknown paths. */
export const answerNotFound: RequestHandler = (_req, res) => {
  sendProblem(res, { status: 404, code: 'not_found', detail: 'There is no such resource.' });
};

/** Answers 405 for the other methods of a path; mount it after the handlers. */
export function allowOnly(...methods: readonly string[]): RequestHandler {
  return (_req, res) => {
    const allowed = methods.join(', ');
    res.set('Allow', allowed);
    sendProblem(res, { status: 405, code: 'method_not_allowed', detail: `Use ${allowed}.` });
  };
}

/** Answers when a handler threw or a body could not be read. The cause of a 5xx is logged, never sent. */
export const answerError: ErrorRequestHandler = (error: unknown, _req, res, next) => {
  if (res.headersSent) {
    next(error);
    return;
  }
  const { status, type } = readExpressError(error);
  if (status >= 400 && status < 500) {
    sendProblem(res, createProblem(status, type));
    return;
  }
  console.error(error);
  sendProblem(res, { status: 500, code: 'internal_error', detail: 'Something went wrong here.' });
};

function createProblem(status: number, type: string): Problem {
  switch (status) {
    case 413:
      return { status, code: 'payload_too_large', detail: 'Send at most 16 KiB.' };
    case 415:
      return { status, code: 'unsupported_media_type', detail: 'Send JSON in UTF-8 as application/json.' };
    default: {
      const isNoJson = type === 'entity.parse.failed';
      const detail = isNoJson ? 'The body must be valid JSON.' : 'The request could not be read.';
      return { status, code: 'invalid_request', detail };
    }
  }
}

/** The body parsers of Express put the status and the type of a bad request on the error. */
function readExpressError(error: unknown): { status: number; type: string } {
  const { status, type } = (error instanceof Error ? error : {}) as { status?: unknown; type?: unknown };
  return {
    status: typeof status === 'number' ? status : 500,
    type: typeof type === 'string' ? type : '',
  };
}
