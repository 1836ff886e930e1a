import { listUpTo } from '../list-up-to.js';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import { ApiKeysError, isProblem } from '../../errors.js';
import type { Changed, ChangeContext, KeyInput, WithToken } from '../../manage/change.js';
import type { DialectKeyService } from '../dialect-host.js';

/** Who is faster every time is let through. */
const attempts = 5;

/** What people see of a key that was given no name. */
const name = 'DeltaDeFi API key';

/**
 * Makes a key in favour of the one that there is, which the policy of the keyspace ends in the same transaction. With a
 * grace it gets another secret instead: then the old one can live on.
 */
export async function replaceKey(
  keys: DialectKeyService,
  context: ChangeContext,
  graceSeconds: number,
  getRights: () => Promise<KeyInput>,
): Promise<Changed & WithToken> {
  for (let attempt = 1; graceSeconds > 0 && attempt <= attempts; attempt += 1) {
    const current = await findOnlyActiveKey(keys, context);
    if (current === null) break;
    try {
      return await keys.rotate(context, current.id, { gracePeriodSeconds: graceSeconds });
    } catch (error) {
      if (!isProblem(error, 'conflict')) throw error;
      if (attempt === attempts) throw new ApiKeysError('unavailable', { cause: error });
    }
  }
  return keys.create(context, { name, ...(await getRights()) });
}

/** Where there are several, from another time, one of them cannot stand for all. */
async function findOnlyActiveKey(
  keys: DialectKeyService,
  context: ChangeContext,
): Promise<ApiKeyRecord | null> {
  const items = await listUpTo(keys, context, { state: 'active' }, 2);
  return items.length === 1 && items[0] !== undefined ? items[0] : null;
}
