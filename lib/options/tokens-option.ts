import {
  defaultTokenLifetimeSeconds,
  maxTokenLifetimeSeconds,
  minTokenLifetimeSeconds,
} from '../domain/access-token.js';
import { InvalidOptionError } from '../errors.js';
import { adviceFor } from '../domain/known-names.js';
import type { SigningAlgorithm } from '../ports/token-store.js';
import type { TokenPolicy } from '../tokens/token-ports.js';

/** The option `tokens`: access tokens in exchange for keys (OAuth 2.0 `client_credentials`). */
export interface TokensOption {
  /**
   * The public URL of the service, without a slash at its end, for example `https://api.acme.example`. Tokens name it as
   * the one who gave them. With `NODE_ENV=production` it begins with `https://` (RFC 8414 section 2), unless its host is
   * `localhost`, `127.0.0.1` or `[::1]`.
   */
  readonly issuer: string;
  /**
   * Whom tokens are for.
   *
   * @default the issuer
   */
  readonly audience?: string | undefined;
  /**
   * The path below the issuer at which `tokenRouter()` is mounted; the metadata says so.
   *
   * @default '/oauth'
   */
  readonly endpoints?: string | undefined;
  /**
   * `EdDSA` (Ed25519): everybody can check tokens with the published keys. `HS256`: only this service can.
   *
   * @default 'EdDSA'
   */
  readonly algorithm?: SigningAlgorithm | undefined;
  /**
   * How long a token lives unless its key says otherwise, 60 to 86,400 seconds; never longer than the key.
   *
   * @default 3600
   */
  readonly lifetimeSeconds?: number | undefined;
  /**
   * How long a chain of refresh tokens lives in all, 60 seconds to 365 days.
   *
   * @default 2_592_000 - 30 days
   */
  readonly refreshLifetimeSeconds?: number | undefined;
}

/** The option with its defaults. */
export interface ResolvedTokensOption extends TokenPolicy {
  readonly endpoints: string;
  readonly algorithm: SigningAlgorithm;
}

const known: Record<keyof TokensOption, true> = {
  issuer: true,
  audience: true,
  endpoints: true,
  algorithm: true,
  lifetimeSeconds: true,
  refreshLifetimeSeconds: true,
};
const daySeconds = 86_400;

/**
 * Reads the option `tokens`; `null` when there is none.
 *
 * @throws InvalidOptionError
 */
export function resolveTokensOption(input: unknown): ResolvedTokensOption | null {
  if (input === undefined) return null;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new InvalidOptionError(
      "tokens: takes an object, for example { issuer: 'https://api.acme.example' }",
    );
  }
  for (const name of Object.keys(input)) {
    if (Object.hasOwn(known, name)) continue;
    throw new InvalidOptionError(
      `tokens: unknown option ${JSON.stringify(name)}; ${adviceFor(name, Object.keys(known))}`,
    );
  }
  const options = input as Readonly<Record<keyof TokensOption, unknown>>;
  const issuer = readIssuer(options.issuer);
  return {
    issuer,
    audience: readAudience(options.audience ?? issuer),
    endpoints: readEndpoints(options.endpoints ?? '/oauth'),
    algorithm: readAlgorithm(options.algorithm ?? 'EdDSA'),
    lifetimeSeconds: readSeconds('lifetimeSeconds', options.lifetimeSeconds ?? defaultTokenLifetimeSeconds, [
      minTokenLifetimeSeconds,
      maxTokenLifetimeSeconds,
    ]),
    refreshLifetimeSeconds: readSeconds(
      'refreshLifetimeSeconds',
      options.refreshLifetimeSeconds ?? 30 * daySeconds,
      [60, 365 * daySeconds],
    ),
  };
}

/** Compared as text, so it is written in one way: without what URLs can do without (RFC 8414 section 2). */
function readIssuer(value: unknown): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  const isPlain = url !== null && `${url.origin}${url.pathname === '/' ? '' : url.pathname}` === value;
  if (!isWeb || !isPlain || value.endsWith('/')) {
    throw new InvalidOptionError(
      'tokens.issuer: takes the public URL of the service, without query, fragment or a slash at its end, ' +
        "for example 'https://api.acme.example'",
    );
  }
  if (url.protocol === 'http:' && process.env['NODE_ENV'] === 'production' && !isLoopback(url)) {
    throw new InvalidOptionError(
      'tokens.issuer: must begin with https:// in production, because secrets and tokens are sent there, ' +
        "for example 'https://api.acme.example'; http:// is for localhost, 127.0.0.1 and [::1]",
    );
  }
  return value;
}

/** What is sent there does not leave the machine. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}

function readAudience(value: unknown): string {
  if (typeof value === 'string' && /^[\x21-\x7e]{1,500}$/.test(value)) return value;
  throw new InvalidOptionError('tokens.audience: takes a name or URL without spaces');
}

function readEndpoints(value: unknown): string {
  if (typeof value === 'string' && /^(?:\/[\w.~-]+)*$/.test(value)) return value;
  throw new InvalidOptionError("tokens.endpoints: takes a path such as '/oauth', or '' for none");
}

function readAlgorithm(value: unknown): SigningAlgorithm {
  if (value === 'EdDSA' || value === 'HS256') return value;
  throw new InvalidOptionError("tokens.algorithm: takes 'EdDSA' or 'HS256'");
}

function readSeconds(name: string, value: unknown, [least, most]: readonly [number, number]): number {
  if (Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new InvalidOptionError(`tokens.${name}: takes a whole number of seconds from ${least} to ${most}`);
}
