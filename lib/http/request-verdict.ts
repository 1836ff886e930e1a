import type { Allowed, Refusal } from '../domain/verdict.js';
import type { ProblemCode } from '../errors.js';

/** The request is authenticated and allowed. */
export interface AllowedRequest extends Allowed {
  /** Headers to send with the response: `Cache-Control`, `Vary`, the state of rate limits, the end of a replaced secret. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The request is refused, with the answer to send: `new Response(verdict.body, verdict)`. */
export interface RefusedRequest extends Omit<Refusal, 'code'> {
  /** Why: a refusal as of a guard, or `unavailable` during an outage. */
  readonly code: ProblemCode;
  readonly status: number;
  /** Headers to send with the response, including `WWW-Authenticate`, `Retry-After` and `Content-Type`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The problem (RFC 9457) as JSON. */
  readonly body: string;
}

/** What verification of a whole request returns. */
export type RequestVerdict = AllowedRequest | RefusedRequest;
