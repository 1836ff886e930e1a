import { ApiKeysError } from '../errors.js';
import { confirmChange } from './confirm-change.js';
import type { Changed, ChangeContext } from './key-service.js';
import type { ManagePorts } from './manage-ports.js';
import { revokeInTransaction } from './revoke-key.js';

/** Revokes every key of an owner in one transaction, for example when the owner's account is closed. */
export async function revokeAllKeys(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
): Promise<readonly Changed[]> {
  const { actor } = context;
  const isAllowed =
    actor.kind === 'application' ||
    actor.kind === 'admin' ||
    (actor.kind === 'owner' && actor.ownerId === ownerId);
  if (!isAllowed) throw new ApiKeysError('forbidden');

  const now = ports.clock.now();
  const records = await ports.store.transact(async (transaction) => {
    const revoked = [];
    for (const current of await transaction.findUnrevokedByOwner(ownerId)) {
      revoked.push(await revokeInTransaction(transaction, context, current, now));
    }
    return revoked;
  });
  return Promise.all(records.map((record) => confirmChange(ports, record, now)));
}
