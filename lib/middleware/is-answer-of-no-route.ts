import type { Request } from 'express';
import type { ServerResponse } from 'node:http';
import { readHandlerDescription } from '../http/handler-description.js';
import { isPreflight } from './preflight.js';

interface MatchedRoute {
  readonly stack?: readonly unknown[];
}

/** A handler of a route; without a method, it is of all methods. */
interface RouteLayer {
  readonly handle?: unknown;
  readonly method?: string | undefined;
}

/**
 * Whether an answer shows nothing of a route although no guard has decided: there is no such path, the request failed before a
 * route or before its guard, or it is a preflight or a list of methods. Of what comes before an answer, early hints for example, it is
 * what comes from no route.
 *
 * @param body - what is sent first, if it is known
 */
export function isAnswerOfNoRoute(req: Request, res: ServerResponse, status: number, body: unknown): boolean {
  const { route } = req as { readonly route?: MatchedRoute };
  if (status < 200) return route === undefined;
  if (status >= 400 && (route === undefined || mayFailBeforeGuard(route, req.method))) return true;
  if (status === 404) return isNotFoundOfExpress(req, res, body);
  if (req.method !== 'OPTIONS') return false;
  if (route === undefined) return status === 204 || res.hasHeader('Allow');
  return isPreflight(req) ? isEmpty(res, status) : isListOfMethods(res);
}

/** A body parser in front of the guard of a route may refuse a request before the guard can. */
function mayFailBeforeGuard({ stack = [] }: MatchedRoute, method: string): boolean {
  const called = method.toLowerCase();
  const names = called === 'head' ? ['head', 'get'] : [called];
  const layers = stack
    .map((layer) => (layer ?? {}) as RouteLayer)
    .filter((layer) => layer.method === undefined || names.includes(layer.method));
  const place = layers.findIndex(({ handle }) => readHandlerDescription(handle)?.kind === 'guard');
  // A guard with nothing behind it guards nothing.
  return place !== -1 && place < layers.length - 1;
}

/** Whether this is the 404 that Express sends when every route has passed the request on; those of errors look alike. */
function isNotFoundOfExpress({ method }: Request, res: ServerResponse, body: unknown): boolean {
  return (
    res.getHeader('Content-Security-Policy') === "default-src 'none'" &&
    res.getHeader('X-Content-Type-Options') === 'nosniff' &&
    res.getHeader('Content-Type') === 'text/html; charset=utf-8' &&
    (typeof body === 'string' || Buffer.isBuffer(body)) &&
    body.includes(`<pre>Cannot ${method} `)
  );
}

/** As packages for CORS answer a preflight in a route of its own. */
function isEmpty(res: ServerResponse, status: number): boolean {
  return status === 204 || (status === 200 && Number(res.getHeader('Content-Length')) === 0);
}

/** Whether this is the list of methods that Express sends when no route has answered. */
function isListOfMethods(res: ServerResponse): boolean {
  const allow = res.getHeader('Allow');
  return typeof allow === 'string' && Number(res.getHeader('Content-Length')) === Buffer.byteLength(allow);
}
