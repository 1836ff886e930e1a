import { InvalidFieldError, parseLine } from './key-fields.js';
import { suggestNames } from './known-names.js';
import type { ResourceCatalogue } from './resource-catalogue.js';

/**
 * The single resources that a key is bound to: ids by kind. A kind that is not named is not restricted. Neither the object
 * nor a list in it is empty.
 */
export type ResourceBinding = Readonly<Record<string, readonly string[]>>;

/** Maximum number of ids of one kind. */
export const maxResourceIds = 100;
/** Maximum length of an id, in code points. */
export const maxResourceIdLength = 64;

/**
 * Parses what a key is bound to; `null` for a key that is bound to nothing. What is empty is rejected because it is
 * ambiguous: it could mean none as well as all.
 *
 * @throws InvalidFieldError
 */
export function parseResourceBinding(value: unknown, catalogue: ResourceCatalogue): ResourceBinding | null {
  if (value === null) return null;
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new InvalidFieldError(
      'must be an object with a list of ids for each kind, or null for all resources',
    );
  }
  const entries: readonly [string, unknown][] = Object.entries(value);
  if (entries.length === 0) {
    throw new InvalidFieldError('must name at least one kind; use null for all resources');
  }
  for (const [kind] of entries) assertKnownKind(kind, catalogue);
  const kinds = catalogue.kinds.filter((kind) => Object.hasOwn(value, kind));
  return Object.fromEntries(kinds.map((kind) => [kind, parseIds(kind, Reflect.get(value, kind))]));
}

/** @throws InvalidFieldError for a kind that is not configured; the name is not repeated, because callers choose it */
function assertKnownKind(kind: string, { kinds, has }: ResourceCatalogue): void {
  if (has(kind)) return;
  throw new InvalidFieldError(
    kinds.length === 0
      ? 'must be null: no kinds of resources are configured here'
      : `must name only known kinds: ${kinds.join(', ')}`,
  );
}

function parseIds(kind: string, value: unknown): readonly string[] {
  const refuse = (message: string): never => {
    throw new InvalidFieldError(`${kind} ${message}`);
  };
  if (!Array.isArray(value)) return refuse('must be a list of ids; leave it out for all');
  if (value.length === 0) return refuse('must name at least one id; leave it out for all');
  if (value.length > maxResourceIds) return refuse(`must contain at most ${maxResourceIds} ids`);
  const ids = Array.from(value, (id: unknown, index) => {
    try {
      return parseResourceId(id);
    } catch (error) {
      return refuse(
        `entry ${index + 1} ${error instanceof InvalidFieldError ? error.message : 'is invalid'}`,
      );
    }
  });
  if (new Set(ids).size < ids.length) return refuse('must not name an id twice');
  return ids;
}

/**
 * Parses the id of one resource: 1 to 64 characters in one line, as the ids of owners.
 *
 * @throws InvalidFieldError
 */
export function parseResourceId(value: unknown): string {
  return parseLine(value, maxResourceIdLength);
}

/**
 * Whether a binding reaches no further than another one: it is bound to every kind that the other one is bound to, with
 * none but its ids. `null` is bound to nothing, and reaches everything.
 *
 * @example
 * isResourceBindingWithin({ project: ['p1'] }, { project: ['p1', 'p2'] }); // true
 * isResourceBindingWithin(null, { project: ['p1'] }); // false
 */
export function isResourceBindingWithin(
  binding: ResourceBinding | null,
  bounds: ResourceBinding | null,
): boolean {
  return Object.entries(bounds ?? {}).every(([kind, bound]) => {
    const ids = getBoundIds(binding, kind);
    return ids !== null && ids.every((id) => bound.includes(id));
  });
}

/**
 * What is within both bindings. Where they have no id of a kind in common, the list of that kind is empty: then nothing of
 * that kind is left. Such a binding is never stored.
 */
export function intersectResourceBindings(
  one: ResourceBinding | null,
  other: ResourceBinding | null,
): ResourceBinding | null {
  if (one === null || other === null) return one ?? other;
  const kinds = [...new Set([...Object.keys(one), ...Object.keys(other)])];
  return Object.fromEntries(
    kinds.map((kind) => {
      const [ofOne, ofOther] = [getBoundIds(one, kind), getBoundIds(other, kind)];
      if (ofOne === null || ofOther === null) return [kind, ofOne ?? ofOther ?? []];
      return [kind, ofOne.filter((id) => ofOther.includes(id))];
    }),
  );
}

/** The ids of a kind that a key is bound to; `null` when it is not bound to that kind. */
export function getBoundIds(binding: ResourceBinding | null, kind: string): readonly string[] | null {
  return binding !== null && Object.hasOwn(binding, kind) ? (binding[kind] ?? null) : null;
}

/** What to write instead of a kind that is not configured, for those who configure or write the app. */
export function suggestKinds(kind: unknown, { kinds }: ResourceCatalogue): string {
  return kinds.length === 0
    ? 'name it in the option resources of createApiKeys'
    : suggestNames(typeof kind === 'string' ? kind : '', kinds);
}
