import { adviceFor } from '../domain/known-names.js';
import { InvalidOptionError } from '../errors.js';
import type { SignatureProfile } from '../signatures/rfc9421/signature-profile.js';

/** The option `signatures`: requests that are signed instead of carrying a key. */
export interface SignaturesOption {
  /**
   * What clients call this service, such as `https://api.acme.example`, or several such names: signatures are about these,
   * whatever a proxy writes into `Host`. Default: `Host` and the protocol, as Express sees it.
   */
  readonly origin?: string | readonly string[] | undefined;
  /**
   * The `tag` of signatures (RFC 9421) that are for this service; others are passed over.
   *
   * @default the prefix
   */
  readonly tag?: string | undefined;
  /**
   * How old a signature may be, 5 to 600 seconds.
   *
   * @default 60
   */
  readonly maxAgeSeconds?: number | undefined;
  /**
   * How far ahead the clocks of signers may be, 0 to 300 seconds. For as long, signatures are refused with 503 after
   * Redis was started anew.
   *
   * @default 30
   */
  readonly skewSeconds?: number | undefined;
  /**
   * Largest body of a signed request that a guard reads itself, in bytes.
   *
   * @default 1_048_576
   */
  readonly maxBodyBytes?: number | undefined;
}

/** The option with its defaults. */
export interface ResolvedSignaturesOption {
  /** Empty: by the request. */
  readonly origins: readonly URL[];
  readonly profile: SignatureProfile;
  readonly maxBodyBytes: number;
}

const known: Record<keyof SignaturesOption, true> = {
  origin: true,
  tag: true,
  maxAgeSeconds: true,
  skewSeconds: true,
  maxBodyBytes: true,
};

/**
 * Reads the option `signatures`; `null` when there is none.
 *
 * @throws InvalidOptionError
 */
export function resolveSignaturesOption(input: unknown, prefix: string): ResolvedSignaturesOption | null {
  if (input === undefined) return null;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidOptionError(
      "signatures: takes an object, for example { origin: 'https://api.acme.example' }",
    );
  }
  for (const name of Object.keys(input)) {
    if (Object.hasOwn(known, name)) continue;
    throw new InvalidOptionError(
      `signatures: unknown option ${JSON.stringify(name)}; ${adviceFor(name, Object.keys(known))}`,
    );
  }
  const { origin, tag, maxAgeSeconds, skewSeconds, maxBodyBytes } = input as Readonly<
    Record<keyof SignaturesOption, unknown>
  >;
  return {
    origins: readOrigins(origin ?? []),
    profile: {
      tag: readTag(tag ?? prefix),
      maxAgeMs: 1000 * readNumber('maxAgeSeconds', maxAgeSeconds ?? 60, 5, 600),
      skewMs: 1000 * readNumber('skewSeconds', skewSeconds ?? 30, 0, 300),
    },
    maxBodyBytes: readNumber('maxBodyBytes', maxBodyBytes ?? 1_048_576, 1, 104_857_600),
  };
}

function readOrigins(value: unknown): readonly URL[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.map((text) => {
    const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : null;
    if (url !== null && /^https?:$/.test(url.protocol) && url.origin === text) return url;
    throw new InvalidOptionError(
      'signatures.origin: takes an origin without a slash at its end, or a list of them, ' +
        "for example 'https://api.acme.example'",
    );
  });
}

function readTag(value: unknown): string {
  if (typeof value === 'string' && /^[\x20-\x7e]{1,100}$/.test(value)) return value;
  throw new InvalidOptionError("signatures.tag: takes a word, for example 'acme'");
}

function readNumber(name: string, value: unknown, least: number, most: number): number {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new InvalidOptionError(`signatures.${name}: takes a whole number from ${least} to ${most}`);
}
