import { hasRawLines, type RequestHeaders } from './header-lines.js';

/** What a decision reads of every request. */
export interface ReadHeaders extends RequestHeaders {
  readonly socket?: unknown;
}

/**
 * Reads what decisions need of a request, each member once. Express gives each request a prototype and members of its own after it was
 * made, so V8 knows the shape of none: to read a member with a dot first looks the shape up, in vain, and then searches;
 * `Reflect.get` only searches. Without raw lines it is the request itself, because what else tells repeated headers apart is
 * seldom read.
 *
 * The members are those of this moment: it is made when a guard is reached, and not kept beyond its decision.
 */
export function readOnce(req: ReadHeaders): ReadHeaders {
  const rawHeaders = Reflect.get(req, 'rawHeaders') as ReadHeaders['rawHeaders'];
  if (!hasRawLines({ rawHeaders })) return req;
  return {
    headers: Reflect.get(req, 'headers') as ReadHeaders['headers'],
    rawHeaders,
    socket: Reflect.get(req, 'socket') as unknown,
  };
}
