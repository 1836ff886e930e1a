import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { KeyState } from '../../domain/key-state.js';
import { ApiKeysError } from '../../errors.js';
import type { ChangeContext } from '../../manage/change.js';
import { maxPageSize } from '../../manage/list-filter.js';
import type { DialectKeyService } from '../dialect-host.js';
import { listUpTo } from '../list-up-to.js';

/**
 * Active keys are listed twice, so that no key that is enabled meanwhile is missed. Removed keys, which may be any number, are
 * never read.
 */
const states: readonly KeyState[] = ['active', 'disabled', 'expired', 'active'];

/** Lists the keys of the caller that were not removed, by number. */
export async function listLiveKeys(
  keys: DialectKeyService,
  context: ChangeContext,
): Promise<readonly ApiKeyRecord[]> {
  const found = new Map<string, ApiKeyRecord>();
  for (const state of states) {
    for (const record of await listUpTo(keys, context, { state }, maxPageSize)) {
      found.set(record.id, record);
    }
  }
  return [...found.values()].sort((one, other) => Number(one.number) - Number(other.number));
}

/**
 * Finds the caller's key with a number.
 *
 * @throws ApiKeysError `not_found`, the same for numbers that were never assigned and for keys that were removed
 */
export async function findKeyByNumber(
  keys: DialectKeyService,
  context: ChangeContext,
  number: number,
): Promise<ApiKeyRecord> {
  const [record] = await listUpTo(keys, context, { number }, 1);
  if (record !== undefined && record.revokedAt === null) return record;
  throw new ApiKeysError('not_found', { detail: 'There is no such API key.' });
}
