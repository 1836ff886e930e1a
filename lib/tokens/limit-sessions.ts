import type { ChangeContext } from '../manage/change.js';
import type { RefreshGrant } from '../ports/token-store.js';
import { unnamedSession } from './limit-connections.js';
import { revokeChain } from './revoke-chain.js';
import type { TokenPorts } from './token-ports.js';

/** A new session, and how many its key can have. */
export interface SessionLimit {
  readonly name: string;
  readonly max: number;
  /** On whose behalf others make room for it. */
  readonly context: ChangeContext;
}

/**
 * Ends the sessions of a key that are too many, those that would end first, but never the newest.
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
    const ended = await revokeChain(ports, context, session);
    if (ended !== null) effectiveBy = Math.max(effectiveBy ?? 0, ended);
  }
  return effectiveBy;
}
