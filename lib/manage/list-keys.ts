import type { Moment } from '../domain/moment.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { parseEnabled, parseMoment } from '../domain/key-fields.js';
import type { KeyState } from '../domain/key-state.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import { readSoughtResource, type SoughtResource } from '../domain/sought-resource.js';
import type { ChangeContext } from './change.js';
import { parseCondition, parseKeyNumber, parseState, parseUnusedDays } from './list-filter.js';
import { maxRowsPerPage, type ListPosition, type Page } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';
import type { ParsedFields } from './parsed-fields.js';
import type { FieldReaders } from './read-fields.js';
import { readList, type PageFilter } from './read-list.js';

/** Which keys to list; conditions that are left out do not restrict. */
export interface KeyFilter<T extends Moment = Date, R extends string = string> extends PageFilter {
  /** For admins; an owner sees only its own keys whatever stands here. */
  readonly ownerId?: string | undefined;
  readonly keyspace?: string | undefined;
  /** The keys with this number, where the keyspace numbers the keys of each owner. */
  readonly number?: number | undefined;
  readonly state?: KeyState | undefined;
  /** Keys that were granted exactly this scope. */
  readonly scope?: string | undefined;
  /** Part of the name. */
  readonly q?: string | undefined;
  /** Keys with exactly this tag. */
  readonly tag?: string | undefined;
  /** Keys that the member of an owner with this id has created. */
  readonly createdByMember?: string | undefined;
  /** The children of the key with this id. */
  readonly parentId?: string | undefined;
  /** Keys that are refused because of a key above them, or keys that are not; whatever their own state is. */
  readonly inactiveAncestor?: boolean | undefined;
  /** Keys that are bound to this one resource: `{ project: 'p1' }`. Keys that are bound to none are not listed. */
  readonly resource?: ([R] extends [never] ? never : { readonly [K in R]?: string }) | undefined;
  /** Keys that end before this time, those that have expired already included. */
  readonly expiresBefore?: T | undefined;
  /** Keys that were not used in the last so many days, 1 to 3650: last used before, or made before and never used. */
  readonly unusedForDays?: number | undefined;
}

/** The conditions after reading: times are epoch milliseconds. */
type KeyConditions = Omit<KeyFilter, keyof PageFilter | 'resource' | 'expiresBefore'> & {
  readonly resource?: SoughtResource | undefined;
  readonly expiresBefore?: number | undefined;
};

const keyConditions: FieldReaders<Omit<KeyConditions, 'resource'>> = {
  ownerId: parseCondition,
  keyspace: parseCondition,
  number: parseKeyNumber,
  state: parseState,
  scope: parseCondition,
  q: parseCondition,
  tag: parseCondition,
  createdByMember: parseCondition,
  parentId: parseCondition,
  inactiveAncestor: parseEnabled,
  expiresBefore: parseMoment,
  unusedForDays: parseUnusedDays,
};

function createConditionReaders(resources: ResourceCatalogue): FieldReaders<KeyConditions> {
  return { ...keyConditions, resource: (value) => readSoughtResource(value, resources) };
}

const dayMs = 24 * 60 * 60 * 1000;

/** Lists keys, newest first. */
export function listKeys(
  ports: ManagePorts,
  context: ChangeContext,
  filter: KeyFilter<Moment> | ParsedFields,
): Promise<Page<ApiKeyRecord>> {
  const { store, onlyKeyspace, keyspace } = ports;
  return readList(ports, context, filter, {
    name: 'keys',
    readers: createConditionReaders(keyspace.resources),
    conditionsOf: (seen) => (onlyKeyspace === null ? seen : { ...seen, keyspace: onlyKeyspace }),
    findEnd: async (conditions, after) => {
      if (!isFiltered(conditions)) return null;
      const { ownerId, createdByMember } = conditions;
      const query = { ownerId, createdByMember, after: toKeyPosition(after) };
      const end = await store.findScanEnd(query, maxRowsPerPage);
      return end === null ? null : [end.createdAt, end.id];
    },
    read: ({ unusedForDays, ...conditions }, { after, end, limit }, now) => {
      const unusedSince = unusedForDays === undefined ? undefined : now - unusedForDays * dayMs;
      const part = { after: toKeyPosition(after), until: toKeyPosition(end), limit };
      return store.list({ ...conditions, unusedSince, now, ...part });
    },
    positionOf: ({ createdAt, id }) => [createdAt, id],
  });
}

/**
 * Whether rows may be read that are not on the page: indexes find the keys of an owner, those of a member of an owner, and the
 * one with a number of an owner in a keyspace.
 */
function isFiltered({ ownerId, createdByMember, ...others }: Readonly<Record<string, unknown>>): boolean {
  if (ownerId !== undefined && others['keyspace'] !== undefined && others['number'] !== undefined)
    return false;
  const conditions = ownerId === undefined ? { createdByMember, ...others } : others;
  return Object.values(conditions).some((condition) => condition !== undefined);
}

function toKeyPosition(position: ListPosition | null): { createdAt: number; id: string } | undefined {
  if (position === null) return undefined;
  return { createdAt: Number(position[0]), id: String(position[1]) };
}
