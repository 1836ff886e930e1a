import type { ApiKeyRecord } from '../domain/api-key.js';
import type { EnforcedBounds } from '../domain/enforced-bounds.js';
import { proxyMethods } from '../domain/proxy-methods.js';
import type { KeyStore, KeyStoreTransaction } from '../ports/key-store.js';

/**
 * Wraps a store in a Proxy that adds to every key that is read the bounds that apply to all keys of its keyspace now, and
 * removes them again from what is written. It wraps the store itself, so that no state of a key is computed without them.
 */
export function createEnforcingStoreProxy(store: KeyStore, bounds: EnforcedBounds): KeyStore {
  const addBounds = (record: ApiKeyRecord): ApiKeyRecord => bounds.enforce(record);
  const addBoundsIfAny = (record: ApiKeyRecord | null): ApiKeyRecord | null =>
    record === null ? null : addBounds(record);

  const reads: Partial<KeyStore> = {
    find: async (id, ownerId) => addBoundsIfAny(await store.find(id, ownerId)),
    async list(query) {
      const enforced = bounds.byKeyspace();
      return (await store.list(enforced === null ? query : { ...query, enforced })).map(addBounds);
    },
    transact: (work, queuing) =>
      store.transact((transaction) => work(proxyTransaction(transaction)), queuing),
  };

  function proxyTransaction(transaction: KeyStoreTransaction): KeyStoreTransaction {
    const steps: Partial<KeyStoreTransaction> = {
      find: async (id, ownerId) => addBoundsIfAny(await transaction.find(id, ownerId)),
      findUnrevokedByOwner: async (...query) =>
        (await transaction.findUnrevokedByOwner(...query)).map(addBounds),
      insert: (record, event) => transaction.insert(removeBounds(record), event),
      update: (record, event) => transaction.update(removeBounds(record), event),
    };
    return proxyMethods(transaction, (name) => steps[name as keyof KeyStoreTransaction]);
  }

  return proxyMethods(store, (name) => reads[name as keyof KeyStore]);
}

function removeBounds({ enforced: _, ...record }: ApiKeyRecord): ApiKeyRecord {
  return record;
}
