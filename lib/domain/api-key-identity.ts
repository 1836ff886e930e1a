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
  /** When the key ends, or the access token that was sent. */
  readonly expiresAt: Date | null;
  /** How the caller came in: with the key itself, an access token, or a signed request. */
  readonly via: CallerVia;
}

/** How a caller proves a key. */
export type CallerVia = 'key' | 'token' | 'signature';

/** What differs from the key itself. */
export interface IdentityDifferences {
  readonly via: CallerVia;
  readonly scopes: readonly string[];
  /** Epoch milliseconds. */
  readonly expiresAt: number | null;
}

/** Builds the frozen identity of a key, once per record. */
export function identityOf(
  key: VerifiableKey,
  { via, scopes, expiresAt }: IdentityDifferences = { via: 'key', ...key },
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
