import {
  areNamedWithin,
  createHandlerCheck,
  readNamedResources,
  type AllowsBinding,
} from '../domain/named-resources.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import { InvalidOptionError } from '../errors.js';

/**
 * Reads the resources that one call of the app is about.
 *
 * @param what - where they were given, for the message
 * @returns `undefined` when none were given: keys that are bound to single resources are refused then
 * @throws InvalidOptionError for anything but `handler` and an object, and for kinds that are not configured
 */
export function readGivenResources(
  what: string,
  given: unknown,
  catalogue: ResourceCatalogue,
): AllowsBinding | undefined {
  if (given === undefined) return undefined;
  if (catalogue.kinds.length === 0) {
    throw new InvalidOptionError(
      `${what}: resources needs the option resources of createApiKeys, for example { project: 'A project of the app' }`,
    );
  }
  if (given === 'handler') return createHandlerCheck(catalogue);
  try {
    if (given === null) throw new TypeError("takes 'handler', or an object with ids by kind");
    const named = readNamedResources(given, catalogue);
    return (binding) => binding === null || areNamedWithin(named, binding);
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'cannot be read';
    throw new InvalidOptionError(`${what}: resources: ${reason}`);
  }
}
