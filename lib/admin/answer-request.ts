import type { Request, Response } from 'express';
import type { Actor } from '../domain/actor.js';
import { parseOwnerId } from '../domain/key-fields.js';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import { ApiKeysError } from '../errors.js';
import { escapeJson } from '../http/escape-json.js';
import { assertMayManageWebhooks } from '../events/webhook-authority.js';
import type { WebhookService } from '../events/webhook-service.js';
import type { ChangeContext } from '../manage/change.js';
import { readFields } from '../manage/read-fields.js';
import { assertMayImport } from '../manage/import-keys.js';
import { assertMayBeUnchanged } from '../manage/requested-changes.js';
import type { AdminRouterParts, RouterSettings } from './admin-router-parts.js';
import { authorizeActor } from './authorize-actor.js';
import { changesState } from './changes-state.js';
import type { EndpointAnswer, LinesAnswer, TextAnswer } from './endpoint.js';
import type { AskingRow, EndpointRow, OpenRow } from './endpoints.js';
import { parseRequest } from './parse-request.js';
import { readBody } from './read-body.js';
import { readHeaders } from './read-headers.js';
import { readQuery } from './read-query.js';
import { sendLines } from './send-lines.js';
import type { SteppedUp } from './step-up.js';
import { keyOperations, webhookOperations, type StepUpOperation } from '../http/step-up-options.js';
import { assertRole } from '../manage/role-authority.js';
import { validateRequest } from './validate-request.js';

/** Answers a routed request: identifies the caller, parses the fields and runs the endpoint. */
export async function answerRequest(
  row: EndpointRow,
  parts: AdminRouterParts,
  settings: RouterSettings,
  req: Request,
  res: Response,
): Promise<void> {
  const isOpen = row.access === 'anyone';
  const answer = isOpen ? await openAnswerOf(row, settings, req) : await answerOf(row, parts, settings, req);
  await send(req, res, answer);
}

/** Runs an endpoint that requires no authentication. */
async function openAnswerOf(
  row: OpenRow,
  { documentText }: RouterSettings,
  req: Request,
): Promise<TextAnswer> {
  await validateRequest([], { body: {}, query: readQuery(req.url) });
  return row.endpoint.answer({ describe: () => documentText(req.baseUrl) });
}

/** Identifies the caller, parses the fields and runs the endpoint. */
async function answerOf(
  row: AskingRow,
  parts: AdminRouterParts,
  settings: RouterSettings,
  req: Request,
): Promise<EndpointAnswer | LinesAnswer> {
  const context = await createContext(row, parts, settings, req);
  const query = readQuery(req.url);
  const body = changesState(req) ? await readBody(req) : {};
  const parsed = await parseRequest(
    row.endpoint,
    parts,
    context.actor,
    { body, query },
    await settings.loadChains(),
  );
  const headers = readHeaders(row.endpoint, req);
  const keyId = row.access === 'holder' ? requireHolder(req).id : String(req.params.id ?? '');
  const ownerId = readOwnerId(req);
  const { doubtful } = parsed.fields;
  await assertMayBeUnchanged(() => parts.keys.get(context, keyId), doubtful, parts.clock.now());
  // Last, because it consumes a code: a malformed request must not.
  if (row.operation !== undefined && settings.secondFactor !== null) {
    const target = await findTarget(parts, context, row.operation, req, ownerId);
    await settings.secondFactor.check(req, { actor: context.actor, operation: row.operation, ...target });
  }
  return row.endpoint.handle({
    keys: parts.keys,
    owners: parts.owners,
    audit: parts.audit,
    webhooks: () => requireWebhooks(parts),
    context,
    keyId,
    ownerId,
    webhookId: String(req.params.webhookId ?? ''),
    ...parsed,
    body,
    ...headers,
    stepUpOperations: [...(settings.stepUp?.operations ?? [])],
    credentialHeaders: parts.credentialHeaders,
    tokenLifetimeSeconds: parts.tokenLifetimeSeconds,
    status: parts.status,
    baseUrl: req.baseUrl,
    now: () => parts.clock.now(),
  });
}

/** @throws ApiKeysError `invalid_request` when the path has an owner id that no owner can have */
function readOwnerId(req: Request): string {
  const { ownerId } = req.params;
  if (ownerId === undefined) return '';
  return readFields({ ownerId }, { ownerId: parseOwnerId }, ['ownerId']).ownerId;
}

/** A key, an owner or a webhook that the actor cannot see gets the usual response, without a request for a second factor. */
async function findTarget(
  parts: AdminRouterParts,
  context: ChangeContext,
  operation: StepUpOperation,
  req: Request,
  ownerId: string,
): Promise<Pick<SteppedUp, 'keyId' | 'ownerId' | 'webhookId'>> {
  const { keys, owners } = parts;
  const none = { keyId: null, ownerId: null, webhookId: null };
  if (ownerId !== '') return { ...none, ownerId: (await owners.get(context, ownerId)).ownerId };
  if (isWebhookOperation(operation)) {
    const webhooks = requireWebhooks(parts);
    const { webhookId } = req.params;
    if (webhookId !== undefined)
      return { ...none, webhookId: (await webhooks.get(context, String(webhookId))).id };
    assertMayManageWebhooks(context);
    return none;
  }
  const { id } = req.params;
  return { ...none, keyId: id === undefined ? null : (await keys.get(context, String(id))).id };
}

async function createContext(
  row: AskingRow,
  { clientAddress, readRequestId }: AdminRouterParts,
  settings: RouterSettings,
  req: Request,
): Promise<ChangeContext & { readonly actor: Actor }> {
  const { managementScope } = settings;
  const actor: Actor =
    row.access === 'holder'
      ? { kind: 'key', apiKey: requireHolder(req) }
      : await authorizeActor(settings.authorize, req);
  settings.refusals.asks(req, actor);
  if (row.access === 'actor' && actor.kind === 'key' && managementScope === null) {
    throw new ApiKeysError('forbidden');
  }
  // Before the body is read, and before a second factor is requested.
  if (row.imports === true) assertMayImport({ actor });
  if (isKeyOperation(row.operation)) assertRole({ actor }, row.operation);
  return { actor, address: clientAddress(req, 'manage'), requestId: readRequestId(req), managementScope };
}

function isKeyOperation(operation: StepUpOperation | undefined): operation is (typeof keyOperations)[number] {
  return keyOperations.some((each) => each === operation);
}

function isWebhookOperation(operation: StepUpOperation): boolean {
  return webhookOperations.some((each) => each === operation);
}

function requireWebhooks({ webhooks }: Pick<AdminRouterParts, 'webhooks'>): WebhookService {
  if (webhooks !== null) return webhooks;
  throw new ApiKeysError('not_found', {
    detail: 'There are no webhooks here: the app has not enabled them.',
  });
}

function requireHolder(req: Request): ApiKeyIdentity {
  const { apiKey } = req as Request & { readonly apiKey?: ApiKeyIdentity };
  if (apiKey === undefined) throw new Error('The guard let a request through without a key.');
  return apiKey;
}

/** Serializes JSON itself, because `res.json` would apply the app's replacer and add its own ETag. */
async function send(
  req: Request,
  res: Response,
  answer: EndpointAnswer | TextAnswer | LinesAnswer,
): Promise<void> {
  for (const [name, value] of Object.entries(answer.headers ?? {})) res.setHeader(name, value);
  if ('lines' in answer) return sendLines(req, res, answer);
  res.setHeader('Content-Type', 'application/json; charset=utf-8');
  res.statusCode = answer.status;
  res.end('json' in answer ? answer.json : escapeJson(answer.body));
}
