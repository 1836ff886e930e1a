import type { AccessToken } from '../domain/access-token.js';
import type { TokenStore } from '../ports/token-store.js';

/** Whether a token was taken back: by itself, or with the chain of refresh tokens that it came with. */
export async function isTokenRevoked(
  store: Pick<TokenStore, 'isRevoked'>,
  { id, grantId }: Pick<AccessToken, 'id' | 'grantId'>,
): Promise<boolean> {
  // Nearly always neither was, so that both have to be read: then at the same time.
  const revoked = await Promise.all([
    store.isRevoked(id),
    grantId === null ? false : store.isRevoked(grantId),
  ]);
  return revoked.includes(true);
}
