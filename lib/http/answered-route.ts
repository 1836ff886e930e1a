import type { Request } from 'express';
import { describeRoute, listValues } from './describe-route.js';
import type { MountWords } from './mount-words.js';

/** What is known of the routes of requests besides the requests. */
export interface RouteNotes {
  /** What the path parameters of mount paths were filled with: behind a router, Express has forgotten it. */
  readonly filled: WeakMap<Request, readonly string[]>;
  /** Of mount paths. */
  readonly words: MountWords;
}

/** Notes the parameters of the path that a guard is mounted for. Never throws. */
export function noteFilled({ filled }: RouteNotes, req: Request): void {
  try {
    const values = req.baseUrl === '' ? [] : listValues((req.params as object | undefined) ?? {});
    if (values.length > 0) filled.set(req, [...new Set([...(filled.get(req) ?? []), ...values])]);
  } catch {
    // A request that cannot be read still passes.
  }
}

/**
 * The route that has answered a request; `null` where the request does not tell any more, whatever was done to it meanwhile.
 *
 * @param guardedFrom - the `baseUrl` that the guard saw
 */
export function findAnsweredRoute(notes: RouteNotes, req: Request, guardedFrom: string): string | null {
  try {
    // Express takes the path of a mount away again when nothing behind it has answered.
    const isStillBehind = (req.baseUrl as string | undefined)?.startsWith(guardedFrom) === true;
    return isStillBehind && isOfPath(req) ? describeBoundedRoute(notes, req) : null;
  } catch {
    return null;
  }
}

/** Whether the path can be one of the route: after an error, a request is outside of the router whose route it still has. */
function isOfPath({ path, route }: Request): boolean {
  const pattern: unknown = (route as { readonly path?: unknown } | undefined)?.path;
  if (typeof pattern !== 'string') return true;
  // In Express 4, the letter in front of a question mark is optional.
  const [beginning = ''] = /^[\w./~-]*(?!\?)/.exec(pattern) ?? [];
  if (!path.toLowerCase().startsWith(beginning.replace(/\/$/, '').toLowerCase())) return false;
  // Where nothing in the pattern stands for several segments or none, the path has as many.
  return /[*({+?]/.test(pattern) || countSegments(path) === countSegments(pattern);
}

function countSegments(path: string): number {
  return path.split('/').filter((segment) => segment !== '').length;
}

/**
 * The route of a request as it may be counted: callers must not choose how many there are, so without a mount path and a route it has
 * no word of the path.
 */
export function describeBoundedRoute({ filled, words }: RouteNotes, req: Request): string {
  const { baseUrl, path } = req;
  const params = (req.params as object | undefined) ?? {};
  const route = req.route as { readonly path?: unknown } | undefined;
  const values = [...listValues(params), ...(filled.get(req) ?? [])];
  const described = describeRoute({ baseUrl, path, route, params: values }, words);
  if (baseUrl !== '' || typeof route?.path === 'string') return described;
  // The app has written several paths for the route. A regular expression may match any word.
  const word = described.replace(/\/\*$/, '');
  const isWritten = (each: unknown): boolean =>
    typeof each === 'string' && (each === word || each.startsWith(`${word}/`));
  return word !== '' && Array.isArray(route?.path) && route.path.some(isWritten) ? described : '/*';
}
