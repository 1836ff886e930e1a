import type { ApiKeyRecord } from '../domain/api-key.js';
import type { ChangeContext } from '../manage/change.js';
import type { KeyFilter } from '../manage/list-keys.js';
import { maxPageSize } from '../manage/list-filter.js';
import type { DialectKeyService } from './dialect-host.js';

/**
 * Lists the first keys that match a filter, newest first. A page may have fewer items than requested, or none, and yet be
 * followed by others: a first page without a key does not prove that the key does not exist.
 */
export async function listUpTo(
  keys: Pick<DialectKeyService, 'list'>,
  context: ChangeContext,
  filter: Omit<KeyFilter, 'limit' | 'cursor'>,
  count: number,
): Promise<readonly ApiKeyRecord[]> {
  const found: ApiKeyRecord[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(maxPageSize, count - found.length);
    const page = await keys.list(context, { ...filter, limit, cursor });
    found.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined && found.length < count);
  return found;
}
