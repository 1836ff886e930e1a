import { adviceFor } from '../domain/known-names.js';
import { InvalidOptionError } from '../errors.js';

/** @throws InvalidOptionError when the value is no object, or holds names that are not known */
export function knownObject(what: string, value: unknown, known: readonly string[]): object {
  if (typeof value !== 'object' || value === null) {
    throw new InvalidOptionError(`${what}: takes an object with ${known.join(', ')}`);
  }
  for (const name of Object.keys(value)) {
    if (!known.includes(name)) {
      throw new InvalidOptionError(
        `${what}: unknown name ${JSON.stringify(name)}; ${adviceFor(name, known)}`,
      );
    }
  }
  return value;
}
