import type { RouteRow } from './route-row.js';

/**
 * Writes a line for each route: methods, path, state, and what is required or hidden; and one for functions mounted at `/`, which
 * are no routes, and may answer all the same.
 */
export function formatRoutes(
  rows: readonly RouteRow[],
  middleware: ReadonlyArray<{ readonly path: string; readonly name: string }>,
): string {
  const atRoot = middleware.filter(({ path }) => path === '/').map(({ name }) => name);
  const note = `Mounted at /, and may answer requests without a guard: ${[...new Set(atRoot)].join(', ')}`;
  return [...formatRows(rows), ...(atRoot.length === 0 ? [] : [note])].join('\n');
}

function formatRows(rows: readonly RouteRow[]): readonly string[] {
  const lines = rows.map((row) => [row.methods.join(','), row.path, row.state, explain(row)]);
  const widths = [0, 1, 2].map((column) => Math.max(0, ...lines.map((line) => line[column]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

/** What decides about a route, or what may. */
export function explain({ state, guards, reason, router, opaque, gaps, isPathKnown }: RouteRow): string {
  const parts = [
    ...guards.map(({ what, requires, feature, hasFallback, isObserving }) =>
      [
        `${what}: ${requires}`,
        ...(feature === null ? [] : [`feature ${feature}`]),
        ...(hasFallback ? ['or the fallback'] : []),
        ...(isObserving ? ['not enforced'] : []),
      ].join(', '),
    ),
    ...(state === 'open' && reason !== null ? [reason] : []),
    ...(router === null ? [] : [router]),
    ...(state === 'unknown' && opaque.length > 0 ? [`a guard may be hidden in ${opaque.join(', ')}`] : []),
    ...gaps,
    ...(isPathKnown ? [] : ['Express does not keep the path of a mount']),
  ];
  return parts.join('; ');
}
