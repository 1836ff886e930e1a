import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext } from './change.js';
import { defaultPageSize, parseCondition, parsePageSize } from './list-filter.js';
import { maxRowsPerPage, readPage, type ListPosition, type Page } from './list-page.js';
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
  /** Part of the id; upper and lower case of ASCII letters are alike. */
  readonly q?: string | undefined;
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
  const { limit, cursor, suspended, q } = readFields<OwnerFilter>(
    filter,
    { limit: parsePageSize, cursor: parseCondition, suspended: parseEnabled, q: parseCondition },
    [],
  );
  return readPage(cursorSigner, {
    list: 'owners',
    conditions: { suspended, q },
    cursor,
    limit: limit ?? defaultPageSize,
    findEnd: async (after) => {
      if (suspended === undefined && q === undefined) return null;
      const end = await store.owners.findScanEnd(toOwnerId(after), maxRowsPerPage);
      return end === null ? null : [end];
    },
    read: (after, most, end) =>
      store.owners.list({
        isSuspended: suspended,
        q,
        after: toOwnerId(after),
        until: toOwnerId(end),
        limit: most,
      }),
    positionOf: ({ ownerId }) => [ownerId],
  });
}

function toOwnerId(position: ListPosition | null): string | undefined {
  return position === null ? undefined : String(position[0]);
}
