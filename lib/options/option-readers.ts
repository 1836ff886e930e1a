import { InvalidFieldError } from '../domain/key-fields.js';
import { noPolicy } from '../domain/keyspace-policy.js';
import { largestLifetimeDays, type LifetimePolicy } from '../domain/lifetime-bounds.js';
import { InvalidOptionError } from '../errors.js';
import type { OptionReader } from './read-options.js';

/**
 * Takes values that a test accepts.
 *
 * @param expected - what to write instead, behind "takes": `a whole number from 1 to 100`
 */
export function take<T>(expected: string, accepts: (value: unknown) => value is T): OptionReader<T> {
  return (value, path) => {
    if (accepts(value)) return value;
    throw new InvalidOptionError(`${path}: takes ${expected}`);
  };
}

/** Reads `undefined` as `undefined`. */
export function allowAbsent<T>(read: OptionReader<T>): OptionReader<T | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

/** Reads `undefined` as a default. */
export function withDefault<T>(read: OptionReader<T>, fallback: NoInfer<T>): OptionReader<T> {
  return (value, path) => (value === undefined ? fallback : read(value, path));
}

/** Reads `''` as `undefined`: an environment variable that is empty counts as unset. */
export function ignoreEmpty<T>(read: OptionReader<T>): OptionReader<T> {
  return (value, path) => read(value === '' ? undefined : value, path);
}

/** Takes any value, for the code that uses it to check. */
export function takeAsGiven<T>(): OptionReader<T> {
  return (value) => value as T;
}

/** Takes `true` or `false`. */
export const takeFlag: OptionReader<boolean> = take(
  'true or false',
  (value): value is boolean => typeof value === 'boolean',
);

/**
 * Takes whole numbers from a minimum to a maximum, both included.
 *
 * @param of - what is counted: `of seconds`
 */
export function takeWholeNumber(min: number, max: number, of = ''): OptionReader<number> {
  const what = ['a whole number', of].filter((word) => word !== '').join(' ');
  const isInRange = (value: unknown): value is number =>
    typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max;
  return take(`${what} from ${formatNumber(min)} to ${formatNumber(max)}`, isInRange);
}

/** Takes one of several words or numbers. */
export function takeOneOf<const T extends string | number>(...values: readonly T[]): OptionReader<T> {
  const shown = values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value)));
  const expected = [shown.slice(0, -1).join(', '), shown.at(-1)].filter((part) => part !== '').join(' or ');
  return take(expected, (value): value is T => (values as readonly unknown[]).includes(value));
}

/** Takes a list of at least one of several words. */
export function takeListOf<const T extends string>(values: readonly T[]): OptionReader<readonly T[]> {
  return take(
    `a list of at least one of ${values.join(', ')}`,
    (value): value is readonly T[] =>
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((each) => (values as readonly unknown[]).includes(each)),
  );
}

/**
 * Takes strings, all or those that match a pattern.
 *
 * @param expected - what to write instead, behind "takes"
 */
export function takeText(expected: string, pattern: RegExp = /^/): OptionReader<string> {
  return take(expected, (value): value is string => typeof value === 'string' && pattern.test(value));
}

/**
 * Takes functions. Their parameters and results cannot be checked.
 *
 * @param expected - what to write instead, behind "takes"
 */
export function takeFunction<T>(expected: string): OptionReader<T> {
  return take(expected, (value): value is T => typeof value === 'function');
}

/**
 * Reads an option as the field of a key of the same kind is read.
 *
 * @param example - what to write instead
 */
export function takeField<T>(parse: (value: unknown) => T, example?: string): OptionReader<T> {
  return (value, path) => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof InvalidFieldError)) throw error;
      const hint = example === undefined ? '' : `, for example ${example}`;
      throw new InvalidOptionError(`${path}: ${error.message}${hint}`);
    }
  };
}

const takeDays = takeWholeNumber(1, largestLifetimeDays, 'of days');

/** How the lifetime of keys is read, in the policy of the app and in that of a compatibility router. */
export const lifetimeReaders: { readonly [K in keyof LifetimePolicy]: OptionReader<LifetimePolicy[K]> } = {
  maxLifetimeDays: withDefault<number | null>(takeDays, noPolicy.maxLifetimeDays),
  maxIdleDays: withDefault<number | null>(takeDays, noPolicy.maxIdleDays),
  enforceOnExisting: withDefault(takeFlag, noPolicy.enforceOnExisting),
};

/** `1,000,000`: long numbers are hard to read otherwise. */
function formatNumber(value: number): string {
  return value.toLocaleString('en-US');
}
