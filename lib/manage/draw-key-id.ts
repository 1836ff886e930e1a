import { ApiKeysError } from '../errors.js';
import type { ManagePorts } from './manage-ports.js';

/** Ids of at least this length never collide: 64 bits and more, in any alphabet. */
const longEnough = 14;
const draws = 5;

/**
 * Draws the id of a new key. In keyspaces with short ids, the id may be taken, so it is looked up. If another process takes it
 * at the same moment, the store rejects the key and nothing is changed.
 *
 * @throws ApiKeysError `unavailable` when the store does not respond, or when all drawn ids are taken
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
    if (!(await store.findTaken([id])).has(id)) return id;
  }
  throw new ApiKeysError('unavailable', { detail: 'No free id was found for the API key. Retry.' });
}
