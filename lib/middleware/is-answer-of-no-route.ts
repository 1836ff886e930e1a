import type { Request } from 'express';
import type { ServerResponse } from 'node:http';
import { readHandlerDescription } from '../http/handler-description.js';

/**
 * Whether an answer shows nothing of a route although no guard has decided: there is no such path, the request failed before a
 * route or before its guard, or it is a preflight or a list of methods.
 */
export function isAnswerOfNoRoute(req: Request, res: ServerResponse, status: number): boolean {
  const { route } = req as { readonly route?: { readonly stack?: readonly unknown[] } };
  if (status >= 400 && (route === undefined || hasGuard(route))) return true;
  if (status === 404) return isFromExpress(res);
  return req.method === 'OPTIONS' && route === undefined && (status === 204 || res.hasHeader('Allow'));
}

/** A body parser in front of the guard of a route may refuse a request before the guard can. */
function hasGuard({ stack = [] }: { readonly stack?: readonly unknown[] }): boolean {
  return stack.some((layer) => {
    const { handle } = (layer ?? {}) as { readonly handle?: unknown };
    return readHandlerDescription(handle)?.kind === 'guard';
  });
}

/** Whether this is the 404 that Express sends when every route has passed the request on. */
function isFromExpress(res: ServerResponse): boolean {
  return (
    res.getHeader('Content-Security-Policy') === "default-src 'none'" &&
    res.getHeader('X-Content-Type-Options') === 'nosniff' &&
    res.getHeader('Content-Type') === 'text/html; charset=utf-8'
  );
}
