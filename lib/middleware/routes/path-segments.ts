import type { Layer } from './express-stack.js';
import type { LayerPath } from './layer-paths.js';
import { expandPath, isOfExpress4 } from './path-forms.js';

/**
 * The segments of a path, without the names of its parameters: `/orders/:id(\\d+)/*rest` -> `orders`, `:(\\d+)`, `*`. That is all
 * that two paths are compared by.
 */
export type Segments = readonly string[];

/**
 * Reads the segments of every form of a path. `null` for regular expressions and for paths with parts of them, which cannot be
 * compared segment by segment.
 */
export function readSegments(layer: Layer, path: LayerPath): readonly Segments[] | null {
  const forms = expandPath(layer, path)?.map((form) => split(isOfExpress4(layer) ? form : removeNames(form)));
  if (forms === undefined || forms.includes(null)) return null;
  return forms as Segments[];
}

/** `*rest` -> `*`: only Express 5 gives wildcards a name. */
function removeNames(form: string): string {
  return form.replace(/\*[\p{ID_Start}$_][\p{ID_Continue}$]*/gu, '*');
}

function split(form: string): Segments | null {
  const path = form.replace(/:[\p{ID_Start}$_][\p{ID_Continue}$]*/gu, ':');
  const withoutConstraints = path.replace(/:\((?:\\.|[^()/])*\)/g, ':');
  if (/[()[\]{}?+|^$\\"]/.test(withoutConstraints)) return null;
  if (path === '' || path === '*') return path === '' ? [] : ['*'];
  if (!path.startsWith('/')) return null;
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  if (path === '/') return [];
  return segments.includes('') ? null : segments;
}
