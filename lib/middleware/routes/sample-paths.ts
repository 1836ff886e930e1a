import type { Layer } from './express-stack.js';
import type { LayerPath } from './layer-paths.js';
import { createSampleParts, type SamplePart } from './sample-parts.js';
import { takeMatch } from './take-match.js';

/** A layer on the way of a request to a handler, and the one of its paths that is looked at. */
export interface Step {
  readonly layer: Layer;
  readonly path: LayerPath;
}

/** What may stand behind the path of a function that answers everything below it. */
const below = ['', '/', '/q', '/q/7', '/a.b', '//q'].map((text) => ({ text, isAssumed: false }));
const nothing: SamplePart = { text: '', isAssumed: false };

/**
 * Returns paths of requests that reach a handler through layers, so that it can be tried whether they pass a guard: all samples
 * of each layer, with one of each other layer, and two slashes between any two. Empty when none can be made.
 *
 * @param isOpenEnded - whether the last layer answers whatever is below its path
 */
export function createSamplePaths(steps: readonly Step[], isOpenEnded: boolean): readonly string[] {
  const lists = steps.map(({ layer, path }) => createSampleParts(layer, path));
  if (lists.some((list) => list.length === 0)) return [];
  if (isOpenEnded) lists.push(below);
  const first = lists.map(([part = nothing]) => part);
  const most = Math.max(...lists.map(({ length }) => length));
  const ways = [
    first,
    ...lists.flatMap((list, index) => list.map((part) => first.with(index, part))),
    ...Array.from({ length: most }, (_, at) => lists.map((list) => list[at % list.length] ?? nothing)),
    ...first.slice(0, -1).map((part, index) => first.with(index, { ...part, text: `${part.text}/` })),
  ];
  const paths = ways.flatMap((parts) => {
    const path = parts.map(({ text }) => text).join('') || '/';
    const isTried = parts.some(({ isAssumed }) => isAssumed) || isReached(steps, path);
    return path.startsWith('/') && isTried ? [path] : [];
  });
  return [...new Set(paths)];
}

/** Walks through layers as Express does, which cuts off what mounted layers take. */
function isReached(steps: readonly Step[], path: string): boolean {
  let rest = path;
  for (const { layer } of steps) {
    const taken = takeMatch(layer, rest);
    if (taken === null) return false;
    rest = rest.slice(taken.length);
    if (!rest.startsWith('/')) rest = `/${rest}`;
  }
  return true;
}
