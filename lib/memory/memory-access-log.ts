import type { AccessEntry } from '../domain/access-entry.js';
import type { AccessLog, AccessPosition, AccessQuery, AccessScan } from '../ports/access-log.js';

/** The access log of a store in memory. */
export class MemoryAccessLog implements AccessLog {
  /** Newest first. The list is replaced, never modified. */
  #events: readonly AccessEntry[] = [];

  async add(events: readonly AccessEntry[]): Promise<void> {
    const known = new Set(this.#events.map(({ id }) => id));
    const added = new Map<string, AccessEntry>();
    for (const event of events) {
      if (!known.has(event.id) && !added.has(event.id) && isStorable(event)) {
        added.set(event.id, structuredClone(event));
      }
    }
    this.#events = [...this.#events, ...added.values()].sort(compareNewestFirst);
  }

  async list(query: AccessQuery): Promise<readonly AccessEntry[]> {
    return this.#events
      .filter((event) => isWanted(event, query))
      .slice(0, query.limit)
      .map((event) => structuredClone(event));
  }

  async findScanEnd(query: AccessScan, rows: number): Promise<AccessPosition | null> {
    const end = this.#events.filter((event) => isWanted(event, query))[rows - 1];
    return end === undefined ? null : { at: end.at, id: end.id };
  }

  /**
   * Deletes events of an owner, and those of unknown callers with one of its keys, at most `limit` of them, and returns how many were
   * deleted.
   */
  async eraseOwner(
    ownerId: string,
    isKeyOfOwner: (keyId: string) => boolean,
    limit: number,
  ): Promise<number> {
    const { length } = this.#events;
    const isDue = ({ ownerId: whose, keyId, actor }: AccessEntry): boolean =>
      whose === null ? keyId !== null && actor === null && isKeyOfOwner(keyId) : whose === ownerId;
    let left = limit;
    this.#events = this.#events.filter((event) => !isDue(event) || (left -= 1) < 0);
    return length - this.#events.length;
  }

  async prune(before: number, keep: number, limit: number): Promise<number> {
    const { length } = this.#events;
    const kept = this.#events.slice(0, keep).filter(({ at }) => at >= before).length;
    this.#events = this.#events.slice(0, Math.max(kept, length - limit));
    return length - this.#events.length;
  }
}

/** Skips what databases reject. */
function isStorable({ id, method, route, keyId, ownerId, actor }: AccessEntry): boolean {
  return [id, method, route, keyId, ownerId, actor?.id].every(
    (value) => !/\0|\p{Surrogate}/u.test(value ?? ''),
  );
}

function isWanted(event: AccessEntry, query: Omit<AccessQuery, 'limit'>): boolean {
  const { ownerId, keyId, action, code, from, to, after, until } = query;
  if (ownerId !== undefined && event.ownerId !== ownerId) return false;
  if (keyId !== undefined && event.keyId !== keyId) return false;
  if (action !== undefined && event.action !== action) return false;
  if (code !== undefined && event.code !== code) return false;
  if (from !== undefined && event.at < from) return false;
  if (to !== undefined && event.at >= to) return false;
  if (until !== undefined && compareNewestFirst(event, until) > 0) return false;
  return after === undefined || compareNewestFirst(after, event) < 0;
}

function compareNewestFirst(a: AccessPosition, b: AccessPosition): number {
  if (a.at !== b.at) return b.at - a.at;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}
