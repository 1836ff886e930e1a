import type { ApiKeys } from '../api-keys.js';
import type { NewKey } from '../api/key-inputs.js';

/** Headers that carry a key. Not an interface, because those are not assignable to a record of headers, as in supertest. */
export type ApiKeyHeaders = {
  readonly 'X-API-Key': string;
};

/**
 * Creates a key and returns the headers to send it with, so the guard under test runs exactly as in production.
 *
 * @param apiKeys - the instance of the app under test, usually on `memoryStore()`
 * @param key - at least its scopes; the owner is `test-owner` unless given
 *
 * @example
 * const headers = await actingAs(apiKeys, { scopes: ['orders:read'] });
 * await request(app).get('/orders').set(headers).expect(200);
 */
export async function actingAs<S extends string, F extends string = never, R extends string = never>(
  apiKeys: Pick<ApiKeys<S, F, R>, 'keys'>,
  key: Pick<NewKey<S, F, R>, 'scopes'> & Partial<NewKey<S, F, R>>,
): Promise<ApiKeyHeaders> {
  const created = await apiKeys.keys
    .as({ kind: 'application' })
    .create({ ownerId: 'test-owner', name: 'test key', ...key });
  return { 'X-API-Key': created.key };
}
