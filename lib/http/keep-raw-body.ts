import type { IncomingMessage, ServerResponse } from 'node:http';
import { findPlatformBody } from './platform-body.js';
import type { RawBody } from './raw-body.js';
import { readContentEncoding } from './read-content-encoding.js';

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
  setRawBody(req, { bytes, isAsSent: readContentEncoding(req) === 'identity' });
}

/** Keeps a body, unless one is already kept, because the first reader saw it as it was sent. */
export function setRawBody(req: WithRawBody, body: RawBody): void {
  req[rawBody] ??= body;
}

/** The body that was kept, by `keepRawBody` or where platforms keep it, or `null`. */
export function getRawBody(req: WithRawBody): RawBody | null {
  return req[rawBody] ?? findPlatformBody(req);
}
