import type { Request } from 'express';
import type { AdminCall, Declaration } from './endpoint.js';
import { parseIdempotencyKey } from '../http/parse-idempotency-key.js';
import { parseIfMatch } from './parse-if-match.js';

/**
 * Parses the headers that an endpoint declares. Call it before the request consumes anything.
 *
 * @throws ApiKeysError `invalid_request` for a malformed header
 */
export function readHeaders(
  { headers = [] }: Declaration,
  req: Pick<Request, 'headers'>,
): Pick<AdminCall, 'ifMatch' | 'idempotencyKey'> {
  return {
    ifMatch: headers.includes('If-Match') ? parseIfMatch(req.headers['if-match']) : undefined,
    idempotencyKey: headers.includes('Idempotency-Key')
      ? parseIdempotencyKey(req.headers['idempotency-key'])
      : undefined,
  };
}
