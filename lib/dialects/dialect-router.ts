import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { jsonApiHeaders } from '../http/json-api-headers.js';
import { problemOf } from '../http/problem-of.js';
import { ApiKeysError } from '../errors.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import { hasTooManyHeaders } from '../http/too-many-headers.js';
import { createDialectCall, type CallParts, type DialectCall } from './dialect-call.js';
import { sendAnswer, type DialectAnswer } from './send-answer.js';

/** HEAD and OPTIONS are answered by the router: they execute nothing. */
export type DialectMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One endpoint. */
export interface DialectRoute {
  readonly methods: readonly DialectMethod[];
  /** Express' notation, parameters as `:id`; several are the same endpoint under several names. */
  readonly path: string | readonly string[];
  /** What it throws is answered through `answerError`. */
  handle(call: DialectCall): DialectAnswer | Promise<DialectAnswer>;
}

/** What a dialect's router is made of. */
export interface DialectRouterSettings extends CallParts {
  /** Who fails, for operators, for example `the Deribit router`. */
  readonly name: string;
  readonly routes: readonly DialectRoute[];
  readonly reportError: ErrorReporter;
  /**
   * Says an error in the dialect's words. Of an error that is not `expose`d only the code may be told. Its `headers`
   * (Allow, Retry-After, WWW-Authenticate) are added to the answer, and `unavailable` is 503 in any dialect.
   */
  answerError(error: ApiKeysError, call: DialectCall): DialectAnswer | Promise<DialectAnswer>;
}

/**
 * Builds the router of a dialect. Paths that it does not know are left to the app, without a trace in the answer, so
 * that it can be mounted anywhere.
 */
export function createDialectRouter(settings: DialectRouterSettings): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  const setHeaders = jsonApiHeaders();
  for (const [path, routes] of groupRoutesByPath(settings.routes)) {
    router.route(path).all(setHeaders, answerPath(settings, routes));
  }
  // Only paths of this router come here: Express could not decode a parameter in one.
  const answerThrown: ErrorRequestHandler = (thrown: unknown, req, res, next) => {
    setHeaders(req, res, (error?: unknown) => {
      if (error === undefined) void answerFailure(settings, createDialectCall(req, settings), res, thrown);
      else next(error);
    });
  };
  return router.use(answerThrown);
}

function groupRoutesByPath(routes: readonly DialectRoute[]): ReadonlyMap<string, readonly DialectRoute[]> {
  const byPath = new Map<string, DialectRoute[]>();
  for (const route of routes) {
    for (const path of [route.path].flat()) {
      byPath.set(path, [...(byPath.get(path) ?? []), route]);
    }
  }
  return byPath;
}

function answerPath(settings: DialectRouterSettings, routes: readonly DialectRoute[]): RequestHandler {
  const allow = [...new Set(routes.flatMap(({ methods }) => methods)), 'OPTIONS'].sort().join(', ');

  /** Never rejects: Express 4 does not look at the promises of handlers. */
  return async function answerDialectRequest(req, res) {
    if (req.method === 'OPTIONS' || req.method === 'HEAD') {
      res.setHeader('Allow', allow);
      res.statusCode = req.method === 'HEAD' ? 405 : 204;
      res.end();
      return;
    }
    const call = createDialectCall(req, settings);
    try {
      checkRequest(req);
      const route = routes.find(({ methods }) => (methods as readonly string[]).includes(req.method));
      if (route === undefined) throw new ApiKeysError('method_not_allowed', { headers: { Allow: allow } });
      sendAnswer(res, await route.handle(call));
    } catch (thrown) {
      await answerFailure(settings, call, res, thrown);
    }
  };
}

/** All that is decided without knowing what is asked for. */
function checkRequest(req: Request): void {
  if (hasTooManyHeaders(req)) throw new ApiKeysError('too_many_headers');
  if (hasRepeatedHost(req)) throw new ApiKeysError('invalid_request', { detail: repeatedHostDetail });
}

async function answerFailure(
  { name, reportError, answerError }: DialectRouterSettings,
  call: DialectCall,
  res: Response,
  thrown: unknown,
): Promise<void> {
  const error = problemOf(thrown);
  try {
    reportError(name, error);
    const answer = await answerError(error, call);
    sendAnswer(res, {
      ...answer,
      status: error.problem === 'unavailable' ? 503 : answer.status,
      headers: { ...error.headers, ...answer.headers },
    });
  } catch (cause) {
    reportError(name, new ApiKeysError('internal_error', { cause }));
    // Half an answer must not look like a whole one.
    if (res.headersSent) res.destroy();
    else sendAnswer(res, { status: 500, body: {} });
  }
}
