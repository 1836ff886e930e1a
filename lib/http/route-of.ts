import type { Request } from 'express';

/** Deeper paths are cut. */
const mostSegments = 8;

/** Words of a path: letters, with the marks that join them, and versions. */
const wordPattern = /^(?:[A-Za-z][A-Za-z._-]{0,23}|v\d{1,3})$/;

/**
 * The route of a request as it may be written down. What the app wrote (`/orders/:id`) is taken as it is; where only the
 * path of the request is known, all that is not a word becomes `:value`, because it may be a secret, and because whoever
 * asks must not decide how many routes there are.
 */
export function routeOf({
  baseUrl,
  path,
  route,
}: Pick<Request, 'baseUrl' | 'path'> & { route?: unknown }): string {
  const pattern = (route as { readonly path?: unknown } | undefined)?.path;
  if (pattern === undefined) return wordsOf(`${baseUrl}${path}`);
  const shown = typeof pattern === 'string' ? pattern : wordsOf(path);
  return baseUrl === '' ? shown : `${wordsOf(baseUrl)}${shown === '/' ? '' : shown}`;
}

function wordsOf(path: string): string {
  const segments = path
    .slice(0, 400)
    .split('/', mostSegments + 1)
    .filter((segment) => segment !== '');
  return `/${segments.map((segment) => (wordPattern.test(segment) ? segment : ':value')).join('/')}`;
}
