import { longestLifeSeconds } from '../domain/token-terms.js';
import type { ChangeContext } from '../manage/change.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { revokeToken } from './revoke-token.js';
import type { TokenPorts } from './token-ports.js';

/**
 * Ends a chain of refresh tokens and takes all its access tokens back; when that is sure is what it returns. One that is
 * given meanwhile names the chain as well.
 */
export async function revokeChain(
  ports: TokenPorts,
  context: ChangeContext,
  { id, keyId }: Pick<RefreshGrant, 'id' | 'keyId'>,
): Promise<number | null> {
  const expiresAt = ports.clock.now() + longestLifeSeconds(ports.keyspace.catalogue) * 1000;
  // The tokens first: who repeats this after a failure must still find the chain.
  const effectiveBy = await revokeToken(ports, context, { id, keyId, expiresAt });
  await ports.store.tokens.refreshGrants.remove(id);
  return effectiveBy;
}
