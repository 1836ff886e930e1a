import { createLineageBelow, maxAncestors, noAncestors, type KeyLineage } from '../domain/key-ancestor.js';
import type { KeyspacePolicy } from '../domain/keyspace-policy.js';
import { ApiKeysError } from '../errors.js';
import type { Authority } from './authority.js';
import type { ChangeContext } from './change.js';

/**
 * The place of a new key. A key that a key makes is its child; where it takes the place of the key that makes it, or the
 * contract of a dialect wants keys to be equals, it has the same parent. Other actors make keys without a parent.
 *
 * @throws ApiKeysError `forbidden` when there would be too many keys above it
 */
export function resolveLineage(
  { makesEquals = false }: Pick<ChangeContext, 'makesEquals'>,
  { storedKey }: Pick<Authority, 'storedKey'>,
  { onePerOwner }: Pick<KeyspacePolicy, 'onePerOwner'>,
): KeyLineage {
  if (storedKey === null) return { parentId: null, ancestors: noAncestors };
  if (!isMadeAsChild({ makesEquals }, { onePerOwner })) {
    const { parentId, ancestors } = storedKey;
    return { parentId, ancestors };
  }
  const lineage = createLineageBelow(storedKey);
  if (lineage.ancestors.length <= maxAncestors) return lineage;
  throw new ApiKeysError('forbidden', {
    detail: `There are ${maxAncestors} API keys above the requesting one, which is the most: it makes no keys itself. Let one above it make the key.`,
  });
}

/** Whether the keys that a key makes are its children. */
export function isMadeAsChild(
  { makesEquals = false }: Pick<ChangeContext, 'makesEquals'>,
  { onePerOwner }: Pick<KeyspacePolicy, 'onePerOwner'>,
): boolean {
  return !makesEquals && !onePerOwner;
}
