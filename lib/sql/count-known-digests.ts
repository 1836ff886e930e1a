import type { Kysely } from 'kysely';
import type { DigestFacts } from '../domain/setup-facts.js';
import type { Tables } from './tables.js';

/** How many digests are looked at. Ids of keys are random, so the first ones are a sample. */
const sampleSize = 5_000;

/** Counts how many secrets of keys that are not revoked have a digest under one of these peppers, in a sample. */
export async function countKnownDigests(
  database: Kysely<Tables>,
  pepperIds: readonly string[],
): Promise<DigestFacts> {
  const rows = await database
    .selectFrom('credential_digests')
    .innerJoin('keys', 'keys.id', 'credential_digests.key_id')
    .where('keys.revoked_at', 'is', null)
    .select(['key_id', 'credential_id', 'pepper_id'])
    .orderBy('key_id')
    .limit(sampleSize)
    .execute();
  const isKnown = new Map<string, boolean>();
  for (const { key_id: keyId, credential_id: credentialId, pepper_id: pepperId } of rows) {
    const name = `${keyId} ${credentialId}`;
    isKnown.set(name, isKnown.get(name) === true || pepperIds.includes(pepperId));
  }
  return { sampled: isKnown.size, known: [...isKnown.values()].filter(Boolean).length };
}
