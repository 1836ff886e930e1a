import type { AccessToken } from '../domain/access-token.js';
import { createRevocationQueuing } from '../manage/change-queuing.js';
import { readCommitPoint, confirmChange } from '../manage/confirm-change.js';
import type { ChangeContext } from '../manage/change.js';
import { createAuditEntry } from '../manage/audit-entry.js';
import { readCarefulTime } from '../manage/read-careful-time.js';
import type { TokenPorts } from './token-ports.js';

/** By how much clocks of processes may be apart: so much longer it is remembered. Milliseconds. */
const maxClockSkewMs = 60 * 60 * 1000;

/**
 * Revokes an access token in all processes. Revoking it again changes nothing, but confirms again.
 *
 * @returns `null` when every process already refuses it; else the time (epoch milliseconds) from which all do
 */
export async function revokeToken(
  { store, changes, clock }: Pick<TokenPorts, 'store' | 'changes' | 'clock'>,
  context: ChangeContext,
  token: Pick<AccessToken, 'id' | 'keyId' | 'expiresAt'>,
): Promise<number | null> {
  const now = clock.now();
  const expiresAt = token.expiresAt + maxClockSkewMs;
  // A clock that is ahead must not take a token that others accept for one that has expired.
  if (expiresAt <= now && expiresAt <= (await readCarefulTime(store.housekeeping, clock))) return null;
  const committed = await store.transact(async (transaction) => {
    const record = await transaction.find(token.keyId);
    if (record === null) return null;
    const event = { ...createAuditEntry(context, 'token.revoked', record, []), at: now };
    const isFirst = await transaction.revokeToken({ id: token.id, keyId: token.keyId, expiresAt }, event);
    const { position } = transaction;
    const change = { record, action: 'token.revoked', position } as const;
    return { record, written: isFirst ? change : null, point: await readCommitPoint(transaction) };
  }, createRevocationQueuing(context));
  if (committed === null) return null;
  return (await confirmChange({ changes }, committed, now)).effectiveBy;
}
