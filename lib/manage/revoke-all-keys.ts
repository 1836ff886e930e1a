import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiKeyRecord } from '../domain/api-key.js';
import { ApiKeysError } from '../errors.js';
import type { AnnouncedChange, CommitPoint } from '../ports/change-announcer.js';
import { createRevocationQueuing } from './change-queuing.js';
import { readCommitPoint } from './confirm-change.js';
import type { Changed, ChangeContext, KeyInput } from './change.js';
import type { ManagePorts } from './manage-ports.js';
import { readRevocation, type Revocation } from './revocation-input.js';
import { assertRole } from './role-authority.js';
import { revokeInTransaction } from './revoke-key.js';

/**
 * Keys that are revoked in one transaction. All other changes wait for it, in every process, and it has to finish within the
 * deadline of the store; on a database that is a few milliseconds away this many take half a second.
 */
const keysPerTransaction = 50;

/** Longer than the interval at which a waiting process retries the lock of a SQLite file, in milliseconds. */
const pauseMs = 12;

/**
 * Revokes every key of an owner, for example when the owner's account is closed. It works in steps, each complete with its
 * events, and other changes can proceed in between; the last step has verified that no key is left, so keys that were created
 * meanwhile are revoked too. After a failure the completed steps stay done, and the next call continues from there.
 */
export async function revokeAllKeys(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  input: KeyInput = {},
): Promise<readonly Changed[]> {
  assertRole(context, 'revoke');
  const revocation = readRevocation(input);
  const { actor } = context;
  const isAllowed =
    actor.kind === 'application' ||
    actor.kind === 'admin' ||
    (actor.kind === 'owner' && actor.ownerId === ownerId);
  if (!isAllowed) throw new ApiKeysError('forbidden');

  const { records, point } = await revokeEveryKey(ports, context, ownerId, revocation);
  return confirmAll(ports, records, point);
}

/** Keys that were revoked, and what is still to be confirmed. */
export interface RevokedKeys {
  readonly records: readonly ApiKeyRecord[];
  readonly point: CommitPoint;
}

/** The same for a caller that was checked before, without waiting for other processes. */
export async function revokeEveryKey(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  revocation: Revocation,
): Promise<RevokedKeys> {
  const revoked: ApiKeyRecord[] = [];
  for (;;) {
    const { records, point } = await revokeSome(ports, context, ownerId, revocation);
    revoked.push(...records);
    // Changes are serialized: when there were fewer than requested, these were the last ones.
    if (records.length < keysPerTransaction) return { records: revoked, point };
    await sleep(pauseMs);
  }
}

async function revokeSome(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  revocation: Revocation,
): Promise<RevokedKeys> {
  const now = ports.clock.now();
  const { revoked, point } = await ports.store.transact(async (transaction) => {
    const found = await transaction.findUnrevokedByOwner(ownerId, keysPerTransaction);
    const written: AnnouncedChange[] = [];
    for (const current of found) {
      const change = await revokeInTransaction(transaction, context, current, now, revocation);
      if (change !== null) written.push(change);
    }
    return { revoked: written, point: await readCommitPoint(transaction) };
  }, createRevocationQueuing(context));
  ports.changes.announce(revoked, now);
  return { records: revoked.map(({ record }) => record), point };
}

/** Also when nothing was left: an earlier call may have revoked keys without confirmation from every process. */
async function confirmAll(
  ports: ManagePorts,
  records: readonly ApiKeyRecord[],
  point: CommitPoint,
): Promise<readonly Changed[]> {
  const effectiveBy = await ports.changes.confirm(point);
  if (records.length === 0 && effectiveBy !== null) {
    throw new ApiKeysError('unavailable', {
      cause: new Error('No key was left to revoke, but not every process has confirmed earlier changes'),
    });
  }
  return records.map((record) => ({ record, effectiveBy }));
}
