import { InvalidOptionError } from '../errors.js';

/**
 * Refuses conditions that are `undefined`: one that was lost on its way here must not widen a list to everybody's entries,
 * nor make a check go without its anchor. Only a cursor may be `undefined`: there is none before the first page.
 *
 * @throws InvalidOptionError
 */
export function refuseUndefined(what: string, conditions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(conditions)) {
    if (value === undefined && name !== 'cursor') {
      throw new InvalidOptionError(`${what}: ${name} is undefined; leave it out to do without it`);
    }
  }
}
