import type { VerifiableKey } from './api-key.js';
import type { JsonObject } from './json.js';

/** What an app may know about its keys beyond what this package does: a type for any of these. */
export interface ApiKeyTypes {
  readonly scopes?: readonly string[];
  readonly features?: readonly string[];
  readonly metadata?: object;
}

/**
 * The authenticated caller, as handlers see it on `req.apiKey`: frozen, without secret or hash.
 *
 * @typeParam T - what the app knows about its keys, for example `{ metadata: { plan: string } }`
 */
export interface ApiKeyIdentity<T extends ApiKeyTypes = ApiKeyTypes> {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  /** Granted scopes as stored; may hold wildcards. */
  readonly scopes: TypeIn<T, 'scopes', readonly string[]>;
  /** Flags of the configured list. */
  readonly features: TypeIn<T, 'features', readonly string[]>;
  readonly metadata: TypeIn<T, 'metadata', JsonObject>;
  readonly environment: string;
  readonly keyspace: string;
  /** With which of the key's credentials the caller came in, or was given its token; no secret. */
  readonly credentialId: string;
  /** When the key ends, or the access token that was sent. */
  readonly expiresAt: Date | null;
  /** How the caller came in: with the key itself, an access token, or a signed request. */
  readonly via: CallerVia;
}

/** The type that an app has given, or ours. */
type TypeIn<T, K extends keyof ApiKeyTypes, Default> = T extends { readonly [P in K]: infer Given }
  ? Given
  : Default;

/** How a caller proves a key. */
export type CallerVia = 'key' | 'token' | 'signature';

/** How a key was proven, and what differs from the key itself. */
export interface ProofOfKey {
  readonly via: CallerVia;
  readonly credentialId: string;
  /** Default: those of the key. */
  readonly scopes?: readonly string[];
  /** Epoch milliseconds. Default: as the key. */
  readonly expiresAt?: number | null;
}

/** Builds the frozen identity of a key, once per record and credential. */
export function identityOf(
  key: VerifiableKey,
  { via, credentialId, scopes = key.scopes, expiresAt = key.expiresAt }: ProofOfKey,
): ApiKeyIdentity {
  return Object.freeze({
    id: key.id,
    ownerId: key.ownerId,
    name: key.name,
    scopes: Object.freeze([...scopes]),
    features: Object.freeze([...key.features]),
    metadata: deepFreeze(key.metadata),
    environment: key.environment,
    keyspace: key.keyspace,
    credentialId,
    // Made anew for everyone who asks: a Date cannot be frozen.
    get expiresAt() {
      return expiresAt === null ? null : new Date(expiresAt);
    },
    via,
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
