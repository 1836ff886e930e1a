import type { SettableKeyFields } from './key-field-table.js';
import type { LifetimeBounds } from './lifetime-bounds.js';

/** How many keys there can be above a key. */
export const maxAncestors = 5;

/**
 * The part of a key that bounds every key below it. It is stored, and cached, together with each of these; `ApiKeyRecord`
 * describes the fields.
 */
export interface KeyAncestor extends Pick<
  SettableKeyFields,
  'enabled' | 'expiresAt' | 'scopes' | 'features' | 'ipAllowlist' | 'resources' | 'rateLimits'
> {
  readonly id: string;
  readonly parentId: string | null;
  readonly version: number;
  readonly revokedAt: number | null;
  readonly createdAt: number;
  readonly activatedAt: number;
  readonly lastUsedAt: number | null;
  readonly maxIdleDays: number | null;
  readonly enforced?: LifetimeBounds;
  readonly hasCredits: boolean;
}

/** The place of a key among others. */
export interface KeyLineage {
  readonly parentId: string | null;
  /** All keys above it, its parent first. */
  readonly ancestors: readonly KeyAncestor[];
}

/** The one list of all keys without a parent. */
export const noAncestors: readonly KeyAncestor[] = Object.freeze([]);

/** Picks the part that bounds the keys below. */
export function toKeyAncestor(record: KeyAncestor): KeyAncestor {
  const { enforced } = record;
  return {
    id: record.id,
    parentId: record.parentId,
    version: record.version,
    enabled: record.enabled,
    revokedAt: record.revokedAt,
    expiresAt: record.expiresAt,
    createdAt: record.createdAt,
    activatedAt: record.activatedAt,
    lastUsedAt: record.lastUsedAt,
    maxIdleDays: record.maxIdleDays,
    ...(enforced === undefined ? {} : { enforced }),
    scopes: record.scopes,
    features: record.features,
    ipAllowlist: record.ipAllowlist,
    resources: record.resources,
    rateLimits: record.rateLimits,
    hasCredits: record.hasCredits,
  };
}

/** The place of a key that is made by another one, and is its child. */
export function createLineageBelow(parent: KeyAncestor & KeyLineage): KeyLineage {
  return { parentId: parent.id, ancestors: [toKeyAncestor(parent), ...parent.ancestors] };
}

/**
 * Orders the keys above a key, its parent first. It ends where one is missing, which {@link isLineageComplete} detects.
 *
 * @param find - a key by its id
 */
export function listAncestors(
  parentId: string | null,
  find: (id: string) => KeyAncestor | undefined,
): readonly KeyAncestor[] {
  if (parentId === null) return noAncestors;
  const ancestors: KeyAncestor[] = [];
  for (let id: string | null = parentId; id !== null && ancestors.length < maxAncestors;) {
    const next = find(id);
    if (next === undefined) break;
    ancestors.push(next);
    id = next.parentId;
  }
  return ancestors;
}

/** Whether all keys above a key are known: without one of them, nobody can say what it may still do. */
export function isLineageComplete({ parentId, ancestors }: KeyLineage): boolean {
  let above = parentId;
  for (const { id, parentId: next } of ancestors) {
    if (id !== above) return false;
    above = next;
  }
  return above === null;
}
