import { ApiKeysError } from '../errors.js';
import type { ManagePorts } from './manage-ports.js';

/** Ids that are at least so long are never drawn twice: 64 bits and more, in any alphabet. */
const longEnough = 14;
const draws = 5;

/**
 * Draws the id of a new key. Some keyspaces have ids so short that one may be taken: those are looked up. Should another
 * process take it at this very moment, the store refuses the key and nothing has happened.
 *
 * @throws ApiKeysError `unavailable` when the store does not answer, or only ids were drawn that are taken
 */
export async function drawKeyId({
  random,
  store,
  keyspace,
}: Pick<ManagePorts, 'random' | 'store' | 'keyspace'>): Promise<string> {
  const { id: charset } = keyspace.format;
  if (charset.length >= longEnough) return random.draw(charset);
  for (let left = draws; left > 0; left -= 1) {
    const id = random.draw(charset);
    if (!(await store.existing([id])).has(id)) return id;
  }
  throw new ApiKeysError('unavailable', { detail: 'No free id was found for the API key. Try again.' });
}
