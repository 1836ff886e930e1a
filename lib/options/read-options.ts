import { suggestNames } from '../domain/known-names.js';
import { InvalidOptionError } from '../errors.js';

/**
 * Reads the value of one option. An option that was left out is `undefined`.
 *
 * @param path - the full name of the option, for messages: `tokens.issuer`
 * @throws InvalidOptionError that says what to write instead
 */
export type OptionReader<T> = (value: unknown, path: string) => T;

/** A reader for each option of a type: `satisfies ReadersOf<TokensOption>` finds the one that is missing. */
export type ReadersOf<O> = { readonly [K in keyof O]-?: OptionReader<unknown> };

/** What a table of readers makes of an object of options. */
export type ReadBy<R> = { readonly [K in keyof R]: R[K] extends OptionReader<infer T> ? T : never };

/** How messages speak of an object of options. */
export interface OptionNaming {
  /** What an object looks like, for those who gave none: `{ issuer: 'https://api.acme.example' }`. */
  readonly example?: string | undefined;
  /**
   * What stands before the name of an option.
   *
   * @default what was called or set, and a dot
   */
  readonly pathPrefix?: string;
  /** Old names with the full new ones, for messages: `{ realm: 'refusals.realm' }`. */
  readonly renamed?: Readonly<Record<string, string>>;
}

/**
 * Reads an object of options by a table that has a reader for each of them, in the order of the table. Names that
 * the table does not have are refused: what was meant to protect something must not be passed over.
 *
 * @param what - the function or option that takes the object, for messages
 * @throws InvalidOptionError for a value that is no object, names that the table does not have, and what a reader refuses
 *
 * @example
 * const { verify, timeoutMs } = readOptions('hooks', input, {
 *   verify: takeFunction('a function that checks a code'),
 *   timeoutMs: withDefault(takeWholeNumber(1, 10_000), 1_000),
 * });
 */
export function readOptions<R extends Readonly<Record<string, OptionReader<unknown>>>>(
  what: string,
  input: unknown,
  readers: R,
  { example, pathPrefix = `${what}.`, renamed = {} }: OptionNaming = {},
): ReadBy<R> {
  refuseUnknownOptions(what, input, Object.keys(readers), { example, renamed });
  const entries = Object.entries(readers).map(([name, read]) => [
    name,
    read(Reflect.get(input, name), `${pathPrefix}${name}`),
  ]);
  return Object.fromEntries(entries) as ReadBy<R>;
}

/**
 * Refuses what is no object of known options, for callers that read the values themselves.
 *
 * @throws InvalidOptionError
 */
export function refuseUnknownOptions(
  what: string,
  input: unknown,
  names: readonly string[],
  { example, renamed = {} }: Pick<OptionNaming, 'example' | 'renamed'> = {},
): asserts input is object {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    const hint = example === undefined ? '' : `, for example ${example}`;
    throw new InvalidOptionError(`${what}: takes an object with ${names.join(', ')}${hint}`);
  }
  for (const name of Object.keys(input)) {
    if (names.includes(name)) continue;
    if (Object.hasOwn(renamed, name))
      throw new InvalidOptionError(`${what}: ${name} is now ${renamed[name]}`);
    throw new InvalidOptionError(
      `${what}: unknown option ${JSON.stringify(name)}; ${suggestNames(name, names)}`,
    );
  }
}

/** Options that require something of requests, or say from when on it is required. */
const requiringOptions = ['feature', 'signed', 'enforceFrom', 'enforcePercent'];

/**
 * Refuses an option that is written without a value where one would require something: a variable that got lost must not open
 * anything.
 *
 * @param what - the function or option that takes the object, for messages
 * @throws InvalidOptionError
 *
 * @example
 * refuseUnset('requireApiKey', { feature: process.env.FEATURE });
 */
export function refuseUnset(what: string, options: unknown): void {
  if (typeof options !== 'object' || options === null) return;
  for (const name of requiringOptions) {
    if (!Object.hasOwn(options, name) || Reflect.get(options, name) !== undefined) continue;
    throw new InvalidOptionError(
      `${what}.${name}: is undefined, which may be a variable that is not set; leave ${name} out to require nothing by it`,
    );
  }
}
