import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { memoizeSuccess } from '../domain/memoize-success.js';
import { ApiKeysError } from '../errors.js';
import { describeHandler } from '../http/handler-description.js';
import { holdBody } from '../http/hold-body.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import { hasTooManyHeaders } from '../http/too-many-headers.js';
import { resolveAdminRouterOptions, type AdminRouterOptions } from './admin-router-options.js';
import type { AdminRouterParts, RouterSettings } from './admin-router-parts.js';
import { answerError } from './answer-error.js';
import { answerRequest } from './answer-request.js';
import { changesState } from './changes-state.js';
import { endpoints, type EndpointRow } from './endpoints.js';
import { createJsonApiHeaders } from '../http/json-api-headers.js';
import { createDocumentText } from './openapi/create-document-text.js';
import { createPageHandler } from './page/create-page-handler.js';
import { createRefusalNotes } from './refusal-notes.js';
import type { FindRequestChains } from './request-chains.js';
import { refuseCrossSite } from './refuse-cross-site.js';
import { requireJson } from '../http/require-json.js';
import { createStepUp } from './step-up.js';

export type { AdminRouterOptions } from './admin-router-options.js';

/**
 * Creates the router that manages keys over HTTP. It has its own headers, body reader, limits and error responses; nothing
 * falls through to the app.
 *
 * @throws InvalidOptionError if an option is missing, misspelt or invalid
 */
export function createAdminRouter(parts: AdminRouterParts, options: AdminRouterOptions): Router {
  const resolved = resolveAdminRouterOptions(options, parts.keyspace.catalogue);
  const settings: RouterSettings = {
    ...resolved,
    loadChains: memoizeSuccess(loadRequestChains),
    secondFactor:
      resolved.stepUp === null
        ? null
        : createStepUp(resolved.stepUp, () => parts.stepUp, parts.clock, parts.challenge),
    refusals: createRefusalNotes(parts.access),
    documentText: createDocumentText({
      endpoints,
      rules: parts,
      problemTypes: parts.problemTypes,
      security: { credentialHeaders: parts.credentialHeaders, appScheme: resolved.securityScheme },
    }),
  };
  parts.awaitLoading(settings.loadChains);
  // Exact names only: every path has one spelling, and therefore one authorization decision.
  const router = express.Router({ caseSensitive: true, strict: false });
  router.use(createJsonApiHeaders());
  if (resolved.page) router.use(createPageHandler());
  router.use((req, _res, next) => {
    holdBody(req);
    next();
  });
  for (const path of new Set(endpoints.map((row) => row.path))) {
    addPath(
      router,
      path,
      endpoints.filter((row) => row.path === path),
      parts,
      settings,
    );
  }
  router.use((_req, _res, next) => next(new ApiKeysError('not_found')));
  router.use(answerError(parts));
  const { managementScope } = resolved;
  if (managementScope !== null) parts.keyspaces.addManagementScope(managementScope);
  const scopes = managementScope === null ? [] : [managementScope];
  return describeHandler(router, { kind: 'router', what: 'adminRouter', scopes });
}

async function loadRequestChains(): Promise<FindRequestChains> {
  const { findRequestChains } = await import(/* webpackMode: "eager" */ './request-chains.js');
  return findRequestChains;
}

function addPath(
  router: Router,
  path: string,
  rows: readonly EndpointRow[],
  parts: AdminRouterParts,
  settings: RouterSettings,
): void {
  const route = router.route(path);
  const catchStep = (step: Step): RequestHandler =>
    catchErrors(step, (req, error) => settings.refusals.ended(req, path, error));
  for (const row of rows) {
    const steps: RequestHandler[] = [
      catchStep(async (req, _res, next) => {
        if (row.access !== 'anyone') await parts.whenReady();
        checkRequest(settings, req);
        next();
      }),
      ...(row.access === 'holder' ? [parts.holderGuard] : []),
      catchStep((req, res) => answerRequest(row, parts, settings, req, res)),
    ];
    route[row.method](...steps);
  }
  route.all(answerOtherMethods(rows));
}

/** Runs all checks that do not depend on the caller. */
function checkRequest(settings: RouterSettings, req: Request): void {
  if (hasTooManyHeaders(req)) throw new ApiKeysError('too_many_headers');
  if (hasRepeatedHost(req)) throw new ApiKeysError('invalid_request', { detail: repeatedHostDetail });
  refuseCrossSite(req, settings.allowedOrigins);
  if (changesState(req)) requireJson(req);
}

/** Answers every method that has no row: OPTIONS with the methods that exist, all others with 405. */
function answerOtherMethods(rows: readonly EndpointRow[]): RequestHandler {
  const methods = rows.map((row) => row.method.toUpperCase());
  const allow = [...(methods.includes('GET') ? ['HEAD'] : []), ...methods, 'OPTIONS'].sort().join(', ');
  return function answerOtherMethod(req, res, next) {
    if (req.method === 'OPTIONS') {
      res.setHeader('Allow', allow);
      res.statusCode = 204;
      res.end();
      return;
    }
    next(new ApiKeysError('method_not_allowed', { headers: { Allow: allow } }));
  };
}

type Step = (req: Request, res: Response, next: NextFunction) => Promise<void>;

/** Express 4 does not handle rejected promises of handlers. */
function catchErrors(step: Step, onError: (req: Request, error: unknown) => void): RequestHandler {
  return async function runStep(req, res, next) {
    try {
      await step(req, res, next);
    } catch (error) {
      onError(req, error);
      next(error);
    }
  };
}
