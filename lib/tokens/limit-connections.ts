import type { RefreshGrant } from '../ports/token-store.js';
import type { TokenPorts } from './token-ports.js';

/** The `session` of chains without a name: by this value they can be listed and counted. */
export const unnamedSession = '';

/** Maximum number of unnamed chains of one key: token requests do not count against its limits, and each chain is a row. */
const maxConnections = 100;

/**
 * Removes the surplus of a key's unnamed chains, those that would expire first, but never the newest. Their refresh tokens
 * become invalid; their access tokens stay valid until they expire, so that no process has to be notified and nothing is
 * recorded in the audit trail.
 */
export async function limitConnections(
  { store, clock }: Pick<TokenPorts, 'store' | 'clock'>,
  newest: Pick<RefreshGrant, 'id' | 'keyId'>,
): Promise<void> {
  const { refreshGrants } = store.tokens;
  const chains = (await refreshGrants.sessions(newest.keyId, clock.now())).filter(
    ({ session }) => session === unnamedSession,
  );
  const others = chains.filter(({ id }) => id !== newest.id);
  const surplus = others.slice(0, Math.max(0, chains.length - maxConnections));
  await Promise.all(surplus.map(({ id }) => refreshGrants.remove(id)));
}
