import { addObserved, type ObservedGroup, type ObservedRefusal } from '../domain/observed-refusal.js';
import type { ObservationLog, ObservationQuery } from '../ports/observation-log.js';

/** What guards in observe mode would have refused, of a store in memory. */
export class MemoryObservationLog implements ObservationLog {
  #counts = new Map<string, ObservedRefusal>();

  async add(counts: readonly ObservedRefusal[]): Promise<void> {
    for (const each of counts.filter(isStorable)) {
      const name = `${each.hour}\n${deriveGroupName(each)}`;
      const before = this.#counts.get(name);
      this.#counts.set(name, before === undefined ? { ...each } : addObserved(before, each));
    }
  }

  async list(query: ObservationQuery): Promise<readonly ObservedGroup[]> {
    const groups = new Map<string, ObservedGroup>();
    for (const { hour: _, ...each } of this.#counts.values()) {
      if (!isWanted(each, query)) continue;
      const before = groups.get(deriveGroupName(each));
      groups.set(deriveGroupName(each), before === undefined ? each : addObserved(before, each));
    }
    return [...groups.values()].sort(compareMostFrequent).slice(0, query.limit);
  }

  async prune(before: number, keep: number, limit: number): Promise<number> {
    const oldest = [...this.#counts].sort(([, a], [, b]) => a.hour - b.hour);
    const outdated = oldest.filter(([, { hour }]) => hour < before).length;
    const due = Math.min(limit, Math.max(outdated, oldest.length - keep));
    for (const [name] of oldest.slice(0, due)) this.#counts.delete(name);
    return due;
  }

  /** Deletes counts of an owner, at most `limit` of them, and returns how many were deleted. */
  async eraseOwner(ownerId: string, limit: number): Promise<number> {
    const due = [...this.#counts].filter(([, each]) => each.ownerId === ownerId).slice(0, limit);
    for (const [name] of due) this.#counts.delete(name);
    return due.length;
  }
}

/** Skips what databases reject. */
function isStorable({ method, route, code, keyId, ownerId }: ObservedRefusal): boolean {
  return [method, route, code, keyId, ownerId].every((value) => !/\0|\p{Surrogate}/u.test(value ?? ''));
}

function deriveGroupName({ method, route, code, keyId }: ObservedGroup): string {
  return `${method}\n${route}\n${code}\n${keyId ?? ''}`;
}

function isWanted(each: ObservedGroup, { ownerId, keyId, code, from, to }: ObservationQuery): boolean {
  if (ownerId !== undefined && each.ownerId !== ownerId) return false;
  if (keyId !== undefined && each.keyId !== keyId) return false;
  if (code !== undefined && each.code !== code) return false;
  return (from === undefined || each.lastAt >= from) && (to === undefined || each.firstAt < to);
}

function compareMostFrequent(a: ObservedGroup, b: ObservedGroup): number {
  if (a.count !== b.count) return b.count - a.count;
  return (
    compare(a.method, b.method) ||
    compare(a.route, b.route) ||
    compare(a.code, b.code) ||
    compare(a.keyId ?? '', b.keyId ?? '')
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
