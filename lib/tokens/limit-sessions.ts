import type { ChangeContext } from '../manage/change.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { unnamedSession } from './limit-connections.js';
import { revokeChain } from './revoke-chain.js';
import type { TokenPorts } from './token-ports.js';

/** A new session, and the limit on sessions of its key. */
export interface SessionLimit {
  readonly name: string;
  /** Maximum number of sessions of one key. */
  readonly max: number;
  /** The context in which surplus sessions are revoked. */
  readonly context: ChangeContext;
}

/**
 * Revokes the surplus sessions of a key, those that would expire first, but never the newest.
 *
 * @returns `null` when every process refuses their tokens already; else the time (epoch milliseconds) from which all do
 */
export async function limitSessions(
  ports: TokenPorts,
  newest: Pick<RefreshGrant, 'id' | 'keyId'>,
  { max: most, context }: SessionLimit,
): Promise<number | null> {
  const chains = await ports.store.tokens.refreshGrants.sessions(newest.keyId, ports.clock.now());
  const sessions = chains.filter(({ session }) => session !== unnamedSession);
  const others = sessions.filter(({ id }) => id !== newest.id);
  let effectiveBy: number | null = null;
  for (const session of others.slice(0, Math.max(0, sessions.length - most))) {
    const revokedBy = await revokeChain(ports, context, session);
    if (revokedBy !== null) effectiveBy = Math.max(effectiveBy ?? 0, revokedBy);
  }
  return effectiveBy;
}
