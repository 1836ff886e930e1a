import { getBoundIds, type ResourceBinding } from './resource-binding.js';

/**
 * The single resources that keys of an owner can be used for: ids by kind. A kind that is not named is not restricted; an empty list
 * is none of that kind.
 */
export type ReachableResources = Readonly<Record<string, readonly string[]>>;

/** Changes of what can be reached: `null` for a kind is all of its resources. */
export type ReachableChanges = Readonly<Record<string, readonly string[] | null>>;

/** Replaces the kinds that are named, and keeps the others. */
export function applyReachableChanges(
  reachable: ReachableResources | null,
  changes: ReachableChanges,
): ReachableResources | null {
  const kinds = Object.entries({ ...reachable, ...changes }).flatMap(([kind, ids]) =>
    ids === null ? [] : [[kind, ids] as const],
  );
  return kinds.length === 0 ? null : Object.fromEntries(kinds);
}

/**
 * Leaves what can be reached of what a key is bound to: the ids that both have. A key that is not bound to a kind reaches what its
 * owner reaches. The same object when nothing is taken away.
 */
export function narrowBinding(
  binding: ResourceBinding | null,
  reachable: ReachableResources | null,
): ResourceBinding | null {
  if (reachable === null) return binding;
  const narrowed = Object.entries(reachable).flatMap(([kind, ids]) => {
    const bound = getBoundIds(binding, kind);
    const known = new Set(ids);
    if (bound?.every((id) => known.has(id)) === true) return [];
    return [[kind, bound === null ? ids : bound.filter((id) => known.has(id))] as const];
  });
  return narrowed.length === 0 ? binding : { ...binding, ...Object.fromEntries(narrowed) };
}

/** Lists what a key is bound to beyond what its owner can reach, as `kind:id`. A key that is not bound to a kind names nothing beyond. */
export function listUnreachable(
  binding: ResourceBinding | null,
  reachable: ReachableResources | null,
): readonly string[] {
  return Object.entries(reachable ?? {}).flatMap(([kind, ids]) => {
    const known = new Set(ids);
    return (getBoundIds(binding, kind) ?? []).filter((id) => !known.has(id)).map((id) => `${kind}:${id}`);
  });
}
