import type { IncomingMessage } from 'node:http';
import type { ApiKeyIdentity, ApiKeyTypes } from '../domain/api-key-identity.js';
import { ApiKeysError } from '../errors.js';

/** A request as {@link apiKeyOf} takes it: one of Express, whatever the app has declared on it. */
export type RequestWithCaller = Pick<IncomingMessage, 'headers'>;

/**
 * Returns the authenticated caller, for handlers behind a guard. It needs no declaration of `Request.apiKey`;
 * `apiKeys.apiKeyOf` is the same function, with the scopes of the catalogue in its type.
 *
 * @typeParam T - what the app knows about its keys: the types of `scopes`, `features` and `metadata`
 * @throws ApiKeysError `ERR_API_KEYS_INTERNAL_ERROR` when no guard allowed the request: the route is not protected as its
 * handler believes
 *
 * @example
 * app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
 *   res.json(ordersOf(apiKeyOf(req).ownerId));
 * });
 *
 * @example
 * const { plan } = apiKeyOf<{ metadata: { plan: 'free' | 'pro' } }>(req).metadata;
 */
export function apiKeyOf<T extends ApiKeyTypes = ApiKeyTypes>(req: RequestWithCaller): ApiKeyIdentity<T> {
  const { apiKey } = req as { readonly apiKey?: unknown };
  // Anything else was put there by the app itself.
  if (typeof apiKey === 'object' && apiKey !== null) return apiKey as ApiKeyIdentity<T>;
  throw new ApiKeysError('internal_error', {
    detail: 'apiKeyOf(req): no API key authenticated this request; put requireApiKey(…) before the handler.',
  });
}
