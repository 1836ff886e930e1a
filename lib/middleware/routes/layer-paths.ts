import type { Layer } from './express-stack.js';

/** One of the paths of a layer, as the app wrote it; `null`: Express keeps only a function that matches. */
export type LayerPath = string | RegExp | null;

/**
 * Returns the paths of a layer. Routes keep theirs. Of what is mounted with `use`, `router` 2.3 keeps the path, older ones of
 * Express 5 keep a function, and Express 4 keeps the pattern that the path became, from which it is read back.
 */
export function getLayerPaths(layer: Layer): readonly LayerPath[] {
  if (layer.route !== undefined) return toPaths(layer.route.path);
  if (isAtRoot(layer)) return ['/'];
  if (layer.rawPath !== undefined) return toPaths(layer.rawPath);
  if (layer.regexp instanceof RegExp) return readBack(layer, layer.regexp);
  return [null];
}

/** Whether a layer is mounted at `/`, so that every path matches. */
export function isAtRoot({ slash, regexp }: Layer): boolean {
  return slash === true || regexp?.fast_slash === true;
}

function toPaths(given: unknown): readonly LayerPath[] {
  const flat: readonly unknown[] = Array.isArray(given) ? given.flat(Infinity) : [given];
  return flat.map((path) => (typeof path === 'string' || path instanceof RegExp ? path : null));
}

/** The end that Express 4 gives to the pattern of a mount path. */
const end = '/?(?=/|$)';

/**
 * Reads the paths back from the pattern of a layer of Express 4. Whether they are right is not left to this reader: Express
 * itself makes a layer of them, which must have the same pattern. Else the pattern itself is the path.
 */
function readBack(
  layer: Layer,
  { source, flags }: RegExp & { readonly source: string },
): readonly LayerPath[] {
  const names = (layer.keys ?? []).map(({ name }) => name);
  const paths = source
    .replaceAll('\\/', '/')
    .split(`${end}|^`)
    .map((part) => part.replace(/^\^/, ''))
    .map((part) => (part.endsWith(end) ? part.slice(0, -end.length) : part))
    .map((part) => readParameters(part, names) || '/');
  const again = compileAgain(layer, paths.length === 1 ? paths[0] : paths, flags);
  if (again?.source === source && again.flags === flags) return paths;
  return [layer.regexp ?? null];
}

function compileAgain(layer: Layer, path: unknown, flags: string): RegExp | null {
  const { constructor: LayerClass } = Object.getPrototypeOf(layer) as {
    constructor: (path: unknown, options: object, handle: () => void) => Layer;
  };
  try {
    const options = { sensitive: !flags.includes('i'), strict: false, end: false };
    return LayerClass(path, options, () => undefined).regexp ?? null;
  } catch {
    return null;
  }
}

/** `(?:/([^/]+?))` -> `/:id`, `(.*)` -> `*`, with the names in the order of the pattern. */
function readParameters(part: string, names: Array<string | number>): string {
  let path = '';
  let rest = part;
  while (rest !== '') {
    const parameter = readParameter(rest);
    if (parameter !== null) {
      path += `${parameter.before}:${names.shift()}${parameter.after}`;
      rest = rest.slice(parameter.length);
    } else if (rest.startsWith('(.*)')) {
      names.shift();
      path += '*';
      rest = rest.slice(4);
    } else {
      const isEscaped = rest.startsWith('\\.');
      path += isEscaped ? '.' : rest[0];
      rest = rest.slice(isEscaped ? 2 : 1);
    }
  }
  return path;
}

/** What stands for one parameter at the beginning of a pattern; `null` when it begins with something else. */
function readParameter(
  rest: string,
): { readonly before: string; readonly after: string; readonly length: number } | null {
  const begin = /^\(\?:(\\\.)?(\/?)\(/.exec(rest);
  if (begin === null) return null;
  const opened = begin[0].length - 1;
  const closed = findClosing(rest, opened);
  if (closed === null || rest[closed + 1] !== ')') return null;
  const capture = rest.slice(opened + 1, closed);
  const isDefault = capture.startsWith('[^/') || capture.startsWith('(?:(?!/|');
  const isOptional = rest[closed + 2] === '?';
  return {
    before: `${begin[2]}${begin[1] === undefined ? '' : '.'}`,
    after: `${isDefault ? '' : `(${capture})`}${isOptional ? '?' : ''}`,
    length: closed + (isOptional ? 3 : 2),
  };
}

function findClosing(text: string, opened: number): number | null {
  let depth = 0;
  for (let at = opened; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '(') depth += 1;
    else if (text[at] === ')') depth -= 1;
    if (depth === 0) return at;
  }
  return null;
}
