import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { Keyspaces } from '../domain/keyspaces.js';
import { getRouteScopes } from '../domain/route-scopes.js';
import { isMet, noScope, type ScopeRequirement } from '../domain/scope-requirement.js';
import { ApiKeysError } from '../errors.js';
import { describeHandler } from '../http/handler-description.js';
import { noteDecision } from '../http/note-decision.js';
import { composeProblem, sendProblem } from '../http/send-problem.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { SessionBinder } from '../ports/session-binder.js';
import type { ProtectedResources } from '../tokens/protected-resources.js';
import type { ApiKeyGuard } from './api-key-guard.js';
import { createGuard, type GuardParts, type GuardVariant } from './guard.js';
import { createMcpAuthInfo, type McpCaller } from './mcp-auth-info.js';
import { readMcpGuardOptions } from './mcp-guard-options.js';
import { isMcpRequest, readCalledTool, readMcpMessages, type McpMessage } from './mcp-messages.js';
import { wrapMcpResponse } from './mcp-response.js';
import { McpSessions } from './mcp-sessions.js';
import { McpTools } from './mcp-tools.js';
import { requireForAllMethods } from './method-requirements.js';
import { isPreflight } from './preflight.js';
import { RecordedResponse } from './recorded-response.js';
import { findEnd, watchMcpCaller } from './watch-mcp-caller.js';

/** What guards for MCP servers need from outside. */
export interface McpGuardParts {
  readonly guard: GuardParts;
  readonly keyspaces: Pick<Keyspaces, 'catalogueOf'>;
  /** @throws ApiKeysError `unavailable` before the instance is ready */
  readonly sessions: () => SessionBinder;
  readonly resources: ProtectedResources;
  readonly onChange: (apiKey: ApiKeyIdentity, listener: () => void) => () => void;
  readonly clock: Clock;
  readonly leaseSeconds: number;
  readonly logger: Logger;
}

const what = 'mcpGuard';
/** These have no messages; a server that reads a body of theirs is no MCP server. */
const withoutMessages: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/**
 * Builds the guard of an MCP server. The key is checked first, then its session, then what it calls; only then is the request
 * decided and counted, as by any guard. What the server answers is filtered for the key.
 *
 * @throws InvalidOptionError for options that it does not understand
 */
export function createMcpGuard(parts: McpGuardParts, options: unknown): ApiKeyGuard {
  const { catalogue, tokenIssuer, problemTypes, reportError } = parts.guard;
  const {
    requirement,
    tools: needed,
    resource,
    guard: given,
  } = readMcpGuardOptions(options, catalogue, tokenIssuer);
  const { fallback, ...others } = given as { readonly fallback?: RequestHandler; readonly on?: unknown };
  const withoutFallback = 'on' in others ? { ...others, on: callOncePerRequest(others.on) } : others;
  const tools = needed === null ? null : new McpTools(needed, parts.logger);
  const sessions = new McpSessions(parts.sessions);
  const isForTokens = tokenIssuer !== null && resource !== null;
  if (isForTokens) parts.resources.register(resource);

  const callers = new WeakMap<Request, McpCaller>();
  const nexts = new WeakMap<Request, NextFunction>();
  const requestCounts = new WeakMap<Request, number>();

  const variant: GuardVariant = {
    what,
    ...(isForTokens ? { resource, resourceMetadata: toMetadataUrl(resource) } : {}),
    onAllowed(allowed, req, credential) {
      const { apiKey } = allowed;
      const isShown = parts.guard.hidden === null && credential.kind === 'token';
      const token = isShown ? credential.token : '';
      callers.set(req, { apiKey, token, scopes: expandScopes(apiKey), endsAt: findEnd(allowed) });
    },
  };
  const probeParts: GuardParts = { ...parts.guard, checkCost: () => undefined };
  const probe = (of: ScopeRequirement, more: object = {}): ApiKeyGuard =>
    createGuard(
      probeParts,
      requireForAllMethods(of),
      { ...withoutFallback, ...more },
      { ...variant, isProbe: true },
    );
  const entry = probe(
    requirement,
    fallback === undefined
      ? {}
      : { fallback: ((req, res, next) => fallback(req, res, nexts.get(req) ?? next)) as typeof fallback },
  );
  const decision = createGuard(parts.guard, requireForAllMethods(requirement), withoutFallback, {
    ...variant,
    timesOf: (req) => requestCounts.get(req) ?? 1,
  });
  /** Judges a request again while it is being answered. */
  const later = probe(requirement, { onRefusal: 'next' });
  const probes = new Map((tools?.requirements ?? []).map((of) => [of, probe(of)] as const));

  function expandScopes(apiKey: ApiKeyIdentity): ReadonlySet<string> {
    return getRouteScopes(apiKey, parts.keyspaces.catalogueOf(apiKey));
  }

  /** Returns whether the handlers behind the guard come next. */
  async function checkAndAdmit(req: Request, res: Response, next: NextFunction): Promise<boolean> {
    const opener = callers.get(req);
    if (opener === undefined) throw new Error('An allowed request has no caller');
    sessions.open(req, opener.apiKey.id);
    const messages = tools === null || withoutMessages.has(req.method) ? [] : await readMcpMessages(req);
    const called = messages.map(readCalledTool).filter((name) => name !== undefined);
    for (const of of new Set(called.map((name) => tools?.requirementOf(name) ?? noScope))) {
      const guard = probes.get(of);
      if (guard !== undefined && !(await runGuard(guard, req, res, next))) return false;
    }
    const unknown = called.find((name) => tools?.requirementOf(name) === null);
    if (unknown !== undefined) {
      // Before the request is counted and paid for, as any other refusal.
      const { id: keyId, ownerId } = opener.apiKey;
      parts.guard.access.refused(req, 'insufficient_scope', { keyId, ownerId });
      answerUnknownTool(res, messages, unknown);
      return false;
    }
    requestCounts.set(req, Math.max(1, messages.filter(isMcpRequest).length));
    if (!(await runGuard(decision, req, res, next))) return false;
    admitCaller(req, res, callers.get(req) ?? opener);
    return true;
  }

  /** Gives the request to the server, and watches what it answers. */
  function admitCaller(req: Request, res: Response, caller: McpCaller): void {
    (req as { auth?: unknown }).auth = createMcpAuthInfo(
      caller,
      isForTokens ? resource : null,
      parts.clock.now(),
      parts.leaseSeconds,
    );
    const response = wrapMcpResponse(res, {
      bindSession: (sessionId) => sessions.bind(sessionId, caller.apiKey.id),
      seesTool:
        tools === null
          ? null
          : (name) => isMet(tools.requirementOfListed(name) ?? neverMet, (callers.get(req) ?? caller).scopes),
      onUnreadable: () =>
        reportError(what, new ApiKeysError('internal_error', { cause: new Error(compressed) })),
    });
    watchMcpCaller(res, {
      apiKey: caller.apiKey,
      onChange: parts.onChange,
      clock: parts.clock,
      decideAgain: () =>
        new Promise((resolve, reject) => {
          later(req, new RecordedResponse() as unknown as Response, (error) => {
            if (error === undefined) resolve((callers.get(req) ?? caller).endsAt);
            else reject(error as Error);
          });
        }),
      onRefused: () => response.endStream(),
    });
  }

  function answerError(thrown: unknown, res: Response, next: NextFunction): void {
    const error =
      thrown instanceof ApiKeysError ? thrown : new ApiKeysError('internal_error', { cause: thrown });
    reportError(what, error);
    if (given['onRefusal'] === 'next' || res.headersSent) return next(error);
    sendProblem(res, composeProblem(error, problemTypes));
  }

  function mcpGuard(req: Request, res: Response, next: NextFunction): void {
    noteDecision(res);
    if (given['allowPreflight'] === true && isPreflight(req)) return next();
    nexts.set(req, next);
    entry(req, res, (error) => {
      if (error !== undefined) return next(error);
      checkAndAdmit(req, res, next)
        .catch((thrown: unknown) => answerError(thrown, res, next))
        .then((comesNext) => {
          if (comesNext === true) next();
        })
        .catch(next);
    });
  }

  describeHandler(mcpGuard, {
    kind: 'guard',
    what,
    requirementOf: () => requirement,
    scopes: [requirement, ...(tools?.requirements ?? [])].flatMap(({ scopes }) => scopes),
    feature: (given as { readonly feature?: string }).feature ?? null,
    cost: (given as { readonly cost?: number }).cost ?? 1,
    hasFallback: fallback !== undefined,
  });
  return mcpGuard as ApiKeyGuard;
}

/** Several guards judge one request, which the app names the resources of once. */
function callOncePerRequest(on: unknown): unknown {
  if (typeof on !== 'function') return on;
  const results = new WeakMap<Request, unknown>();
  return (req: Request): unknown => {
    if (!results.has(req)) results.set(req, (on as (req: Request) => unknown)(req));
    return results.get(req);
  };
}

/** Resolves with whether a guard has allowed a request; it has answered all others, or passed them on. */
function runGuard(guard: ApiKeyGuard, req: Request, res: Response, next: NextFunction): Promise<boolean> {
  return new Promise((resolve) => {
    guard(req, res, (error) => {
      if (error !== undefined) next(error);
      resolve(error === undefined);
    });
  });
}

/** What a server answers for a tool that it does not have. Nothing of a batch with such a call is carried out. */
function answerUnknownTool(res: Response, messages: readonly McpMessage[], name: string | null): void {
  const shown = name !== null && /^[\w./-]{1,128}$/.test(name) ? `Unknown tool: ${name}` : 'Unknown tool';
  const answers = messages
    .filter(isMcpRequest)
    .map(({ id }) => ({ jsonrpc: '2.0', id, error: { code: -32602, message: shown } }));
  res.statusCode = answers.length === 0 ? 202 : 200;
  if (answers.length === 0) return void res.end();
  res.setHeader('Content-Type', 'application/json');
  res.end(JSON.stringify(answers.length === 1 ? answers[0] : answers));
}

/** The URL of the metadata of a resource: before its path (RFC 9728 section 3). */
function toMetadataUrl(resource: string): string {
  const { origin, pathname } = new URL(resource);
  return `${origin}/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}`;
}

/** Of tools that nobody may see. */
const neverMet: ScopeRequirement = { kind: 'any', scopes: [] };
const compressed =
  'The answer of the MCP server is compressed, so that the list of tools in it cannot be filtered. Place the middleware that compresses before mcpGuard.';
