import { isLineageComplete, type KeyLineage } from './key-ancestor.js';
import { getKeyState, type KeyState } from './key-state.js';

/** The key above another one because of which that one is refused. */
export interface InactiveAncestor {
  readonly id: string;
  /** `removed`: it ended, and was removed since. */
  readonly state: Exclude<KeyState, 'active'> | 'removed';
}

/** As with the state of one key, what is final comes first; a key below one that was removed is refused as disabled. */
const precedence: readonly InactiveAncestor['state'][] = ['revoked', 'disabled', 'removed', 'expired'];

/**
 * Finds the key above because of which a key is refused, whatever its own state is: of several, the one whose state decides, and
 * of these the closest. `null` when all are active.
 *
 * @param now - epoch milliseconds
 */
export function findInactiveAncestor(lineage: KeyLineage, now: number): InactiveAncestor | null {
  const { parentId, ancestors } = lineage;
  if (parentId === null) return null;
  const above: InactiveAncestor[] = ancestors.flatMap((ancestor) => {
    const state = getKeyState(ancestor, now);
    return state === 'active' ? [] : [{ id: ancestor.id, state }];
  });
  if (!isLineageComplete(lineage)) {
    above.push({ id: ancestors.at(-1)?.parentId ?? parentId, state: 'removed' });
  }
  const decisive = precedence.find((state) => above.some((each) => each.state === state));
  return above.find(({ state }) => state === decisive) ?? null;
}
