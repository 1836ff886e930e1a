import { InvalidFieldError } from './key-fields.js';
import { parseResourceId } from './resource-binding.js';
import type { ResourceCatalogue } from './resource-catalogue.js';

/** One resource, to find the keys by that are bound to it. */
export interface SoughtResource {
  readonly kind: string;
  readonly id: string;
}

/**
 * Parses a resource as it stands in a query: `project:p1`. An id may contain colons.
 *
 * @throws InvalidFieldError
 */
export function parseSoughtResource(value: string, catalogue: ResourceCatalogue): SoughtResource {
  const colon = value.indexOf(':');
  if (colon === -1) throw new InvalidFieldError(describeExpected(catalogue));
  return readSought(value.slice(0, colon), value.slice(colon + 1), catalogue);
}

/**
 * Reads a resource as code names it: `{ project: 'p1' }`.
 *
 * @throws InvalidFieldError
 */
export function readSoughtResource(value: unknown, catalogue: ResourceCatalogue): SoughtResource {
  const entries: readonly [string, unknown][] =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  const [entry] = entries;
  if (entry === undefined || entries.length > 1) {
    throw new InvalidFieldError("must name one resource, for example { project: 'p1' }");
  }
  return readSought(...entry, catalogue);
}

function readSought(kind: string, id: unknown, catalogue: ResourceCatalogue): SoughtResource {
  if (!catalogue.has(kind)) throw new InvalidFieldError(describeExpected(catalogue));
  return { kind, id: parseResourceId(id) };
}

function describeExpected({ kinds }: ResourceCatalogue): string {
  return kinds.length === 0
    ? 'finds nothing: no kinds of resources are configured here'
    : `must name one of the kinds ${kinds.join(', ')} and an id`;
}
