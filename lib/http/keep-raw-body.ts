import type { IncomingMessage, ServerResponse } from 'node:http';

/** The bytes of a body. */
export interface RawBody {
  readonly bytes: Uint8Array;
  /** Whether they are the bytes that were sent, and not the decoded ones. */
  readonly isAsSent: boolean;
}

/** A registered symbol, so that both builds of the package find what either has kept. */
const rawBody: unique symbol = Symbol.for('express-api-keys.rawBody');

type WithRawBody = IncomingMessage & { [rawBody]?: RawBody };

/**
 * Keeps the raw bytes of a body that a parser is about to read. Signatures cover bytes, so a guard that runs after a parser
 * needs them.
 *
 * @example
 * app.use(express.json({ verify: keepRawBody }));
 */
export function keepRawBody(req: IncomingMessage, _res: ServerResponse, bytes: Uint8Array): void {
  const { 'content-encoding': encoding = 'identity' } = req.headers;
  setRawBody(req, { bytes, isAsSent: encoding.toLowerCase() === 'identity' });
}

/** Keeps a body, unless one is already kept, because the first reader saw it as it was sent. */
export function setRawBody(req: WithRawBody, body: RawBody): void {
  req[rawBody] ??= body;
}

/** The body that was kept, or `null`. */
export function getRawBody(req: WithRawBody): RawBody | null {
  return req[rawBody] ?? null;
}
