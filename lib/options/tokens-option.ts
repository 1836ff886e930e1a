import { allowAbsent, withDefault, takeOneOf, takeText, takeWholeNumber } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import {
  defaultTokenLifetimeSeconds,
  maxTokenLifetimeSeconds,
  minTokenLifetimeSeconds,
} from '../domain/access-token.js';
import { suggestNames } from '../domain/known-names.js';
import type { ScopeCatalogue } from '../domain/scope-catalogue.js';
import { InvalidOptionError } from '../errors.js';
import type { JsonObject } from '../domain/json.js';
import { readServerMetadata } from './server-metadata-option.js';
import type { SigningAlgorithm } from '../ports/token-store.js';
import type { TokenPolicy } from '../tokens/token-ports.js';

/** The option `tokens`: access tokens in exchange for keys (OAuth 2.0 `client_credentials`). */
export interface TokensOption {
  /**
   * The public URL of the service, without a slash at its end, for example `https://api.acme.example`. It is the
   * `iss` of tokens. With `NODE_ENV=production` it begins with `https://` (RFC 8414 section 2), unless its host is
   * `localhost`, `127.0.0.1` or `[::1]`.
   */
  readonly issuer: string;
  /**
   * The `aud` of tokens.
   *
   * @default the issuer
   */
  readonly audience?: string | undefined;
  /**
   * The path below the issuer at which `tokenRouter()` is mounted, for the metadata.
   *
   * @default '/oauth'
   */
  readonly endpoints?: string | undefined;
  /**
   * `EdDSA` (Ed25519): anyone can verify tokens with the published keys. `HS256`: only this service can.
   *
   * @default 'EdDSA'
   */
  readonly algorithm?: SigningAlgorithm | undefined;
  /**
   * The lifetime of a token unless its key sets another, 60 to 86,400 seconds; never longer than the key.
   *
   * @default 3600
   */
  readonly lifetimeSeconds?: number | undefined;
  /**
   * The lifetime of a chain of refresh tokens, 60 seconds to 365 days.
   *
   * @default 2_592_000 - 30 days
   */
  readonly refreshLifetimeSeconds?: number | undefined;
  /**
   * The scope with which a key may introspect the tokens and keys of everybody (RFC 7662): for a gateway that checks
   * requests by introspection alone. Without it, a key introspects itself and its own tokens.
   */
  readonly introspectionScope?: string | undefined;
  /**
   * Further members of the metadata (RFC 8414 section 2), for example `{ service_documentation: 'https://…' }`. Those
   * that this package sets cannot be replaced.
   */
  readonly metadata?: JsonObject | undefined;
}

/** The option with its defaults. */
export interface ResolvedTokensOption extends TokenPolicy {
  readonly algorithm: SigningAlgorithm;
  readonly metadata: JsonObject;
}

const daySeconds = 86_400;

const tokenLifetime = takeWholeNumber(minTokenLifetimeSeconds, maxTokenLifetimeSeconds, 'of seconds');

const readers = {
  issuer: readIssuer,
  audience: allowAbsent(takeText('a name or URL without spaces', /^[\x21-\x7e]{1,500}$/)),
  endpoints: withDefault(takeText("a path such as '/oauth', or '' for none", /^(?:\/[\w.~-]+)*$/), '/oauth'),
  algorithm: withDefault(takeOneOf<SigningAlgorithm>('EdDSA', 'HS256'), 'EdDSA'),
  lifetimeSeconds: withDefault(tokenLifetime, defaultTokenLifetimeSeconds),
  refreshLifetimeSeconds: withDefault(takeWholeNumber(60, 365 * daySeconds, 'of seconds'), 30 * daySeconds),
  introspectionScope: withDefault<string | null>(
    takeText("one of the declared scopes, for example 'tokens:introspect'"),
    null,
  ),
  metadata: withDefault(readServerMetadata, {}),
} satisfies ReadersOf<TokensOption>;

/**
 * Reads the option `tokens`; `null` when there is none.
 *
 * @throws InvalidOptionError
 */
export function resolveTokensOption(input: unknown): ResolvedTokensOption | null {
  if (input === undefined) return null;
  const example = "{ issuer: 'https://api.acme.example' }";
  const options = readOptions('tokens', input, readers, { example });
  return { ...options, audience: options.audience ?? options.issuer };
}

/**
 * Returns the option for what cannot be created without it.
 *
 * @param what - what needs it, for the message
 * @throws InvalidOptionError without the option
 */
export function requireTokensOption(option: ResolvedTokensOption | null, what: string): ResolvedTokensOption {
  if (option !== null) return option;
  throw new InvalidOptionError(
    `${what}: needs the option tokens, for example tokens: { issuer: 'https://api.acme.example' }`,
  );
}

/**
 * Refuses a scope for introspection that no key can have.
 *
 * @throws InvalidOptionError
 */
export function refuseUndeclaredScope(option: ResolvedTokensOption | null, { names }: ScopeCatalogue): void {
  const { introspectionScope = null } = option ?? {};
  if (introspectionScope === null || names.includes(introspectionScope)) return;
  throw new InvalidOptionError(
    `tokens.introspectionScope: takes one of the declared scopes; ${suggestNames(introspectionScope, names)}`,
  );
}

/** Clients compare it as a string, so only the shortest form is accepted (RFC 8414 section 2). */
function readIssuer(value: unknown, path: string): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  const isWeb = url?.protocol === 'https:' || url?.protocol === 'http:';
  const isPlain = url !== null && `${url.origin}${url.pathname === '/' ? '' : url.pathname}` === value;
  if (!isWeb || !isPlain || value.endsWith('/')) {
    throw new InvalidOptionError(
      `${path}: takes the public URL of the service, without query, fragment or a slash at its end, ` +
        "for example 'https://api.acme.example'",
    );
  }
  if (url.protocol === 'http:' && process.env['NODE_ENV'] === 'production' && !isLoopback(url)) {
    throw new InvalidOptionError(
      `${path}: must begin with https:// in production, because secrets and tokens are sent there, ` +
        "for example 'https://api.acme.example'; http:// is for localhost, 127.0.0.1 and [::1]",
    );
  }
  return value;
}

/** Whether what is sent there stays on the machine. */
function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1' || hostname === '[::1]';
}
