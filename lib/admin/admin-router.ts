import express, {
  type NextFunction,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import type { AuditService } from '../audit/audit-service.js';
import type { Actor } from '../domain/actor.js';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { Keyspace } from '../domain/keyspace.js';
import { ApiKeysError } from '../errors.js';
import type { AccessNotes } from '../http/access-notes.js';
import type { Challenge } from '../http/challenge.js';
import type { ClientAddress } from '../http/client-address.js';
import { escapedJson } from '../http/escaped-json.js';
import { hasRepeatedHost, repeatedHostDetail } from '../http/repeated-host.js';
import { requestIdOf } from '../http/request-id.js';
import type { ChangeContext, KeyService } from '../manage/key-service.js';
import type { Clock } from '../ports/clock.js';
import type { TroubleReporter } from '../http/trouble-reporter.js';
import type { CredentialHeader } from '../middleware/credential-source.js';
import {
  resolveAdminRouterOptions,
  type AdminRouterOptions,
  type ResolvedAdminRouterOptions,
} from './admin-router-options.js';
import { answerError } from './answer-error.js';
import { authorizeActor } from './authorize-actor.js';
import { chainsOf } from './declared-fields.js';
import type { EndpointAnswer, LinesAnswer } from './endpoint.js';
import { endpoints, type AskingRow, type EndpointRow, type OpenRow } from './endpoints.js';
import { jsonApiHeaders } from './json-api-headers.js';
import { describeApi } from './openapi/describe-api.js';
import { parseIdempotencyKey } from './parse-idempotency-key.js';
import { readBody } from './read-body.js';
import { readQuery } from './read-query.js';
import { refuseCrossSite } from './refuse-cross-site.js';
import { createRefusalNotes, type RefusalNotes } from './refusal-notes.js';
import { requireJson } from './require-json.js';
import { sendLines } from './send-lines.js';
import { createStepUp, type StepUp, type StepUpPorts } from './step-up.js';
import type { StepUpOperation } from './step-up-options.js';
import { validateRequest } from './validate-request.js';

export type { AdminRouterOptions } from './admin-router-options.js';

/** What an admin router is built from. */
export interface AdminRouterParts {
  readonly keys: KeyService;
  readonly keyspace: Keyspace;
  readonly clock: Clock;
  readonly audit: AuditService;
  readonly stepUp: StepUpPorts;
  readonly reportTrouble: TroubleReporter;
  readonly access: AccessNotes;
  readonly clientAddress: ClientAddress;
  /** Rejects with ApiKeysError `unavailable` as long as keys cannot be read or changed. */
  readonly whenReady: () => Promise<void>;
  /** Lets the holder of any valid key through and sets `req.apiKey`; answers all others itself. */
  readonly holderGuard: RequestHandler;
  readonly challenge: Challenge;
  /** Where `holderGuard` reads keys from. */
  readonly credentialHeaders: readonly CredentialHeader[];
}

interface RouterSettings extends ResolvedAdminRouterOptions {
  readonly refusals: RefusalNotes;
  /** `null`: no second factor is asked for. */
  readonly secondFactor: StepUp | null;
}

/**
 * Builds the router through which keys are managed over HTTP. It brings its own headers, body reader, limits and error
 * answers; nothing falls through to the app.
 *
 * @throws InvalidOptionError when an option is missing, misspelt or makes no sense
 */
export function createAdminRouter(parts: AdminRouterParts, options: AdminRouterOptions): Router {
  const resolved = resolveAdminRouterOptions(options, parts.keyspace.catalogue);
  const settings: RouterSettings = {
    ...resolved,
    secondFactor:
      resolved.stepUp === null
        ? null
        : createStepUp(resolved.stepUp, () => parts.stepUp, parts.clock, parts.challenge),
    refusals: createRefusalNotes(parts.access),
  };
  // Exact names only: there is one spelling of every path, and with it one decision.
  const router = express.Router({ caseSensitive: true, strict: false });
  router.use(jsonApiHeaders());
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
  router.use(answerError(parts.challenge, parts.reportTrouble));
  return router;
}

function addPath(
  router: Router,
  path: string,
  rows: readonly EndpointRow[],
  parts: AdminRouterParts,
  settings: RouterSettings,
): void {
  const route = router.route(path);
  const caught = (step: Step): RequestHandler =>
    caughtStep(step, (req, error) => settings.refusals.ended(req, path, error));
  for (const row of rows) {
    const steps: RequestHandler[] = [
      caught(async (req, _res, next) => {
        if (row.access !== 'anyone') await parts.whenReady();
        checkRequest(settings, req);
        next();
      }),
      ...(row.access === 'holder' ? [parts.holderGuard] : []),
      caught(async (req, res) => {
        const isOpen = row.access === 'anyone';
        await send(
          req,
          res,
          isOpen
            ? await openAnswerOf(row, parts, settings, req)
            : await answerOf(row, parts, settings, req, res),
        );
      }),
    ];
    route[row.method](...steps);
  }
  route.all(answerOtherMethods(rows));
}

/** All that is decided without knowing who calls. */
function checkRequest(settings: RouterSettings, req: Request): void {
  if (hasRepeatedHost(req)) throw new ApiKeysError('invalid_request', { detail: repeatedHostDetail });
  refuseCrossSite(req, settings.allowedOrigins);
  if (changesState(req)) requireJson(req);
}

/** The answer of an endpoint that asks nobody. */
async function openAnswerOf(
  row: OpenRow,
  parts: AdminRouterParts,
  settings: RouterSettings,
  req: Request,
): Promise<EndpointAnswer> {
  await validateRequest([], { body: {}, query: readQuery(req.url) });
  const security = { credentialHeaders: parts.credentialHeaders, appScheme: settings.securityScheme };
  return row.endpoint.answer({
    describe: () => describeApi({ endpoints, rules: parts, security }, req.baseUrl),
  });
}

/** Who calls, with which fields, and what the endpoint says to that. */
async function answerOf(
  row: AskingRow,
  parts: AdminRouterParts,
  settings: RouterSettings,
  req: Request,
  res: Response,
): Promise<EndpointAnswer | LinesAnswer> {
  const context = await contextOf(row, parts, settings, req);
  const query = readQuery(req.url);
  const body = changesState(req) ? await readBody(req, res) : {};
  await validateRequest(chainsOf(row.endpoint, parts, context.actor), { body, query });
  if (row.operation !== undefined && settings.secondFactor !== null) {
    await checkSecondFactor(settings.secondFactor, row.operation, parts, context, req);
  }
  return row.endpoint.handle({
    keys: parts.keys,
    audit: parts.audit,
    context,
    keyId: row.access === 'holder' ? holderOf(req).id : String(req.params.id ?? ''),
    body,
    query,
    ifMatch: req.headers['if-match'],
    idempotencyKey: row.endpoint.headers?.includes('Idempotency-Key')
      ? parseIdempotencyKey(req.headers['idempotency-key'])
      : undefined,
    baseUrl: req.baseUrl,
    now: () => parts.clock.now(),
  });
}

/** A key that the actor does not see is answered as ever: nobody is asked for a second factor for it. */
async function checkSecondFactor(
  secondFactor: StepUp,
  operation: StepUpOperation,
  { keys }: AdminRouterParts,
  context: ChangeContext & { readonly actor: Actor },
  req: Request,
): Promise<void> {
  const { id } = req.params;
  const keyId = id === undefined ? null : (await keys.get(context, String(id))).id;
  await secondFactor.check(req, { actor: context.actor, operation, keyId });
}

async function contextOf(
  row: AskingRow,
  { clientAddress }: AdminRouterParts,
  settings: RouterSettings,
  req: Request,
): Promise<ChangeContext & { readonly actor: Actor }> {
  const { managementScope } = settings;
  const actor: Actor =
    row.access === 'holder'
      ? { kind: 'key', apiKey: holderOf(req) }
      : await authorizeActor(settings.authorize, req);
  settings.refusals.asks(req, actor);
  if (row.access === 'actor' && actor.kind === 'key' && managementScope === null) {
    throw new ApiKeysError('forbidden');
  }
  return { actor, address: clientAddress(req), requestId: requestIdOf(req), managementScope };
}

function holderOf(req: Request): ApiKeyIdentity {
  const { apiKey } = req as Request & { readonly apiKey?: ApiKeyIdentity };
  if (apiKey === undefined) throw new Error('The guard let a request through without a key.');
  return apiKey;
}

function changesState(req: Request): boolean {
  return req.method !== 'GET' && req.method !== 'HEAD';
}

/** Answers every method that has no row: OPTIONS with what there is, all others with 405. */
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

/** Writes JSON itself: `res.json` would obey the app's replacer and add an ETag of its own. */
async function send(req: Request, res: Response, answer: EndpointAnswer | LinesAnswer): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers ?? {})) res.setHeader(name, value);
  if ('lines' in answer) return sendLines(req, res, answer);
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.statusCode = answer.status;
  res.end(escapedJson(answer.body));
}

type Step = (req: Request, res: Response, next: NextFunction) => Promise<void>;

/** Express 4 does not look at the promises of handlers. */
function caughtStep(step: Step, onError: (req: Request, error: unknown) => void): RequestHandler {
  return async function runStep(req, res, next) {
    try {
      await step(req, res, next);
    } catch (error) {
      onError(req, error);
      next(error);
    }
  };
}
