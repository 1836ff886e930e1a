import { deleteSome } from './delete-some.js';
import type { RefreshGrant, StoredSigningKey, TokenStore } from '../ports/token-store.js';

/** A token store that can remove expired chains. */
export interface MemoryTokenStore extends TokenStore {
  /** Removes up to `limit` chains that expired at a time or earlier, and returns how many were removed. */
  removeExpired(time: number, limit: number): number;
  /** Removes the chains of keys, and returns how many were removed. */
  removeOfKeys(keyIds: readonly string[]): number;
  /** Removes those of these chains that there are. */
  removeChains(ids: readonly string[]): void;
}

/**
 * Creates the token store of one process.
 *
 * @param isRevoked - returns whether a token was revoked
 * @param hasKey - returns whether there is a key that is not revoked
 */
export function createMemoryTokenStore(
  isRevoked: (tokenId: string) => boolean,
  hasKey: (keyId: string) => boolean,
): MemoryTokenStore {
  const signingKeys = new Map<string, StoredSigningKey>();
  const grants = new Map<string, RefreshGrant>();

  return {
    removeExpired: (time, limit) => deleteSome(grants, limit, ({ expiresAt }) => expiresAt <= time),

    removeOfKeys: (keyIds) => deleteSome(grants, Infinity, ({ keyId }) => keyIds.includes(keyId)),

    removeChains(ids) {
      for (const id of ids) grants.delete(id);
    },

    isRevoked: async (tokenId) => isRevoked(tokenId),

    signingKeys: {
      list: async () => [...signingKeys.values()].sort(compareByStart),
      async add(key) {
        if (signingKeys.has(key.id)) throw new Error(`The signing key ${key.id} already exists`);
        signingKeys.set(key.id, { ...key });
      },
      async remove(ids) {
        for (const id of ids) signingKeys.delete(id);
      },
    },

    refreshGrants: {
      async add(grant) {
        if (!hasKey(grant.keyId)) return false;
        grants.set(grant.id, { ...grant });
        return true;
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
          .sort(compareByExpiry),
    },
  };
}

function compareByExpiry(a: RefreshGrant, b: RefreshGrant): number {
  if (a.expiresAt !== b.expiresAt) return a.expiresAt - b.expiresAt;
  return a.id < b.id ? -1 : 1;
}

function compareByStart(a: StoredSigningKey, b: StoredSigningKey): number {
  if (a.activeFrom !== b.activeFrom) return a.activeFrom - b.activeFrom;
  return a.id < b.id ? -1 : 1;
}
