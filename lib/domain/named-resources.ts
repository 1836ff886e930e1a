import { listUnknownNames } from './list-unknown-names.js';
import { getBoundIds, suggestKinds, type ResourceBinding } from './resource-binding.js';
import type { ResourceCatalogue } from './resource-catalogue.js';

/**
 * The resources that a request is about, by kind; never an empty list. A kind for which the app named nothing usable is
 * missing, so that keys that are bound to it are refused.
 */
export type NamedResources = ReadonlyMap<string, readonly string[]>;

/**
 * Whether the resources of a request, as far as the app looks at them, are among those that a key is bound to.
 *
 * @param binding - of an authenticated key; `null` for a key that is bound to nothing
 * @throws what the app has returned that makes no sense, for every key
 */
export type AllowsBinding = (binding: ResourceBinding | null) => boolean;

/** For what is about the key itself: a bound key, too, may read and revoke itself, and get tokens. */
export const allowEveryBinding: AllowsBinding = () => true;

/**
 * Reads the resources that the app says a request is about. A string is one id, a list several, all of which the request is
 * about. Only own members count. Other values, also empty ones, name nothing; they come from requests.
 *
 * @throws TypeError for what no request decides: anything but an object or nothing, and kinds that are not configured
 */
export function readNamedResources(value: unknown, catalogue: ResourceCatalogue): NamedResources {
  if (value === undefined || value === null) return nothingNamed;
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError(`takes ${expected}`);
  if (typeof (value as { then?: unknown }).then === 'function') {
    void Promise.resolve(value).catch(() => undefined);
    throw new TypeError(`takes ${expected}, and no promise of one`);
  }
  const [unknown] = listUnknownNames(value, catalogue.kinds);
  if (unknown !== undefined) {
    const shown = unknown.name === null ? '' : ` '${unknown.name}'`;
    throw new TypeError(`unknown kind of resources${shown}; ${suggestKinds(unknown.name, catalogue)}`);
  }
  const named = new Map<string, readonly string[]>();
  for (const [kind, ids] of Object.entries(value) as readonly [string, unknown][]) {
    const list: readonly unknown[] = Array.isArray(ids) ? Array.from<unknown>(ids) : [ids];
    if (list.length > 0 && list.every(isId)) named.set(kind, list);
  }
  return named;
}

const nothingNamed: NamedResources = new Map();
const expected = "an object with ids by kind, for example { project: 'p1' }";

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Whether every kind that a key is bound to was named, with none but the ids that it is bound to. */
export function areNamedWithin(named: NamedResources, binding: ResourceBinding): boolean {
  return Object.keys(binding).every((kind) => {
    const bound = getBoundIds(binding, kind);
    const ids = named.get(kind);
    return bound !== null && ids !== undefined && ids.every((id) => bound.includes(id));
  });
}

/** Builds the check of requests whose handler filters by the binding of the key itself. */
export function createHandlerCheck(catalogue: ResourceCatalogue): AllowsBinding {
  // A handler cannot filter by a kind that is no longer configured.
  return (binding) => binding === null || Object.keys(binding).every((kind) => catalogue.has(kind));
}

/**
 * Builds the check of requests whose handler is another service, which is sent the ids in one list. In such a list, nothing left of a
 * kind would look like no restriction, so a key of which that is true is refused, as it is where the app names resources.
 */
export function createServiceCheck(catalogue: ResourceCatalogue): AllowsBinding {
  const isKnown = createHandlerCheck(catalogue);
  return (binding) => isKnown(binding) && Object.values(binding ?? {}).every((ids) => ids.length > 0);
}
