import type { Layer } from './express-stack.js';

/**
 * Returns what a layer takes of a path: all of it for a route, the beginning for what is mounted; `null` when it does not match.
 * The same checks as Express makes before it calls a mounted handler.
 */
export function takeMatch(layer: Layer, path: string): string | null {
  let match: unknown;
  try {
    match = layer.match(path);
  } catch {
    return null;
  }
  if (match === false || match === undefined || match === null) return null;
  const { path: taken } = (typeof match === 'object' ? match : layer) as { readonly path?: unknown };
  if (typeof taken !== 'string') return null;
  if (layer.route !== undefined || taken === '') return taken;
  const next = path[taken.length];
  return path.startsWith(taken) && (next === undefined || next === '/') ? taken : null;
}
