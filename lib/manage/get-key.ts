import type { ApiKeyRecord } from '../domain/api-key.js';
import { resolveAuthority, createFinder, findVisible } from './authority.js';
import type { ChangeContext } from './change.js';
import type { ManagePorts } from './manage-ports.js';

/** One key. The holder of a key always sees that key itself. */
export async function getKey(ports: ManagePorts, context: ChangeContext, id: string): Promise<ApiKeyRecord> {
  const find = createFinder(ports, ports.store);
  if (isOwnKey(context, id)) return findVisible(find, id, null);
  const { ownerId } = await resolveAuthority(ports, context, find, ports.clock.now());
  return findVisible(find, id, ownerId);
}

/** Whether the actor is the very key that the command is about. */
export function isOwnKey(context: ChangeContext, id: string): boolean {
  return context.actor.kind === 'key' && context.actor.apiKey.id === id;
}
