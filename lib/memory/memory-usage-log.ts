import type { ApiKeyRecord } from '../domain/api-key.js';
import { dayMs } from '../domain/day-ms.js';
import { hourMs, getPeriodStart, type UsageCount } from '../domain/key-usage.js';
import type { UsedPart } from '../domain/used-part.js';
import type { KeyUse } from '../ports/key-store.js';
import { deleteSome } from './delete-some.js';
import type { DailyRouteCount, RouteCount } from '../domain/route-usage.js';
import type { RouteUsageQuery, UsageLog, UsageQuery } from '../ports/usage-log.js';
import { MemoryRouteUsage } from './memory-route-usage.js';

/** The counts of keys in memory. */
export class MemoryUsageLog implements UsageLog {
  /** Key id -> `<hour> <verdict>` -> how often. */
  readonly #counts = new Map<string, Map<string, UsageCount>>();

  /** Key id -> `<kind> <name>` -> the days of its use. */
  readonly #parts = new Map<string, Map<string, UsedPart>>();
  readonly #routes = new MemoryRouteUsage();
  readonly #findKey: (id: string) => ApiKeyRecord | undefined;

  /** @param findKey - what is recorded of secrets that a key no longer has is not listed */
  constructor(findKey: (id: string) => ApiKeyRecord | undefined) {
    this.#findKey = findKey;
  }

  add({ keyId, at, count, verdict, parts }: KeyUse): void {
    const ofKey = this.#counts.get(keyId) ?? new Map<string, UsageCount>();
    this.#counts.set(keyId, ofKey);
    add(ofKey, { start: getPeriodStart(hourMs, at), verdict, count });
    for (const { kind, name } of parts) this.#addPart({ keyId, kind, name }, getPeriodStart(dayMs, at));
  }

  #addPart(part: Pick<UsedPart, 'keyId' | 'kind' | 'name'>, day: number): void {
    const ofKey = this.#parts.get(part.keyId) ?? new Map<string, UsedPart>();
    this.#parts.set(part.keyId, ofKey);
    const name = `${part.kind} ${part.name}`;
    const known = ofKey.get(name);
    if (known !== undefined && known.lastUsedOn >= day) return;
    ofKey.set(name, { ...part, firstUsedOn: known?.firstUsedOn ?? day, lastUsedOn: day });
  }

  async listParts(keyIds: readonly string[]): Promise<readonly UsedPart[]> {
    return [...new Set(keyIds)].sort().flatMap((keyId) => {
      const credentials = this.#findKey(keyId)?.credentials ?? [];
      return [...(this.#parts.get(keyId) ?? [])]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, part]) => part)
        .filter(({ kind, name }) => kind === 'scope' || credentials.some(({ id }) => id === name));
    });
  }

  /** Deletes what is recorded of the parts of a key. */
  forgetParts(keyId: string): void {
    this.#parts.delete(keyId);
  }

  async addRoutes(counts: readonly DailyRouteCount[]): Promise<void> {
    for (const each of counts) if (this.#findKey(each.keyId) !== undefined) this.#routes.add(each);
  }

  async listRoutes(query: RouteUsageQuery): Promise<readonly RouteCount[]> {
    return this.#routes.list(query);
  }

  /** Deletes counts of routes of keys, at most `limit` of them, and returns how many. */
  forgetRoutes(keyIds: readonly string[], limit: number): number {
    return this.#routes.forgetKeys(keyIds, limit);
  }

  async list({ keyId, from, to, by }: UsageQuery): Promise<readonly UsageCount[]> {
    const periods = new Map<string, UsageCount>();
    for (const hour of this.#counts.get(keyId)?.values() ?? []) {
      if (hour.start < from || hour.start >= to) continue;
      add(periods, { ...hour, start: getPeriodStart(by === 'day' ? dayMs : hourMs, hour.start) });
    }
    return [...periods.values()].sort((a, b) => a.start - b.start || (a.verdict < b.verdict ? -1 : 1));
  }

  async forgetBefore(time: number, limit: number): Promise<number> {
    let forgotten = 0;
    for (const ofKey of this.#counts.values()) {
      for (const [name, { start }] of ofKey) {
        if (start >= time || forgotten === limit) continue;
        ofKey.delete(name);
        forgotten += 1;
      }
    }
    return forgotten + this.#routes.forgetBefore(time, limit - forgotten);
  }

  /** Deletes counts of keys, at most `limit` of them, and returns how many. */
  forgetKeys(keyIds: readonly string[], limit: number): number {
    let forgotten = 0;
    for (const keyId of keyIds) {
      const ofKey = this.#counts.get(keyId) ?? new Map<string, UsageCount>();
      forgotten += deleteSome(ofKey, limit - forgotten, () => true);
      if (ofKey.size === 0) this.#counts.delete(keyId);
    }
    return forgotten + this.#routes.forgetKeys(keyIds, limit - forgotten);
  }
}

function add(counts: Map<string, UsageCount>, more: UsageCount): void {
  const name = `${more.start} ${more.verdict}`;
  counts.set(name, { ...more, count: (counts.get(name)?.count ?? 0) + more.count });
}
