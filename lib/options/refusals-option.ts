import { allowAbsent, withDefault, takeFlag, takeText } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import { defaultTypeBase, InvalidOptionError } from '../errors.js';

/** The option `refusals`: how refused requests are answered. */
export interface RefusalsOption {
  /**
   * The realm in `WWW-Authenticate`.
   *
   * @default the prefix
   */
  readonly realm?: string | undefined;
  /**
   * Returns `invalid_token` for revoked, disabled, expired and rotated keys instead of the specific reason, also to
   * callers that hold the secret. The access log still records the reason.
   *
   * @default false
   */
  readonly opaque?: boolean | undefined;
  /**
   * What the `type` of a problem (RFC 9457) begins with; `#` and the code follow: `https://docs.acme.example/errors` gives
   * `https://docs.acme.example/errors#key_expired`. An absolute `https:` or `http:` URL without a fragment, or
   * `about:blank` for problems without a type of their own. Default: the page of error codes in the documentation of this
   * package.
   */
  readonly typeBase?: string | undefined;
}

/** The option with its defaults. */
export interface ResolvedRefusalsOption {
  readonly realm: string;
  readonly opaque: boolean;
  /** `about:blank`, or an absolute URL without a fragment. */
  readonly typeBase: string;
}

const readers = {
  realm: allowAbsent(takeText('a string that is not empty', /[^]/)),
  opaque: withDefault(takeFlag, false),
  typeBase: withDefault(readTypeBase, defaultTypeBase),
} satisfies ReadersOf<RefusalsOption>;

/** The option as it is read: the default of `realm` is the prefix, which another option gives. */
export type RefusalsRead = Omit<ResolvedRefusalsOption, 'realm'> & Pick<RefusalsOption, 'realm'>;

/** @throws InvalidOptionError */
export function readRefusals(value: unknown, path: string): RefusalsRead {
  return readOptions(path, value === undefined ? {} : value, readers, { example: '{ opaque: true }' });
}

/** The value is sent as it is, in JSON: it must be a URL as it stands, without characters that a parser would repair. */
function readTypeBase(value: unknown, path: string): string {
  if (value === 'about:blank') return value;
  if (typeof value === 'string' && /^https?:\/\/[\x21-\x7e]+$/.test(value) && isPlainUrl(value)) return value;
  throw new InvalidOptionError(
    `${path}: takes an absolute URL without a fragment, for example 'https://docs.acme.example/errors', or 'about:blank'`,
  );
}

/** Without a fragment, since one is added; without user and password, since every refused caller reads it. */
function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text) || text.includes('#')) return false;
  const { username, password } = new URL(text);
  return username === '' && password === '';
}
