import type { Layer } from './express-stack.js';
import { isAtRoot, type LayerPath } from './layer-paths.js';

/** More forms of one path are not looked at. */
const maxForms = 64;

/**
 * Returns every form of a path, with and without each of its optional parts, in the notation of its Express without optional
 * parts. `null` for what is no string, and when there are too many.
 */
export function expandPath(layer: Layer, path: LayerPath): readonly string[] | null {
  if (isAtRoot(layer) && layer.route === undefined) return [''];
  if (typeof path !== 'string') return null;
  let forms = [isOfExpress4(layer) ? markOptionalOf4(path) : markOptionalOf5(path)];
  while (forms.some((form) => innermost.test(form))) {
    if (forms.length > maxForms / 2) return null;
    forms = forms.flatMap((form) =>
      innermost.test(form) ? [form.replace(innermost, '$1'), form.replace(innermost, '')] : [form],
    );
  }
  return [...new Set(forms)];
}

/** Whether a layer keeps a pattern, as those of Express 4 do. */
export function isOfExpress4({ regexp }: Layer): boolean {
  return regexp instanceof RegExp;
}

/** Around optional parts: characters that no path has. */
const [begin, end] = ['\uE000', '\uE001'];
const innermost = new RegExp(`${begin}([^${begin}${end}]*)${end}`);

/** `/:id?` */
function markOptionalOf4(path: string): string {
  return path.replace(/[/.]?:\w+(?:\((?:\\.|[^()])*\))?\?/g, (part) => `${begin}${part.slice(0, -1)}${end}`);
}

/** `{/:id}` */
function markOptionalOf5(path: string): string {
  return path.replace(/\\.|[{}]/g, (part) => (part === '{' ? begin : part === '}' ? end : part));
}
