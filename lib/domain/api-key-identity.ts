import type { VerifiableKey } from './api-key.js';
import type { JsonObject } from './json.js';

/** Who is calling, as handlers see it on `req.apiKey`: frozen, without secret or hash. */
export interface ApiKeyIdentity {
  readonly id: string;
  readonly ownerId: string;
  readonly name: string;
  /** Granted scopes as stored; may hold wildcards. */
  readonly scopes: readonly string[];
  /** Flags of the configured list. */
  readonly features: readonly string[];
  readonly metadata: JsonObject;
  readonly environment: string;
  readonly keyspace: string;
  /** With which of the key's credentials the caller came in, or was given its token; no secret. */
  readonly credentialId: string;
  /** When the key ends, or the access token that was sent. */
  readonly expiresAt: Date | null;
  /** How the caller came in: with the key itself, an access token, or a signed request. */
  readonly via: CallerVia;
}

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
