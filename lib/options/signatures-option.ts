import { allowAbsent, withDefault, takeText, takeWholeNumber } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import { InvalidOptionError } from '../errors.js';
import type { SignatureProfile } from '../signatures/rfc9421/signature-profile.js';

/** The option `signatures`: requests that are signed instead of carrying a key. */
export interface SignaturesOption {
  /**
   * The public origin of this service, such as `https://api.acme.example`, or a list of them: signatures are verified against
   * these, whatever a proxy writes into `Host`. Behind a proxy that strips the beginning of the path, with that path:
   * `https://acme.example/api`. Names in a list differ in their hosts: a request has nothing else to tell which was called.
   * Default: `Host` and the protocol, as Express sees them.
   */
  readonly origin?: string | readonly string[] | undefined;
  /**
   * The `tag` of signatures (RFC 9421) that are for this service; others are ignored.
   *
   * @default the prefix
   */
  readonly tag?: string | undefined;
  /**
   * The maximum age of a signature, 5 to 600 seconds.
   *
   * @default 60
   */
  readonly maxAgeSeconds?: number | undefined;
  /**
   * How far ahead the clocks of signers may be, 0 to 300 seconds. After a restart of Redis, signatures are answered with 503
   * for as long, because the ones that were used before may be forgotten.
   *
   * @default 30
   */
  readonly skewSeconds?: number | undefined;
  /**
   * The maximum body of a signed request that a guard reads itself, in bytes.
   *
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number | undefined;
}

/** The option with its defaults. */
export interface ResolvedSignaturesOption {
  /** Empty: the origin of the request. */
  readonly origins: readonly URL[];
  readonly profile: SignatureProfile;
  readonly maxBodyBytes: number;
}

const readers = {
  origin: withDefault(readOrigins, []),
  tag: allowAbsent(takeText("a word, for example 'acme'", /^[\x20-\x7e]{1,100}$/)),
  maxAgeSeconds: withDefault(takeWholeNumber(5, 600), 60),
  skewSeconds: withDefault(takeWholeNumber(0, 300), 30),
  maxBodyBytes: withDefault(takeWholeNumber(1, 104_857_600), 1_048_576),
} satisfies ReadersOf<SignaturesOption>;

/**
 * Reads the option `signatures`; `null` when there is none.
 *
 * @throws InvalidOptionError
 */
export function resolveSignaturesOption(input: unknown, prefix: string): ResolvedSignaturesOption | null {
  if (input === undefined) return null;
  const example = "{ origin: 'https://api.acme.example' }";
  const { origin, tag, maxAgeSeconds, skewSeconds, maxBodyBytes } = readOptions(
    'signatures',
    input,
    readers,
    { example },
  );
  return {
    origins: origin,
    profile: { tag: tag ?? prefix, maxAgeMs: 1000 * maxAgeSeconds, skewMs: 1000 * skewSeconds },
    maxBodyBytes,
  };
}

function readOrigins(value: unknown, path: string): readonly URL[] {
  const origins: readonly unknown[] = Array.isArray(value) ? value : [value];
  const urls = origins.map((origin) => readOrigin(origin, path));
  if (urls.length === 0)
    throw new InvalidOptionError(`${path}: names nothing; leave it out to go by the request`);
  const repeated = urls.find(({ host }) => urls.filter((other) => other.host === host).length > 1);
  if (repeated !== undefined) {
    throw new InvalidOptionError(
      `${path}: names ${repeated.host} twice, and a request does not tell which of them its client called`,
    );
  }
  return urls;
}

function readOrigin(origin: unknown, path: string): URL {
  const url = typeof origin === 'string' && URL.canParse(origin) ? new URL(origin) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && isWrittenPlainly(url, origin)) return url;
  throw new InvalidOptionError(
    `${path}: takes an origin without a slash at its end, or a list of them, for example 'https://api.acme.example', ` +
      "or 'https://acme.example/api' behind a proxy that strips /api",
  );
}

/** Whether nothing but scheme, host and path was written, and as URLs are normalized: signers see the same characters. */
function isWrittenPlainly({ origin, pathname }: URL, written: unknown): boolean {
  if (pathname === '/') return written === origin;
  return written === origin + pathname && !pathname.endsWith('/') && !pathname.includes('//');
}
