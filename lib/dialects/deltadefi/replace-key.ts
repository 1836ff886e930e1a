import { listUpTo } from '../list-up-to.js';
import type { ApiKeyRecord } from '../../domain/api-key.js';
import { ApiKeysError, isProblem } from '../../errors.js';
import type { Changed, ChangeContext, KeyInput, WithToken } from '../../manage/change.js';
import type { DialectKeyService } from '../dialect-host.js';

/** Attempts against concurrent rotations. */
const attempts = 5;

/** The name of keys, because requests cannot name one. */
const name = 'DeltaDeFi API key';

/**
 * Creates a key that replaces the existing one, which the policy of the keyspace revokes in the same transaction. With a grace
 * period the existing key is rotated instead, so that the old secret can stay valid.
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

/** With several keys, from an earlier configuration, none of them can stand for all. */
async function findOnlyActiveKey(
  keys: DialectKeyService,
  context: ChangeContext,
): Promise<ApiKeyRecord | null> {
  const items = await listUpTo(keys, context, { state: 'active' }, 2);
  return items.length === 1 && items[0] !== undefined ? items[0] : null;
}
