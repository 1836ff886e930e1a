import type { AccessToken } from '../domain/access-token.js';
import type { TokenStore } from '../ports/token-store.js';

/** Whether a token was revoked: by itself, or with the chain of refresh tokens that it belongs to. */
export async function isTokenRevoked(
  store: Pick<TokenStore, 'isRevoked'>,
  { id, grantId }: Pick<AccessToken, 'id' | 'grantId'>,
): Promise<boolean> {
  // Nearly always neither is revoked, so that both have to be read: concurrently.
  const revoked = await Promise.all([
    store.isRevoked(id),
    grantId === null ? false : store.isRevoked(grantId),
  ]);
  return revoked.includes(true);
}
