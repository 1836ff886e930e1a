import { setTimeout as sleep } from 'node:timers/promises';
import { ApiKeysError } from '../errors.js';
import { confirmChange } from './confirm-change.js';
import type { Changed, ChangeContext } from './key-service.js';
import type { ManagePorts } from './manage-ports.js';
import { revokeInTransaction } from './revoke-key.js';

/**
 * Keys that are ended in one transaction. All other changes wait for it, in every process, and it has to be done within
 * the deadline of the store; on a database that is a few milliseconds away this many take half a second.
 */
const keysPerTransaction = 50;

/** Longer than a process that waits for the lock of a SQLite file lets pass between two attempts. */
const pauseMs = 12;

/**
 * Revokes every key of an owner, for example when the owner's account is closed. It goes in steps, each of them complete
 * with its events, and lets other changes through in between; the last step has found that no key is left, so keys that
 * were made meanwhile are ended too. After a failure the steps before it stay done, and the next call goes on from there.
 */
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

  const changed: Changed[] = [];
  for (;;) {
    const step = await revokeSome(ports, context, ownerId);
    changed.push(...step);
    // Changes run one after the other: when there were fewer than asked for, these were the last ones.
    if (step.length < keysPerTransaction) return changed;
    await sleep(pauseMs);
  }
}

async function revokeSome(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
): Promise<readonly Changed[]> {
  const now = ports.clock.now();
  const records = await ports.store.transact(async (transaction) => {
    const revoked = [];
    for (const current of await transaction.findUnrevokedByOwner(ownerId, keysPerTransaction)) {
      revoked.push(await revokeInTransaction(transaction, context, current, now));
    }
    return revoked;
  });
  return Promise.all(records.map((record) => confirmChange(ports, record, now)));
}
