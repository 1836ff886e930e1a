import type { GuardDescription } from '../../http/handler-description.js';
import { coversPath } from './covers-path.js';
import type { Layer } from './express-stack.js';
import { getLayerPaths, isAtRoot } from './layer-paths.js';
import { readSegments, type Segments } from './path-segments.js';
import type { RouteTarget } from './route-target.js';
import { hasSamePattern } from './same-pattern.js';
import { takeMatch } from './take-match.js';

/** Something that requests pass before they reach a route. */
export interface InFront {
  readonly layer: Layer;
  /** The methods that it is for, in capital letters; `null` for all. */
  readonly methods: readonly string[] | null;
  /** How many routers its own one is mounted in. */
  readonly depth: number;
  /** The path of its router in the app. */
  readonly at: string;
  readonly seen:
    | GuardDescription
    | { readonly kind: 'open'; readonly reason: string }
    | { readonly kind: 'opaque'; readonly name: string };
}

/**
 * Which requests for a route pass a layer in front of it: all, none, or not all of them, with one that does not as an example. With
 * `null` as example nothing says that one does not, and nothing proves that all do.
 */
export type Passing = 'all' | 'none' | { readonly example: string | null };

/**
 * Tells which requests for a route pass a layer in front of it, whatever their method. All of them do if it is mounted at `/`, or has
 * the pattern of the layer that they reach next; or if all samples do and both paths are written accordingly.
 */
export function checkPassing(
  { layer, depth }: Pick<InFront, 'layer' | 'depth'>,
  target: RouteTarget,
): Passing {
  if (layer.route === undefined && isAtRoot(layer)) return 'all';
  const next = target.steps[depth]?.layer;
  if (next !== undefined && hasSamePattern(layer, next)) return 'all';
  const samples = target.samplesAt(depth);
  const missing = samples.find((path) => takeMatch(layer, path) === null);
  if (missing !== undefined) {
    const isForSome = samples.some((path) => takeMatch(layer, path) !== null);
    return isForSome ? { example: missing } : 'none';
  }
  if (samples.length === 0) return 'none';
  return isWrittenAsCovering(layer, target.formsAt(depth)) ? 'all' : { example: null };
}

function isWrittenAsCovering(layer: Layer, forms: readonly Segments[] | null): boolean {
  if (forms === null) return false;
  const paths = getLayerPaths(layer);
  // Where Express keeps only a function that matches, the samples are all there is.
  if (paths.includes(null)) return true;
  const own = paths.flatMap((path) => readSegments(layer, path) ?? []);
  const isPrefix = layer.route === undefined;
  return forms.every((form) => own.some((segments) => coversPath(segments, form, isPrefix)));
}
