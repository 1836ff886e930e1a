import type { WorkerHasher } from '../crypto/bcrypt-hasher.js';
import type { KeyStore } from '../ports/key-store.js';

/** How many tasks wait in each queue of this process, by names for metrics. Changes are left out where the store does not count them. */
export function listQueues(
  hasher: Pick<WorkerHasher, 'countWaiting'>,
  store: Pick<KeyStore, 'countWaitingChanges'>,
): Readonly<Record<string, number>> {
  const { matching, importedMatching, minting } = hasher.countWaiting();
  const hashes = {
    hash_matching: matching,
    hash_imported_matching: importedMatching,
    hash_minting: minting,
  };
  const changes = store.countWaitingChanges?.();
  if (changes === undefined) return hashes;
  return {
    ...hashes,
    changes_taking: changes.taking,
    changes_narrowing: changes.narrowing,
    changes_giving: changes.giving,
  };
}
