import type { Request } from 'express';
import { memoize } from '../domain/memoize.js';
import { maySecretBeIn } from '../domain/secret-like.js';
import type { MountWords } from './mount-words.js';

/** Deeper paths are cut. */
const maxSegments = 8;

/** Words of a path that the app has written: letters, with the marks that join them, and versions. */
const wordPattern = /^(?:[A-Za-z][A-Za-z._-]{0,23}|v\d{1,3})$/;

/** Words that somebody may have made up are fewer: codes are seldom of small letters only. */
const plainWordPattern = /^(?:[a-z][a-z._-]{0,23}|v\d{1,3})$/;

/** What of a request tells its route. */
export type DescribedRequest = Pick<Request, 'baseUrl' | 'path'> & {
  readonly route?: unknown;
  /** What path parameters were filled with, in any form in which Express has them. */
  readonly params?: object;
};

/**
 * The route of a request as it may be written down. What the app wrote (`/orders/:id`) is taken as it is. Where only the
 * path of the request is known, it is where the app has mounted its handler, or else the first word, and `*` for the rest:
 * anything behind may be a secret, an invitation for example, and callers must not decide how many routes there are.
 *
 * @param words - of mount paths, of the same instance
 */
export function describeRoute(request: DescribedRequest, words: MountWords): string {
  const { baseUrl, route, params = {} } = request;
  // Without a path where something has rewritten the URL to an empty one.
  const path = (request.path as string | null) ?? '';
  const mountedAt = baseUrl === '' ? '' : words.limit(getMountPath(baseUrl, listValues(params)));
  const pattern = (route as { readonly path?: unknown } | undefined)?.path;
  if (typeof pattern === 'string')
    return mountedAt !== '' && pattern === '/' ? mountedAt : mountedAt + pattern;
  if (path === '/' || path === '') return mountedAt === '' ? '/' : mountedAt;
  return mountedAt === '' ? getFirstWord(path, words) : `${mountedAt}/*`;
}

/** The values of path parameters: a wildcard has several, in Express 4 in one string. */
export function listValues(params: object): readonly string[] {
  return Object.values(params)
    .flat()
    .flatMap((value: unknown) => (typeof value === 'string' ? value.split('/') : []))
    .filter((value) => value !== '');
}

/** Few and short: where callers choose a part of it, they could fill the memory. */
const getMemoizedWords = memoize((baseUrl: string) => getWords(baseUrl, []), 100);
const maxMemoizedLength = 100;

function getMountPath(baseUrl: string, values: readonly string[]): string {
  const isFilled = values.some((value) => baseUrl.includes(value));
  if (isFilled || baseUrl.length > maxMemoizedLength) return getWords(baseUrl, values);
  return getMemoizedWords(baseUrl);
}

/** @param values - what the segments of the mount path that the app has not written were filled with */
function getWords(path: string, values: readonly string[]): string {
  let words = '';
  for (const segment of path.slice(1, 400).split('/', maxSegments)) {
    const isWord = wordPattern.test(segment) && !values.includes(segment) && !maySecretBeIn(segment);
    words += isWord ? `/${segment}` : '/:value';
  }
  return words;
}

function getFirstWord(path: string, words: MountWords): string {
  const end = path.indexOf('/', 1);
  const word = path.slice(1, end === -1 ? undefined : end);
  if (!plainWordPattern.test(word) || maySecretBeIn(word) || words.isKey(word)) return '/*';
  return end === -1 ? `/${word}` : `/${word}/*`;
}
