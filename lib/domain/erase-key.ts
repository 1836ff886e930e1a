import type { ApiKeyRecord } from './api-key.js';
import { isSecret } from './credential.js';

/** The name of a key whose own name was erased. */
export const erasedKeyName = 'Erased';

/**
 * What has to change about a revoked key so that nothing in its record names a person; `{}` when nothing does. Digests of its
 * secrets stay: a secret that leaked is still recognised as that of a revoked key. What they can be read from again does not.
 */
export function selectErasedFields(record: ApiKeyRecord): Partial<ApiKeyRecord> {
  const { metadata, tags, rateLimits, credentials, createdBy } = record;
  const secrets = credentials.filter(isSecret);
  return {
    ...(record.name === erasedKeyName ? {} : { name: erasedKeyName }),
    ...(record.description === null ? {} : { description: null }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata: {} }),
    ...(tags.length === 0 ? {} : { tags: [] }),
    // Their names are free text.
    ...(rateLimits.length === 0 ? {} : { rateLimits: [] }),
    ...(record.ipAllowlist === null ? {} : { ipAllowlist: null }),
    ...(record.revocationComment === null ? {} : { revocationComment: null }),
    ...(createdBy?.memberId === undefined ? {} : { createdBy: { kind: createdBy.kind, id: createdBy.id } }),
    ...(secrets.length === credentials.length && secrets.every(({ sealedSecret }) => sealedSecret === null)
      ? {}
      : { credentials: secrets.map((secret) => ({ ...secret, sealedSecret: null })) }),
  };
}
