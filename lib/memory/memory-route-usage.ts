import {
  maxRoutesPerDay,
  otherRoutes,
  type DailyRouteCount,
  type RouteCount,
} from '../domain/route-usage.js';
import { isStorable } from '../domain/is-storable.js';
import type { RouteUsageQuery } from '../ports/usage-log.js';
import { deleteSome } from './delete-some.js';

/** The usage of keys by route, in memory. */
export class MemoryRouteUsage {
  /** Key id -> `<day> <route> <status>` -> the count. */
  readonly #counts = new Map<string, Map<string, DailyRouteCount>>();

  add(added: DailyRouteCount): void {
    if (!isStorable(added.route)) return;
    const ofKey = this.#counts.get(added.keyId) ?? new Map<string, DailyRouteCount>();
    this.#counts.set(added.keyId, ofKey);
    const route = hasRoom(ofKey.values(), added) ? added.route : otherRoutes;
    const name = `${added.day} ${route} ${added.status}`;
    ofKey.set(name, { ...added, route, count: added.count + (ofKey.get(name)?.count ?? 0) });
  }

  list({ keyId, from, to }: RouteUsageQuery): readonly RouteCount[] {
    const sums = new Map<string, RouteCount>();
    for (const { day, route, status, count } of this.#counts.get(keyId)?.values() ?? []) {
      if (day < from || day >= to) continue;
      const name = `${route}\0${status}`;
      sums.set(name, { route, status, count: count + (sums.get(name)?.count ?? 0) });
    }
    return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => sum);
  }

  forgetBefore(time: number, limit: number): number {
    let forgotten = 0;
    for (const ofKey of this.#counts.values())
      forgotten += deleteSome(ofKey, limit - forgotten, ({ day }) => day < time);
    return forgotten;
  }

  /** Deletes counts of keys, at most `limit` of them, and returns how many. */
  forgetKeys(keyIds: readonly string[], limit: number): number {
    let forgotten = 0;
    for (const keyId of keyIds) {
      const ofKey = this.#counts.get(keyId);
      if (ofKey === undefined) continue;
      forgotten += deleteSome(ofKey, limit - forgotten, () => true);
      if (ofKey.size === 0) this.#counts.delete(keyId);
    }
    return forgotten;
  }
}

function hasRoom(stored: Iterable<DailyRouteCount>, { day, route }: DailyRouteCount): boolean {
  const routes = new Set<string>();
  for (const each of stored) if (each.day === day && each.route !== otherRoutes) routes.add(each.route);
  return routes.has(route) || routes.size < maxRoutesPerDay;
}
