import type { SharedQueuing } from '../ports/queued-store.js';
import type { ChangeContext } from './change.js';
import type { ChangedOwner } from './change-owner.js';
import { readCurrentPoint } from './confirm-change.js';
import { getOwner } from './get-owner.js';
import type { ManagePorts } from './manage-ports.js';

/** The current state of an owner that was changed before, confirmed again: the first response may have been "effective by". */
export async function replayOwnerChange(
  ports: ManagePorts,
  context: ChangeContext,
  ownerId: string,
  queuing: SharedQueuing,
): Promise<ChangedOwner> {
  const { store, changes, clock } = ports;
  const point = await readCurrentPoint(store, queuing);
  const record = await getOwner(ports, context, ownerId);
  changes.announce([], clock.now());
  return { record, effectiveBy: await changes.confirm(point) };
}
