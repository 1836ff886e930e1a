import type { Request } from 'express';
import type { ClientAddress } from '../http/client-address.js';
import type { RequestIdReader } from '../http/request-id-reader.js';
import type { Clock } from '../ports/clock.js';
import type { JsonRecord } from './parse-json-object.js';
import type { SentParameters } from './parse-parameters.js';
import { readBody, type BodyOptions } from './read-body.js';
import { readQuery } from './read-query.js';

/** One request to a dialect, for its handlers. */
export interface DialectCall {
  readonly req: Request;
  /** Parameters of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** For the audit trail, see {@link RequestIdReader}. Read only where it is used. */
  readonly requestId: string | null;
  /** When the request was received, microseconds since 1970. */
  readonly startedAt: number;
  /** The current time, microseconds since 1970; never before `startedAt`, even when the clock is set back. */
  microseconds(): number;
  /** @param purpose - see {@link ClientAddress} */
  address(purpose?: 'decide'): string | null;
  /** Read once. @throws ApiKeysError, see `readQuery` */
  query(): SentParameters;
  /** Read once, at the first call; `null` when there is none. @throws BodyError or ApiKeysError, see `readBody` */
  body(): Promise<JsonRecord | null>;
}

/** The dependencies of calls. */
export interface CallParts {
  readonly clientAddress: ClientAddress;
  readonly readRequestId: RequestIdReader;
  readonly clock: Clock;
  readonly body?: BodyOptions;
}

/** Creates a call without reading the request: an early refusal must not cost reading it. */
export function createDialectCall(
  req: Request,
  { clientAddress, readRequestId, clock, body }: CallParts,
): DialectCall {
  const startedAt = clock.now() * 1000;
  const ticks = process.hrtime.bigint();
  let queryRead: SentParameters | undefined;
  let bodyRead: Promise<JsonRecord | null> | undefined;
  const params = Object.create(null) as Record<string, string>;
  for (const [name, value] of Object.entries(req.params)) params[name] = String(value);
  return {
    req,
    params,
    get requestId() {
      return readRequestId(req);
    },
    startedAt,
    microseconds: () => startedAt + Number((process.hrtime.bigint() - ticks) / 1000n),
    address: (purpose) => clientAddress(req, purpose),
    query: () => (queryRead ??= readQuery(req.originalUrl)),
    body: () => (bodyRead ??= readBody(req, body)),
  };
}
