import type { CredentialHeader } from '../../http/credential-source.js';
import { formatRoutes } from './format-routes.js';
import type { ListedRoutes } from './list-routes.js';
import { isListedOpen, type OpenRoute } from './open-routes.js';
import type { RouteRow } from './route-row.js';
import type { RoutesReport } from './routes-report.js';
import { secureDocument } from './secure-document.js';

/** What the instance knows besides the app. */
export interface ReportFacts {
  /** Every declared scope. */
  readonly scopes: readonly string[];
  /** Scopes that are asked for elsewhere than at routes. */
  readonly scopesElsewhere: readonly string[];
  readonly sources: readonly CredentialHeader[];
}

/** Draws from a list of routes what is wrong with them. */
export function createRoutesReport(
  { rows, late, middleware, scopes }: ListedRoutes,
  open: readonly OpenRoute[],
  facts: ReportFacts,
): RoutesReport {
  const routes = rows.map((row) => (isOpenable(row) && isListedOpen(row, open, rows) ? toOpen(row) : row));
  const opened = new Set(routes.filter(({ state }) => state === 'open').map(getNameOf));
  const used = new Set([
    ...routes.flatMap(({ guards }) => guards.flatMap((guard) => guard.scopes)),
    ...scopes,
    ...facts.scopesElsewhere,
  ]);
  return {
    routes,
    unguarded: routes.filter(isOpenable),
    observed: routes.filter(({ state }) => state === 'observed'),
    lateGuards: late.filter((guard) => !opened.has(getNameOf(guard))),
    unusedScopes: facts.scopes.filter((scope) => !used.has(scope)),
    countedTwice: routes.filter(({ guards }) => guards.filter(({ cost }) => cost > 0).length > 1),
    declaredTwice: listRepeated(routes),
    middleware,
    secureDocument: (document) => secureDocument(document, routes, facts.sources),
    toString: () => formatRoutes(routes, middleware),
  };
}

function isOpenable({ state }: RouteRow): boolean {
  return state === 'unguarded' || state === 'unknown';
}

function toOpen(row: RouteRow): RouteRow {
  return { ...row, state: 'open', reason: 'in the list of open routes', gaps: [] };
}

function getNameOf({ methods, path }: Pick<RouteRow, 'methods' | 'path'>): string {
  return `${methods.join()} ${path}`;
}

/** Parameters have the same place whatever their names. */
function listRepeated(routes: readonly RouteRow[]): readonly RouteRow[] {
  const before = new Map<string, Set<string>>();
  return routes.filter(({ methods, path, isPathKnown, state }) => {
    if (!isPathKnown || state === 'own') return false;
    const name = path.replace(/:\w+/g, ':');
    const known = before.get(name) ?? new Set();
    before.set(name, known);
    const isRepeated = methods.some((method) => known.has(method));
    for (const method of methods) known.add(method);
    return isRepeated;
  });
}
