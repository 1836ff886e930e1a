import type { ApiKeyRecord } from '../domain/api-key.js';
import { narrowToPlan } from '../domain/plan-bounds.js';
import type { ChangeContext } from './change.js';
import { getKey } from './get-key.js';
import type { ManagePorts } from './manage-ports.js';

/** Reads one key, with what the plan of its owner includes of its scopes and features now. */
export async function getUsableKey(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
): Promise<ApiKeyRecord> {
  const record = await getKey(ports, context, id);
  return narrowToPlan(record, ports.keyspaces.get(record.keyspace));
}
