import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { createJsonApiHeaders } from '../http/json-api-headers.js';
import { toProblem } from '../http/to-problem.js';
import { ApiKeysError } from '../errors.js';
import { describeHandler } from '../http/handler-description.js';
import { holdBody } from '../http/hold-body.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import type { ErrorReporter } from '../http/error-reporter.js';
import { hasTooManyHeaders } from '../http/too-many-headers.js';
import { createDialectCall, type CallParts, type DialectCall } from './dialect-call.js';
import { sendAnswer, type DialectAnswer } from './send-answer.js';

/** HEAD and OPTIONS are answered by the router and run no handler. */
export type DialectMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One endpoint. */
export interface DialectRoute {
  readonly methods: readonly DialectMethod[];
  /** In Express' notation, parameters as `:id`; several paths are aliases of the same endpoint. */
  readonly path: string | readonly string[];
  /** Errors that it throws are answered through `answerError`. */
  handle(call: DialectCall): DialectAnswer | Promise<DialectAnswer>;
}

/** The settings of a dialect's router. */
export interface DialectRouterSettings extends CallParts {
  /** The name in error reports, for example `the Deribit router`. */
  readonly name: string;
  readonly routes: readonly DialectRoute[];
  readonly reportError: ErrorReporter;
  /**
   * Translates an error to the dialect. Of an error that is not `expose`d only the code may be disclosed. Its `headers` (Allow,
   * Retry-After, WWW-Authenticate) are added to the response, and `unavailable` is 503 in every dialect.
   */
  answerError(error: ApiKeysError, call: DialectCall): DialectAnswer | Promise<DialectAnswer>;
}

/**
 * Builds the router of a dialect. Unknown paths fall through to the app, without any change to the response, so that it can be
 * mounted anywhere.
 */
export function createDialectRouter(settings: DialectRouterSettings): Router {
  const router = express.Router({ caseSensitive: true, strict: false });
  const setHeaders = createJsonApiHeaders();
  for (const [path, routes] of groupRoutesByPath(settings.routes)) {
    router.route(path).all(setHeaders, answerPath(settings, routes));
  }
  // Only errors on paths of this router arrive here: Express could not decode a path parameter.
  const answerThrown: ErrorRequestHandler = (thrown: unknown, req, res, next) => {
    setHeaders(req, res, (error?: unknown) => {
      if (error !== undefined) return next(error);
      answerFailure(settings, createDialectCall(req, settings), res, thrown).catch(next);
    });
  };
  router.use(answerThrown);
  return describeHandler(router, { kind: 'router', what: settings.name, scopes: [] });
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

  async function answerRequest(req: Request, res: Response): Promise<void> {
    if (req.method === 'OPTIONS' || req.method === 'HEAD') {
      res.setHeader('Allow', allow);
      res.statusCode = req.method === 'HEAD' ? 405 : 204;
      res.end();
      return;
    }
    const call = createDialectCall(req, settings);
    try {
      holdBody(req);
      checkRequest(req);
      const route = routes.find(({ methods }) => (methods as readonly string[]).includes(req.method));
      if (route === undefined) throw new ApiKeysError('method_not_allowed', { headers: { Allow: allow } });
      sendAnswer(res, await route.handle(call));
    } catch (thrown) {
      await answerFailure(settings, call, res, thrown);
    }
  }

  /** Never rejects, because Express 4 ignores the promises of handlers. */
  return async function answerDialectRequest(req, res, next) {
    try {
      await answerRequest(req, res);
    } catch (error) {
      next(error);
    }
  };
}

/** The checks that do not depend on the endpoint. */
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
  const error = toProblem(thrown);
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
    // A truncated response must not look complete.
    if (res.headersSent) res.destroy();
    else sendAnswer(res, { status: 500, body: {} });
  }
}
