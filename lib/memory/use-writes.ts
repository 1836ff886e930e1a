import type { ApiKeyRecord } from '../domain/api-key.js';
import { isSecret } from '../domain/credential.js';
import type { KeyUse } from '../ports/key-store.js';

/** A change does not write the time and number of uses, nor the digests of credentials that were stored before. */
export function keepUseFields(record: ApiKeyRecord, stored: ApiKeyRecord): ApiKeyRecord {
  const digestsById = new Map(stored.credentials.filter(isSecret).map(({ id, digests }) => [id, digests]));
  const credentials = record.credentials.map((credential) =>
    isSecret(credential)
      ? { ...credential, digests: digestsById.get(credential.id) ?? credential.digests }
      : credential,
  );
  const { lastUsedAt, useCount, lastUsedAddress, credits } = stored;
  return { ...record, lastUsedAt, useCount, lastUsedAddress, credits, credentials };
}

/** With the digest for one more pepper, unless there is one. */
export function withDigest(
  record: ApiKeyRecord,
  credentialId: string,
  pepperId: string,
  digest: string,
): ApiKeyRecord {
  const credentials = record.credentials.map((credential) => {
    if (credential.id !== credentialId || !isSecret(credential)) return credential;
    const isMissing = !Object.hasOwn(credential.digests, pepperId);
    return isMissing ? { ...credential, digests: { ...credential.digests, [pepperId]: digest } } : credential;
  });
  return { ...record, credentials };
}

/** With some uses counted. */
export function addUse(record: ApiKeyRecord, use: KeyUse): ApiKeyRecord {
  const useCount = record.useCount + use.count;
  if (record.lastUsedAt !== null && use.at < record.lastUsedAt) return { ...record, useCount };
  return { ...record, useCount, lastUsedAt: use.at, lastUsedAddress: use.address ?? record.lastUsedAddress };
}
