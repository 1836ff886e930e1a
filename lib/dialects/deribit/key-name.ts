import { InvalidFieldError } from '../../domain/key-fields.js';
import { readString, type ReadParam } from './read-param.js';

/** The stored name of a key without one. No request can contain this name. */
export const noName = '(no name)';

/**
 * Creates a reader of names: "only letters, numbers and underscores allowed; maximum length - 16 characters". An empty name
 * means no name.
 *
 * @param isStrict - whether a space is refused; otherwise it becomes an underscore
 */
export function createKeyNameReader(isStrict: boolean): ReadParam<string> {
  return (value) => {
    const name = isStrict ? readString(value) : readString(value).replaceAll(' ', '_');
    if (/^[A-Za-z0-9_]{0,16}$/.test(name)) return name === '' ? noName : name;
    throw new InvalidFieldError('must hold only letters, numbers and underscores, at most 16');
  };
}

/** The name in responses. */
export function presentName(stored: string): string {
  return stored === noName ? '' : stored;
}
