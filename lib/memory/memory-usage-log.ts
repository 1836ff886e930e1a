import { dayMs } from '../domain/day-ms.js';
import { hourMs, getPeriodStart, type UsageCount } from '../domain/key-usage.js';
import type { KeyUse } from '../ports/key-store.js';
import type { UsageLog, UsageQuery } from '../ports/usage-log.js';

/** The counts of keys in memory. */
export class MemoryUsageLog implements UsageLog {
  /** Key id -> `<hour> <verdict>` -> how often. */
  readonly #counts = new Map<string, Map<string, UsageCount>>();

  add({ keyId, at, count, verdict }: KeyUse): void {
    const ofKey = this.#counts.get(keyId) ?? new Map<string, UsageCount>();
    this.#counts.set(keyId, ofKey);
    add(ofKey, { start: getPeriodStart(hourMs, at), verdict, count });
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
    return forgotten;
  }
}

function add(counts: Map<string, UsageCount>, more: UsageCount): void {
  const name = `${more.start} ${more.verdict}`;
  counts.set(name, { ...more, count: (counts.get(name)?.count ?? 0) + more.count });
}
