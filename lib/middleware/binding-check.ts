import type { Request } from 'express';
import {
  areNamedWithin,
  readNamedResources,
  type AllowsBinding,
  type NamedResources,
} from '../domain/named-resources.js';
import type { ResourceCatalogue } from '../domain/resource-catalogue.js';
import { ApiKeysError, InvalidOptionError } from '../errors.js';

/** What a guard's option `on` takes, whatever the kinds. */
export type OnOption = 'handler' | ((req: Request) => unknown);

/** Builds, for one request, the check of what its key is bound to. */
export type CreateBindingCheck = (req: Request) => AllowsBinding;

/**
 * Reads the option `on`. Without it, only keys that are bound to nothing are allowed.
 *
 * @param what - the function that takes it, for messages
 * @param createFilterCheck - builds the check where something else filters, which `'handler'` stands for
 * @returns `undefined` for a guard that does not look at resources
 * @throws InvalidOptionError when there are no kinds of resources
 */
export function createBindingCheck(
  what: string,
  on: OnOption | undefined,
  catalogue: ResourceCatalogue,
  createFilterCheck: (catalogue: ResourceCatalogue) => AllowsBinding,
): CreateBindingCheck | undefined {
  if (on === undefined) return undefined;
  if (catalogue.kinds.length === 0) {
    throw new InvalidOptionError(
      `${what}.on: needs the option resources of createApiKeys, for example { project: 'A project of the app' }`,
    );
  }
  if (on === 'handler') {
    const check = createFilterCheck(catalogue);
    return () => check;
  }
  return (req) => {
    let named: NamedResources | undefined;
    return (binding) => {
      named ??= callOn(what, on, req, catalogue);
      return binding === null || areNamedWithin(named, binding);
    };
  };
}

/** @throws ApiKeysError `internal_error` with what the function of the app did wrong as its cause */
function callOn(
  what: string,
  on: (req: Request) => unknown,
  req: Request,
  catalogue: ResourceCatalogue,
): NamedResources {
  let result: unknown;
  try {
    result = on(req);
  } catch (cause) {
    throw new ApiKeysError('internal_error', { cause });
  }
  try {
    return readNamedResources(result, catalogue);
  } catch (error) {
    const reason = error instanceof TypeError ? error.message : 'it cannot be read';
    const cause = new TypeError(`${what}.on: what it returned makes no sense: ${reason}`, { cause: error });
    throw new ApiKeysError('internal_error', { cause });
  }
}
