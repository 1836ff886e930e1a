import type { OwnerKeyCounts } from '../ports/key-store.js';
import type { MemoryContents, RemovedKey } from './memory-contents.js';

/** Counts the keys of an owner in one keyspace, and reads the highest number that was assigned. */
export function countKeysOfOwner(
  contents: Pick<MemoryContents, 'keys' | 'removedKeys'>,
  ownerId: string,
  keyspace: string,
): OwnerKeyCounts {
  const isOfOwner = (key: RemovedKey): boolean => key.ownerId === ownerId && key.keyspace === keyspace;
  const keys = [...contents.keys.values()].filter(isOfOwner);
  const removed = [...contents.removedKeys.values()].filter(isOfOwner);
  return {
    unrevoked: keys.filter(({ revokedAt }) => revokedAt === null).length,
    lastNumber: [...keys, ...removed].reduce((last, { number }) => Math.max(last, number ?? 0), 0),
  };
}
