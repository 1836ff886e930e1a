import type { GuardDescription } from '../../http/handler-description.js';
import type { Layer } from './express-stack.js';
import { isAtRoot } from './layer-paths.js';
import { takeMatch } from './sample-paths.js';

/** Something that requests pass before they reach a route. */
export interface InFront {
  readonly layer: Layer;
  /** The methods that it is for, in capital letters; `null` for all. */
  readonly methods: readonly string[] | null;
  /** Ways from the router of the layer to the one that is looked at, as sample paths; empty: not known. */
  readonly ways: readonly string[];
  readonly seen:
    | GuardDescription
    | { readonly kind: 'open'; readonly reason: string }
    | { readonly kind: 'opaque'; readonly name: string };
}

/** More combinations of samples are not tried, and count as unknown. */
const maxWays = 64;

/** Returns every sample behind every way. */
export function joinWays(ways: readonly string[], samples: readonly string[]): readonly string[] {
  if (ways.length * samples.length > maxWays) return [];
  return ways.flatMap((way) => samples.map((sample) => way.replace(/\/$/, '') + sample));
}

/**
 * Whether all requests for a route pass a layer in front of it. Where its paths are not known, only what is mounted at `/` counts:
 * a guard that is not seen is reported, and one that is imagined is not.
 *
 * @param method - of the route, in capital letters; `*` for all
 * @param samples - paths of the route in its own router
 */
export function isPassed(
  { layer, methods, ways }: Pick<InFront, 'layer' | 'methods' | 'ways'>,
  method: string,
  samples: readonly string[],
): boolean {
  if (methods !== null && !methods.includes('*') && !methods.includes(method)) return false;
  if (layer.route === undefined && isAtRoot(layer)) return true;
  const paths = joinWays(ways, samples);
  return paths.length > 0 && paths.every((path) => takeMatch(layer, path === '' ? '/' : path) !== null);
}
