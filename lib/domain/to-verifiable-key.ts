import type { VerifiableKey } from './api-key.js';
import { isSecret, type VerifiableCredential } from './credential.js';

/**
 * Picks what verification needs, which is all that may be cached: without it, every cached key would keep its slow hash, its
 * description and its author in memory.
 */
export function toVerifiableKey(key: VerifiableKey): VerifiableKey {
  const { enforced } = key;
  return {
    id: key.id,
    keyspace: key.keyspace,
    ownerId: key.ownerId,
    name: key.name,
    scopes: key.scopes,
    environment: key.environment,
    enabled: key.enabled,
    revokedAt: key.revokedAt,
    expiresAt: key.expiresAt,
    ipAllowlist: key.ipAllowlist,
    metadata: key.metadata,
    features: key.features.length === 0 ? none : key.features,
    rateLimits: key.rateLimits.length === 0 ? none : key.rateLimits,
    hasCredits: key.hasCredits,
    version: key.version,
    hint: { prefix: key.hint.prefix },
    credentials: key.credentials.map(toVerifiableCredential),
    owner: key.owner,
    createdAt: key.createdAt,
    activatedAt: key.activatedAt,
    lastUsedAt: key.lastUsedAt,
    maxIdleDays: key.maxIdleDays,
    ...(enforced === undefined ? {} : { enforced }),
    resources: key.resources,
    parentId: key.parentId,
    ancestors: key.ancestors,
  };
}

/** The one empty list of all keys. */
const none: readonly never[] = Object.freeze([]);

function toVerifiableCredential(credential: VerifiableCredential): VerifiableCredential {
  const { id, createdAt, endedAt, endsAt, graceFromFirstUseSeconds } = credential;
  const life = { id, createdAt, endedAt, endsAt, graceFromFirstUseSeconds };
  if (isSecret(credential)) {
    const { kind, digests, sealedSecret } = credential;
    return { kind, digests, sealedSecret, ...life };
  }
  const { kind, algorithm, spki } = credential;
  return { kind, algorithm, spki, ...life };
}
