import { AssertionError } from 'node:assert';
import { explain } from './format-routes.js';
import { isUsed, type OpenRoute } from './open-routes.js';
import type { RouteRow } from './route-row.js';
import type { RoutesReport } from './routes-report.js';

/**
 * @param mayBeObserved - whether guards in observe mode count
 * @throws AssertionError with a line for each route without a guard, and for each entry of the list that names none
 */
export function assertGuarded(
  report: RoutesReport,
  open: readonly OpenRoute[],
  mayBeObserved: boolean,
): void {
  const { routes, unguarded } = report;
  const observed = mayBeObserved ? [] : report.observed;
  if (routes.length === 0) {
    throw createError(['The app has no routes: call this behind everything that mounts some.']);
  }
  const unused = open.filter((entry) => !isUsed(entry, routes));
  if (unguarded.length === 0 && observed.length === 0 && unused.length === 0) return;
  throw createError([
    ...(unguarded.length === 0 ? [] : ['No guard is seen for these routes:']),
    ...unguarded.map((row) => `  ${row.methods.join()} ${row.path}${explainFor(row, report)}`),
    ...(unguarded.length === 0
      ? []
      : ["Place requireApiKey(…) before the handler, or apiKeys.open('why'), or list the route in open."]),
    ...(observed.length === 0 ? [] : ['The guards of these routes let every request through:']),
    ...observed.map((row) => `  ${row.methods.join()} ${row.path} (${explain(row)})`),
    ...(observed.length === 0
      ? []
      : ["Remove mode: 'observe', or pass { allowObserved: true } while you observe."]),
    ...unused.map(({ text, path }) => {
      const isAmbiguous = routes.filter((row) => row.path === path && !row.isPathKnown).length > 1;
      const reason = isAmbiguous
        ? "several routes are called that, whose mount paths Express does not keep: write apiKeys.open('why') in the route"
        : 'no route without a guard is called that';
      return `open has ${JSON.stringify(text)}, but ${reason}.`;
    }),
  ]);
}

function explainFor(row: RouteRow, { lateGuards }: RoutesReport): string {
  const late = lateGuards.find(
    ({ path, methods }) => path === row.path && methods.join() === row.methods.join(),
  );
  const reasons = [
    ...[explain(row)].filter((reason) => reason !== ''),
    ...(late === undefined ? [] : [`the guard for ${late.requires} stands behind its handler`]),
  ];
  return reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
}

function createError(lines: readonly string[]): AssertionError {
  return new AssertionError({ message: `assertAllRoutesGuarded: ${lines.join('\n')}` });
}
