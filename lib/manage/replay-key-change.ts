import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { ChangeContext } from './change.js';
import { createNarrowingQueuing } from './change-queuing.js';
import { readCurrentPoint } from './confirm-change.js';
import { getKey } from './get-key.js';
import { assertMayGiveKey } from './grant-authority.js';
import type { ManagePorts } from './manage-ports.js';
import type { RepeatableChange, RepeatableKeyChange } from './repeatable-changes.js';

/**
 * The current state of a key that was created or rotated before. A revoking change is confirmed again: the first response may
 * have been "effective by".
 *
 * An `Idempotency-Key` belongs to a member, or to an owner of which no member is named, whatever the grants are: with other grants
 * in the name, a retry after a change of the grants would make the change a second time. So a repetition needs the grants that
 * the change needs, or a person with fewer would get the answer of another one.
 *
 * @throws ApiKeysError `forbidden` for a key beyond the grants of the actor
 */
export async function replayKeyChange(
  ports: ManagePorts,
  context: ChangeContext,
  operation: RepeatableChange['operation'],
  claim: IdempotencyClaim,
): Promise<RepeatableKeyChange> {
  const { store, changes, keyspace, clock } = ports;
  const hasTaken = operation === 'rotate' || keyspace.policy.onePerOwner;
  const point = hasTaken ? await readCurrentPoint(store, createNarrowingQueuing(context)) : null;
  const record = await getKey(ports, context, claim.keyId);
  assertMayGiveKey(ports, context, record, clock.now());
  if (point === null) return { record, effectiveBy: null };
  changes.announce([], clock.now());
  return { record, effectiveBy: await changes.confirm(point) };
}
