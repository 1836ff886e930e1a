import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import { ApiKeysError } from '../errors.js';
import type { WithApiKey } from './express-request.js';

/**
 * The identity of the caller, for handlers behind a guard.
 *
 * @throws ApiKeysError `ERR_API_KEYS_INTERNAL_ERROR` when no guard let the request in: the route is not protected as its
 * handler believes
 *
 * @example
 * app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
 *   res.json(ordersOf(apiKeyOf(req).ownerId));
 * });
 */
export function apiKeyOf(req: WithApiKey): ApiKeyIdentity {
  if (req.apiKey !== undefined) return req.apiKey;
  throw new ApiKeysError('internal_error', {
    detail: 'apiKeyOf(req): no API key let this request in; put requireApiKey(…) before the handler.',
  });
}
