import type { ApiKeyRecord } from '../domain/api-key.js';
import { narrowToAncestors } from '../domain/narrow-to-ancestors.js';
import { narrowToPlan } from '../domain/plan-bounds.js';
import type { ChangeContext } from './change.js';
import { getKey } from './get-key.js';
import type { ManagePorts } from './manage-ports.js';

/** Reads one key, with what the keys above it and the plan of its owner leave of its rights now. */
export async function getUsableKey(
  ports: ManagePorts,
  context: ChangeContext,
  id: string,
): Promise<ApiKeyRecord> {
  const record = await getKey(ports, context, id);
  const { keyspaces } = ports;
  const narrowed = narrowToAncestors(record, keyspaces.catalogueOf(record));
  return narrowToPlan(narrowed, keyspaces.get(record.keyspace));
}
