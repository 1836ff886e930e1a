import type { Request } from 'express';
import type { DialectCall } from '../../dialect-call.js';
import type { DialectHost } from '../../dialect-host.js';
import { parseJsonObject, type JsonRecord } from '../../parse-json-object.js';

/** Creates the call of one message. It has no path and no query: everything is in its text. */
export function createMessageCall(
  req: Request,
  text: string,
  { clock, clientAddress, readRequestId }: Pick<DialectHost, 'clock' | 'clientAddress' | 'readRequestId'>,
): DialectCall {
  const startedAt = clock.now() * 1000;
  const ticks = process.hrtime.bigint();
  let bodyRead: Promise<JsonRecord | null> | undefined;
  return {
    req,
    params: {},
    get requestId() {
      return readRequestId(req);
    },
    startedAt,
    microseconds: () => startedAt + Number((process.hrtime.bigint() - ticks) / 1000n),
    address: (purpose) => clientAddress(req, purpose),
    query: () => ({}),
    body: () => (bodyRead ??= readMessage(text)),
  };
}

async function readMessage(text: string): Promise<JsonRecord | null> {
  return text.trim() === '' ? null : parseJsonObject(text, false);
}
