import type { ApiKeyRecord } from '../domain/api-key.js';
import type { KeyState } from '../domain/key-state.js';
import { authorityOf, findIn } from './authority.js';
import { parseCondition, parsePageSize, parseState, readListFilter } from './list-filter.js';
import { bindingOf, openCursor, signCursor } from './list-cursor.js';
import type { ChangeContext } from './key-service.js';
import type { ManagePorts } from './manage-ports.js';

/** Which keys to list; conditions that are left out do not restrict. */
export interface KeyFilter {
  /** 1 to 100; default 20. */
  readonly limit?: number | undefined;
  /** `nextCursor` of the page before; valid only for the same actor and filter. */
  readonly cursor?: string | undefined;
  /** For admins; an owner sees only its own keys whatever stands here. */
  readonly ownerId?: string | undefined;
  readonly keyspace?: string | undefined;
  readonly state?: KeyState | undefined;
  /** Keys that were granted exactly this scope. */
  readonly scope?: string | undefined;
  /** Part of the name. */
  readonly q?: string | undefined;
}

/** One page of a list, newest first. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Pass it as `cursor` for the next page; `null` on the last one. */
  readonly nextCursor: string | null;
}

/** Lists keys, newest first. An owner's own id is part of the query, so that no filter can reach past it. */
export async function listKeys(
  ports: ManagePorts,
  context: ChangeContext,
  filter: KeyFilter,
): Promise<Page<ApiKeyRecord>> {
  const { limit, cursor, ...wanted } = readListFilter<KeyFilter>(filter, {
    limit: parsePageSize,
    cursor: parseCondition,
    ownerId: parseCondition,
    keyspace: parseCondition,
    state: parseState,
    scope: parseCondition,
    q: parseCondition,
  });
  const { ownerId: seenOwner } = await authorityOf(context, findIn(ports.store), ports.clock.now());
  if (seenOwner !== null && wanted.ownerId !== undefined && wanted.ownerId !== seenOwner) {
    return { items: [], nextCursor: null };
  }
  const conditions = { ...wanted, ownerId: seenOwner ?? wanted.ownerId };
  const binding = bindingOf('keys', conditions);
  const position = openCursor(ports.cursorSigner, cursor, binding);
  const found = await ports.store.list({
    ...conditions,
    now: ports.clock.now(),
    after: position === null ? undefined : keyPosition(position),
    limit: limit + 1,
  });
  const items = found.slice(0, limit);
  const last = items.at(-1);
  const nextCursor =
    found.length > limit && last !== undefined
      ? signCursor(ports.cursorSigner, [last.createdAt, last.id], binding)
      : null;
  return { items, nextCursor };
}

function keyPosition(position: readonly (string | number)[]): { createdAt: number; id: string } {
  return { createdAt: Number(position[0]), id: String(position[1]) };
}
