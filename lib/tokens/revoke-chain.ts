import { createRevocationQueuing } from '../manage/change-queuing.js';
import { readCurrentPoint } from '../manage/confirm-change.js';
import type { ChangeContext } from '../manage/change.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { revokeToken } from './revoke-token.js';
import type { TokenPorts } from './token-ports.js';

/** A chain of refresh tokens; `expiresAt` is unknown when its row is gone. */
type RevocableChain = Pick<RefreshGrant, 'id' | 'keyId'> & Partial<Pick<RefreshGrant, 'expiresAt'>>;

/**
 * Revokes a chain of refresh tokens and all its access tokens, including those that are issued meanwhile, because each names
 * the chain.
 *
 * @returns `null` when every process already refuses its tokens; else the time (epoch milliseconds) from which all do
 */
export async function revokeChain(
  ports: TokenPorts,
  context: ChangeContext,
  { id, keyId, expiresAt: endsAt = -Infinity }: RevocableChain,
): Promise<number | null> {
  const expiresAt = Math.max(ports.clock.now() + ports.maxLifetimeSeconds() * 1000, endsAt);
  // The same transaction removes the row: a write of its own would wait behind those of requests, and fail after the revocation.
  return revokeToken(ports, context, { id, keyId, expiresAt });
}

/**
 * Confirms again the revocation of a chain whose row is gone; nothing is written. For a chain that never existed there is
 * nothing to confirm.
 *
 * @returns `null` when every process already refuses its tokens; else the time (epoch milliseconds) from which all do
 */
export async function confirmRevokedChain(
  { store, changes, clock }: Pick<TokenPorts, 'store' | 'changes' | 'clock'>,
  context: ChangeContext,
  id: string,
): Promise<number | null> {
  if (!(await store.tokens.isRevoked(id))) return null;
  const point = await readCurrentPoint(store, createRevocationQueuing(context));
  changes.announce([], clock.now());
  return changes.confirm(point);
}
