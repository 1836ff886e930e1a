import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { ChangeContext } from '../../manage/change.js';
import { maxPageSize } from '../../manage/list-filter.js';
import type { DialectKeyService } from '../dialect-host.js';

/**
 * Read one state after the other, because revoked keys can be any number. Active keys are read twice, so that no key that is
 * enabled meanwhile is missed.
 */
const states = ['active', 'disabled', 'expired', 'active'] as const;

/** Lists all keys that can be deleted, oldest first. Their number is bounded when keys are created. */
export async function listUnrevokedKeys(
  keys: Pick<DialectKeyService, 'list'>,
  context: ChangeContext,
): Promise<readonly ApiKeyRecord[]> {
  // A key whose state changes meanwhile may be found twice.
  const byId = new Map<string, ApiKeyRecord>();
  for (const state of states) {
    let cursor: string | null | undefined;
    while (cursor !== null) {
      const page = await keys.list(context, { state, limit: maxPageSize, cursor });
      for (const record of page.items) byId.set(record.id, record);
      cursor = page.nextCursor;
    }
  }
  return [...byId.values()].sort((a, b) => a.createdAt - b.createdAt || (a.number ?? 0) - (b.number ?? 0));
}
