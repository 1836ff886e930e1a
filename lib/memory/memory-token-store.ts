import { deleteSome } from './delete-some.js';
import type { RefreshGrant, StoredSigningKey, TokenStore } from '../ports/token-store.js';

/** A token store that forgets what it is told to. */
export interface MemoryTokenStore extends TokenStore {
  /** Removes chains that expired at a time or earlier, up to a number of them; how many were removed. */
  removeExpired(time: number, limit: number): number;
}

/**
 * What is stored of tokens, in one process.
 *
 * @param isRevoked - says whether a token was taken back
 */
export function createMemoryTokenStore(isRevoked: (tokenId: string) => boolean): MemoryTokenStore {
  const signingKeys = new Map<string, StoredSigningKey>();
  const grants = new Map<string, RefreshGrant>();

  return {
    removeExpired: (time, limit) => deleteSome(grants, limit, ({ expiresAt }) => expiresAt <= time),

    isRevoked: async (tokenId) => isRevoked(tokenId),

    signingKeys: {
      list: async () => [...signingKeys.values()].sort(byStart),
      async add(key) {
        if (signingKeys.has(key.id)) throw new Error(`The signing key ${key.id} is there already`);
        signingKeys.set(key.id, { ...key });
      },
      async remove(ids) {
        for (const id of ids) signingKeys.delete(id);
      },
    },

    refreshGrants: {
      async add(grant) {
        grants.set(grant.id, { ...grant });
      },
      find: async (id) => grants.get(id) ?? null,
      async replace(id, digest, next) {
        const grant = grants.get(id);
        if (grant?.digest !== digest) return false;
        grants.set(id, { ...grant, digest: next });
        return true;
      },
      async remove(id) {
        grants.delete(id);
      },
      sessions: async (keyId, now) =>
        [...grants.values()]
          .filter((grant) => grant.keyId === keyId && grant.session !== null && grant.expiresAt > now)
          .sort(byEnd),
    },
  };
}

function byEnd(a: RefreshGrant, b: RefreshGrant): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt - b.expiresAt;
  return a.id < b.id ? -1 : 1;
}

function byStart(a: StoredSigningKey, b: StoredSigningKey): number {
  if (a.activeFrom !== b.activeFrom) return a.activeFrom - b.activeFrom;
  return a.id < b.id ? -1 : 1;
}
