import type { ApiKeyRecord } from '../domain/api-key.js';
import { resolveAuthority, createFinder, findVisible } from './authority.js';
import type { ChangeContext } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** Reads one key. A key can always read itself. */
export async function getKey(ports: ManagePorts, context: ChangeContext, id: string): Promise<ApiKeyRecord> {
  const find = createFinder(ports, ports.store);
  if (isOwnKey(context, id)) return findVisible(find, id, null);
  const { ownerId } = await resolveAuthority(ports, context, 'read', find, ports.clock.now());
  return findVisible(find, id, ownerId);
}

/** Whether the actor is the key that the command operates on. */
export function isOwnKey(context: ChangeContext, id: string): boolean {
  return context.actor.kind === 'key' && context.actor.apiKey.id === id;
}
