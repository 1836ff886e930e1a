import { readCurrentPoint } from '../manage/confirm-change.js';
import type { ChangeContext } from '../manage/change.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { revokeToken } from './revoke-token.js';
import type { TokenPorts } from './token-ports.js';

/**
 * Revokes a chain of refresh tokens and all its access tokens, including those that are issued meanwhile, because each names
 * the chain.
 *
 * @returns `null` when every process already refuses its tokens; else the time (epoch milliseconds) from which all do
 */
export async function revokeChain(
  ports: TokenPorts,
  context: ChangeContext,
  { id, keyId }: Pick<RefreshGrant, 'id' | 'keyId'>,
): Promise<number | null> {
  const expiresAt = ports.clock.now() + ports.maxLifetimeSeconds() * 1000;
  // The tokens first: after a failure, a repeated call must still find the chain.
  const effectiveBy = await revokeToken(ports, context, { id, keyId, expiresAt });
  await ports.store.tokens.refreshGrants.remove(id);
  return effectiveBy;
}

/**
 * Confirms again the revocation of a chain whose row is gone; nothing is written. For a chain that never existed there is
 * nothing to confirm.
 *
 * @returns `null` when every process already refuses its tokens; else the time (epoch milliseconds) from which all do
 */
export async function confirmRevokedChain(
  { store, changes, clock }: Pick<TokenPorts, 'store' | 'changes' | 'clock'>,
  id: string,
): Promise<number | null> {
  if (!(await store.tokens.isRevoked(id))) return null;
  const point = await readCurrentPoint(store.feed);
  changes.announce([], clock.now());
  return changes.confirm(point);
}
