import type { OwnerRecord } from '../domain/owner.js';
import type { ChangeContext, ExpectedVersion } from './change.js';
import { assertExpectedOwner, changeOwner, createOwner, type OwnerUpdate } from './change-owner.js';
import { createRevocationQueuing } from './change-queuing.js';
import { eraseKeys } from './erase-keys.js';
import { eraseTraces, type RemovedTraces } from './erase-traces.js';
import { findLastErasure } from './find-last-erasure.js';
import type { ManagePorts } from './manage-ports.js';
import { assertMayManageOwners } from './owner-authority.js';
import { revokeEveryKey } from './revoke-all-keys.js';
import { noReason } from './revocation-input.js';

/** What an erasure did. Counts are those of this call. */
export interface ErasedOwner extends RemovedTraces {
  readonly ownerId: string;
  readonly revokedKeys: number;
  readonly erasedKeys: number;
  /** Revoked keys of the owner, whose ids and digests stay. */
  readonly keptKeys: number;
  /** As of `ChangedOwner`. */
  readonly effectiveBy: number | null;
}

/**
 * Ends all keys of an owner, and erases what is stored about the owner and may name a person. The order makes every failure safe:
 * keys are revoked first; the audit entry of the erasure comes before what it explains is removed; and a repeated call continues
 * where the one before ended. Every erasure has an entry, because it is what processes hear of: of what waits in their memory,
 * nothing may be stored yet.
 *
 * @throws ApiKeysError `forbidden`, `precondition_failed`
 */
export async function eraseOwner(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  expected?: ExpectedVersion,
): Promise<ErasedOwner> {
  assertMayManageOwners(context);
  const { store, clock } = ports;
  assertExpectedOwner((await store.owners.find(ownerId)) ?? createOwner(ownerId, clock.now()), expected);

  const { records: revoked } = await revokeEveryKey(ports, context, ownerId, noReason);
  const { ids, erased } = await eraseKeys(ports, context, ownerId);
  const chooseUpdate = ({ suspensionReason }: OwnerRecord): OwnerUpdate => ({
    action: 'owner.erased',
    changes: suspensionReason === null ? {} : { suspensionReason: null },
  });
  // Its confirmation covers the changes of keys before it.
  const { effectiveBy } = await changeOwner(
    ports,
    context,
    ownerId,
    undefined,
    createRevocationQueuing(context),
    chooseUpdate,
  );
  const last = await findLastErasure(store, ownerId);
  const removed = await eraseTraces(store, ownerId, ids, last?.sequence ?? 0);
  await store.erasure.eraseSpentCredits(ownerId);
  return {
    ownerId,
    revokedKeys: revoked.length,
    erasedKeys: erased,
    keptKeys: ids.length,
    ...removed,
    effectiveBy,
  };
}
