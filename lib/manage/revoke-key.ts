import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AnnouncedChange } from '../ports/change-announcer.js';
import type { KeyStoreTransaction } from '../ports/key-store.js';
import {
  assertAtOrBelow,
  resolveAuthority,
  createAuthorityWithoutKey,
  createFinder,
  findVisible,
  isBelowActor,
  type Authority,
} from './authority.js';
import { createRevocationQueuing } from './change-queuing.js';
import { createAuditEntry } from './audit-entry.js';
import { readCommitPoint, confirmChange } from './confirm-change.js';
import { isOwnKey } from './get-key.js';
import type { Changed, ChangeContext, ExpectedVersion, KeyInput } from './change.js';
import type { ManagePorts } from './manage-ports.js';
import { assertExpectedVersion, createNextVersion } from './next-version.js';
import { noReason, readRevocation, type Revocation } from './revocation-input.js';

/**
 * Revokes a key, which is final. Revoking it again changes nothing, but confirms again: a caller that received "effective by"
 * can repeat the call to learn that it is done. A key may always revoke itself.
 */
export async function revokeKey(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
  expected: ExpectedVersion,
  input: KeyInput = {},
): Promise<Changed> {
  const now = ports.clock.now();
  const revocation = readRevocation(input);
  const committed = await ports.store.transact(async (transaction) => {
    const find = createFinder(ports, transaction);
    const authority: Authority = mayRevokeItself(context, id)
      ? createAuthorityWithoutKey(null)
      : await resolveAuthority(ports, context, 'revoke', find, now);
    const current = await findVisible(find, id, authority.ownerId);
    // What it has made, a key can end, also where its own limits were lowered since.
    if (!isBelowActor(authority, current)) assertAtOrBelow(authority, current);
    assertExpectedVersion(current, expected);
    const written = await revokeInTransaction(transaction, context, current, now, revocation);
    return { record: written?.record ?? current, written, point: await readCommitPoint(transaction) };
  }, createRevocationQueuing(context));
  return confirmChange(ports, committed, now);
}

/** A token is shared more readily than its key: its holder may revoke the token, but not the key. */
function mayRevokeItself(context: ChangeContext, id: string): boolean {
  return isOwnKey(context, id) && context.actor.kind === 'key' && context.actor.apiKey.via !== 'token';
}

/** Writes the revocation of one key; returns `null`, and writes nothing, when it was revoked before. */
export async function revokeInTransaction(
  transaction: KeyStoreTransaction,
  context: ChangeContext,
  current: ApiKeyRecord,
  now: number,
  { reason, comment }: Revocation = noReason,
): Promise<AnnouncedChange | null> {
  if (current.revokedAt !== null) return null;
  const next = createNextVersion(
    current,
    { revokedAt: now, revocationReason: reason, revocationComment: comment },
    now,
  );
  const changedFields = [
    'revokedAt',
    ...(reason === null ? [] : ['revocationReason']),
    ...(comment === null ? [] : ['revocationComment']),
  ];
  await transaction.update(next, createAuditEntry(context, 'key.revoked', next, changedFields));
  return { record: next, action: 'key.revoked', position: transaction.position };
}
