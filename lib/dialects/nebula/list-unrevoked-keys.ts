import type { ApiKeyRecord } from '../../domain/api-key.js';
import type { ChangeContext } from '../../manage/change.js';
import { maxPageSize } from '../../manage/list-filter.js';
import type { DialectKeyService } from '../dialect-host.js';

/**
 * Read one state after the other, because those that were revoked can be any number. Of keys that are switched on meanwhile,
 * none is missed.
 */
const states = ['active', 'disabled', 'expired', 'active'] as const;

/** All keys that can be deleted, oldest first. How many there are is bounded where they are made. */
export async function listUnrevokedKeys(
  keys: Pick<DialectKeyService, 'list'>,
  context: ChangeContext,
): Promise<readonly ApiKeyRecord[]> {
  // A key whose state changes meanwhile may be met twice.
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
