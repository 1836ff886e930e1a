import type { Request } from 'express';
import { ApiKeysError } from '../errors.js';

/**
 * A request with two Host lines means one server to a proxy and another to us; Node quietly takes the first, where
 * RFC 9112 section 3.2 demands a 400.
 *
 * @throws ApiKeysError `invalid_request`
 */
export function refuseRepeatedHost(req: Request): void {
  if ((req.headersDistinct.host?.length ?? 0) <= 1) return;
  throw new ApiKeysError('invalid_request', { errors: [{ field: 'Host', message: 'must be sent once' }] });
}
