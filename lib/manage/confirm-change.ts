import type { ApiKeyRecord } from '../domain/api-key.js';
import type { Changed } from './key-service.js';
import type { ManagePorts } from './manage-ports.js';

/**
 * A change has happened when it is committed, but it is only reported as done when no process can accept what it took
 * away. Processes keep nothing to themselves, so the shared cache is all there is to overwrite; when that cannot be
 * confirmed, the answer names the time by which every older copy is dead.
 *
 * @param changedAt - wall clock in milliseconds, taken before the change was committed
 */
export async function confirmChange(
  ports: Pick<ManagePorts, 'cache' | 'clock'>,
  record: ApiKeyRecord,
  changedAt: number,
): Promise<Changed> {
  const { cache, clock } = ports;
  if (cache === null || (await cache.publish(record, changedAt))) {
    return { record, effectiveBy: null };
  }
  return { record, effectiveBy: clock.now() + cache.maxStalenessMs };
}
