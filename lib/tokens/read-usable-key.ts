import type { ApiKeyRecord } from '../domain/api-key.js';
import type { Credential } from '../domain/credential.js';
import { idleDetail } from '../domain/idle-detail.js';
import { getExpiresAt } from '../domain/key-lifetime.js';
import { hasExpired } from '../domain/key-state.js';
import { isOfKeyspace } from '../domain/keyspaces.js';
import { narrowToAncestors } from '../domain/narrow-to-ancestors.js';
import { narrowToPlan } from '../domain/plan-bounds.js';
import { checkState } from '../verify/check-state.js';
import { problems } from '../errors.js';
import type { TokenErrorCode } from './token-error.js';
import { TokenError } from './token-error.js';
import type { TokenPorts } from './token-ports.js';

/** A key for which tokens may be issued now, and the credential that they name. */
export interface UsableKey {
  readonly record: ApiKeyRecord;
  readonly credential: Credential;
}

/**
 * Reads a key from the store, not from a cache, with what the keys above it and the plan of its owner leave, and checks that it can be used.
 *
 * @param error - the error code when the key cannot be used
 * @throws TokenError
 */
export async function readUsableKey(
  { store, keyspace, clock }: Pick<TokenPorts, 'store' | 'keyspace' | 'clock'>,
  { keyId, credentialId }: { readonly keyId: string; readonly credentialId: string },
  error: TokenErrorCode,
): Promise<UsableKey> {
  const stored = await store.find(keyId);
  const record = stored === null ? null : narrowToAncestors(stored, keyspace.catalogue);
  const credential = record?.credentials.find(({ id }) => id === credentialId);
  if (record === null || credential === undefined || !isOfKeyspace(keyspace, record)) {
    throw new TokenError(error, 'There is no such API key.');
  }
  const refusal = checkState(record, credential, clock.now());
  if (refusal !== null) {
    const isIdle = refusal === 'key_expired' && !hasExpired(record, clock.now());
    const detail = isIdle ? idleDetail : problems[refusal].detail;
    throw new TokenError(error, detail, { keyId, ownerId: record.ownerId });
  }
  return { record: narrowToPlan(record, keyspace), credential };
}

/** The expiry of a key or of its credential, whichever is first; epoch milliseconds, or Infinity. */
export function getExpiry({ record, credential }: UsableKey): number {
  return Math.min(getExpiresAt(record) ?? Infinity, credential.endsAt ?? Infinity);
}
