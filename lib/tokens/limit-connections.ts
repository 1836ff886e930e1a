import type { RefreshGrant } from '../ports/token-store.js';
import type { TokenPorts } from './token-ports.js';

/** The `session` of chains whose holder gave them no name: so they are found again, and counted. */
export const unnamedSession = '';

/** Most chains of one key that have no name: asking for tokens takes nothing from limits, and each is a row. */
const maxConnections = 100;

/**
 * Forgets the unnamed chains of a key that are too many, those that would end first, but never the newest. Their refresh
 * tokens end; their access tokens live as long as they say, so that nobody has to be told, and nothing is written down.
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
