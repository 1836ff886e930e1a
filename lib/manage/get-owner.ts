import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext } from './change.js';
import { createOwner } from './change-owner.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';

/**
 * Reads what is recorded about an owner. An owner without a record is in good standing, at version 0.
 *
 * @throws ApiKeysError `forbidden`
 */
export async function getOwner(
  { store, clock }: Pick<ManagePorts, 'store' | 'clock'>,
  context: ChangeContext,
  ownerId: string,
): Promise<OwnerRecord> {
  assertMayManageOwners(context);
  return (await store.owners.find(ownerId)) ?? createOwner(ownerId, clock.now());
}
