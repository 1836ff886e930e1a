import { InvalidOptionError } from '../errors.js';

/** There is no cursor before the first page. */
const mayBeUndefined = ['cursor'];

/**
 * Refuses values that are `undefined`: one that was lost on its way here must not widen a list to everybody's entries, make a
 * check go without its anchor, or make a key that is not restricted.
 *
 * @param except - names of what restricts nothing. Default: `cursor`
 * @throws InvalidOptionError
 */
export function refuseUndefined(
  what: string,
  input: Readonly<Record<string, unknown>>,
  except: readonly string[] = mayBeUndefined,
): void {
  for (const [name, value] of Object.entries(input)) {
    if (value !== undefined || except.includes(name)) continue;
    throw new InvalidOptionError(
      `${what}: ${name} is undefined, which may be a variable that is not set; leave ${name} out to do without it`,
    );
  }
}
