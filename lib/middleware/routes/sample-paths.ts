import type { Layer } from './express-stack.js';
import { isAtRoot, type LayerPath } from './layer-paths.js';

/** What parameters are filled with: what no app has written as a word of a path, and numbers, for patterns that want them. */
const fillings = ['~sample-1', '7'];
/** More optional parts are not looked at one by one. */
const maxSamples = 32;

/**
 * Returns paths that a layer matches, one for each form that its path can take, so that it can be tried whether layers in
 * front match as well. Empty when none can be made, as for regular expressions.
 */
export function createSamplePaths(layer: Layer, path: LayerPath): readonly string[] {
  if (isAtRoot(layer) && layer.route === undefined) return [''];
  if (typeof path !== 'string') return [];
  const isExpress4 = layer.regexp instanceof RegExp;
  const forms = expandOptional(isExpress4 ? toGroups(path) : path);
  const samples = forms.map((form) =>
    fillings
      .map((filling) => fill(form, filling))
      .find((sample) => takeMatch(layer, sample === '' ? '/' : sample) !== null),
  );
  // A form without a sample may be one that layers in front do not match.
  return samples.some((sample) => sample === undefined) ? [] : (samples as string[]);
}

/** The optional parts of Express 4 in the notation of Express 5: `/:id?` -> `{/:id}`. */
function toGroups(path: string): string {
  return path.replace(/[/.]?:\w+(?:\((?:\\.|[^()])*\))?\?/g, (part) => `{${part.slice(0, -1)}}`);
}

/** Every form of a path, with and without each of its optional parts. */
function expandOptional(path: string): readonly string[] {
  let forms = [path];
  while (forms.length < maxSamples) {
    const [first = ''] = forms;
    if (!/\{[^{}]*\}/.test(first)) break;
    forms = forms.flatMap((form) => [form.replace(/\{([^{}]*)\}/, '$1'), form.replace(/\{[^{}]*\}/, '')]);
  }
  return [...new Set(forms)];
}

function fill(form: string, filling: string): string {
  return form
    .replace(/:(?:\w+|"[^"]*")(?:\((?:\\.|[^()])*\))?/g, filling)
    .replace(/\*\w*/g, filling)
    .replace(/\\(.)/g, '$1');
}

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
  const isWhole = next === undefined || next === '/' || taken.endsWith('/');
  return path.startsWith(taken) && isWhole ? taken : null;
}
