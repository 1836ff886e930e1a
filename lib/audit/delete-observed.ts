import type { ChangeContext } from '../manage/change.js';
import { assertMayReadObserved } from './assert-may-read-observed.js';
import type { AuditPorts } from './audit-ports.js';

/**
 * Deletes what guards in observe mode have counted so far.
 *
 * @throws ApiKeysError `forbidden`
 */
export async function deleteObserved(
  { observed }: Pick<AuditPorts, 'observed'>,
  context: ChangeContext,
): Promise<void> {
  assertMayReadObserved(context);
  await observed.clear();
}
