import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext } from './change.js';
import { defaultPageSize, parseCondition, parsePageSize } from './list-filter.js';
import { readPage, type Page } from './list-page.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import type { ParsedFields } from './parsed-fields.js';
import { parseEnabled } from '../domain/key-fields.js';
import { readFields } from './read-fields.js';
import type { PageFilter } from './read-list.js';

/** Which owners to list; conditions that are left out do not restrict. */
export interface OwnerFilter extends PageFilter {
  /** Only owners that are suspended, or only those that are not. */
  readonly suspended?: boolean | undefined;
}

/**
 * Lists the owners about whom something is recorded, by their ids.
 *
 * @throws ApiKeysError `invalid_request`, `forbidden`
 */
export async function listOwners(
  { store, cursorSigner }: Pick<ManagePorts, 'store' | 'cursorSigner'>,
  context: ChangeContext,
  filter: OwnerFilter | ParsedFields,
): Promise<Page<OwnerRecord>> {
  assertMayManageOwners(context);
  const { limit, cursor, suspended } = readFields<OwnerFilter>(
    filter,
    { limit: parsePageSize, cursor: parseCondition, suspended: parseEnabled },
    [],
  );
  return readPage(cursorSigner, {
    list: 'owners',
    conditions: { suspended },
    cursor,
    limit: limit ?? defaultPageSize,
    findEnd: async () => null,
    read: (after, most) =>
      store.owners.list({
        isSuspended: suspended,
        after: after === null ? undefined : String(after[0]),
        limit: most,
      }),
    positionOf: ({ ownerId }) => [ownerId],
  });
}
