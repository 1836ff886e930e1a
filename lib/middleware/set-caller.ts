import type { ApiKeyIdentity } from '../domain/api-key-identity.js';

/**
 * Puts the authenticated caller where handlers find it. As in `readOnce`, V8 knows the shape of no request of Express: an assignment
 * first looks the shape up, in vain. It fails as an assignment does, because the handlers would see another caller, or none.
 *
 * @throws TypeError when the app has made `req.apiKey` a property that cannot be set
 */
export function setCaller(req: object, apiKey: ApiKeyIdentity): void {
  if (Reflect.set(req, 'apiKey', apiKey)) return;
  throw new TypeError('req.apiKey cannot be set: leave it to the guard, which puts the caller there.');
}
