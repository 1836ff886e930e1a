import type { AdminCall, Declaration } from './endpoint.js';
import type { RequestHeaders } from '../http/header-lines.js';
import { parseIdempotencyKey } from '../http/parse-idempotency-key.js';
import { readHeader } from '../http/read-header.js';
import { parseIfMatch } from './parse-if-match.js';

/**
 * Parses the headers that an endpoint declares. Call it before the request consumes anything.
 *
 * @throws ApiKeysError `invalid_request` for a malformed header
 */
export function readHeaders(
  { headers = [] }: Declaration,
  req: RequestHeaders,
): Pick<AdminCall, 'ifMatch' | 'idempotencyKey'> {
  return {
    ifMatch: headers.includes('If-Match') ? parseIfMatch(readHeader(req, 'if-match')) : undefined,
    idempotencyKey: headers.includes('Idempotency-Key')
      ? parseIdempotencyKey(readHeader(req, 'idempotency-key'))
      : undefined,
  };
}
