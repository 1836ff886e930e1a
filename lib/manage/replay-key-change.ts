import type { IdempotencyClaim } from '../ports/idempotency-claims.js';
import type { ChangeContext } from './change.js';
import { readCurrentPoint } from './confirm-change.js';
import { getKey } from './get-key.js';
import type { ManagePorts } from './manage-ports.js';
import type { RepeatableChange, RepeatableKeyChange } from './repeatable-changes.js';

/**
 * The current state of a key that was created or rotated before. A revoking change is confirmed again: the first response may
 * have been "effective by".
 */
export async function replayKeyChange(
  ports: ManagePorts,
  context: ChangeContext,
  operation: RepeatableChange['operation'],
  claim: IdempotencyClaim,
): Promise<RepeatableKeyChange> {
  const { store, changes, keyspace, clock } = ports;
  const hasTaken = operation === 'rotate' || keyspace.policy.onePerOwner;
  const point = hasTaken ? await readCurrentPoint(store.feed) : null;
  const record = await getKey(ports, context, claim.keyId);
  if (point === null) return { record, effectiveBy: null };
  changes.announce([], clock.now());
  return { record, effectiveBy: await changes.confirm(point) };
}
