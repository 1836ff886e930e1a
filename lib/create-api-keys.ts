import type { AdminRouterParts } from './admin/admin-router-parts.js';
import { createAdminRouter } from './admin/admin-router.js';
import type { ApiKeys } from './api-keys.js';
import { createAuditApi } from './api/create-audit-api.js';
import { createKeysApi } from './api/create-keys-api.js';
import { createOwnersApi } from './api/create-owners-api.js';
import { createWebhooksApi } from './api/create-webhooks-api.js';
import { createRedaction, type Redaction } from './api/redaction.js';
import { dialectHost } from './dialects/dialect-host.js';
import type { ApiKeysStatus } from './domain/api-keys-status.js';
import { noScope } from './domain/scope-requirement.js';
import { setupHost } from './domain/setup-host.js';
import { createAccessNotes } from './http/access-notes.js';
import { createChallenge } from './http/challenge.js';
import { createClientAddress } from './http/client-address.js';
import { defaultCredentialSources, parseCredentialSources } from './http/credential-source.js';
import { isFullyEnforced, resolveEnforcement } from './http/enforcement-options.js';
import { createErrorReporter } from './http/error-reporter.js';
import { MountWords } from './http/mount-words.js';
import { createProblemTypes } from './http/problem-types.js';
import { ProxyObserver } from './http/proxy-observer.js';
import { createRequestIdReader } from './http/request-id-reader.js';
import { createDialectHost } from './instance/create-dialect-host.js';
import { createInstance } from './instance/create-instance.js';
import { keepProcessAlive } from './instance/keep-process-alive.js';
import { LoadingParts } from './instance/loading-parts.js';
import { requireSignatures, requireTokens } from './instance/running.js';
import { apiKeyOf } from './middleware/api-key-of.js';
import { createCostCheck } from './middleware/check-cost.js';
import { createEnforcementWarning } from './middleware/enforcement-warning.js';
import { createForwardAuthRouter } from './middleware/forward-auth-router.js';
import { createGuard, type GuardParts } from './middleware/guard.js';
import { HiddenCredentials } from './middleware/hidden-credentials.js';
import { createMcpGuard, type McpGuardParts } from './middleware/mcp-guard.js';
import { requireForAllMethods } from './middleware/method-requirements.js';
import { createRequireApiKey, type ObservationParts } from './middleware/require-api-key.js';
import { createRouteCoverage } from './middleware/route-coverage.js';
import { RouteCounter } from './middleware/route-counter.js';
import { createRequestVerifier } from './middleware/verify-request.js';
import { createTokenRouter } from './oauth/token-router.js';
import { createWellKnownRouter } from './oauth/well-known-router.js';
import type { ApiKeysOptions } from './options/api-keys-options.js';
import { resolveOptions } from './options/resolve-options.js';
import { requireTokensOption } from './options/tokens-option.js';
import type { TokenService } from './tokens/token-service.js';

/**
 * Sets up API keys for an app. Nothing is opened before the first use or `ready()`.
 *
 * @throws InvalidOptionError when an option is unknown, renamed, of the wrong kind, in contradiction to another one, or missing
 * in production
 *
 * @example
 * const apiKeys = createApiKeys({
 *   prefix: 'acme',
 *   scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
 * });
 * app.get('/orders', apiKeys.requireApiKey('orders:read'), listOrders);
 */
export function createApiKeys<
  const S extends string,
  const F extends string = never,
  const R extends string = never,
  const P extends string = string,
>(options: ApiKeysOptions<S, F, R, P>): ApiKeys<S, F, R, S> {
  const resolved = resolveOptions(options);
  const { clock, refusals, limits, signatures, tokens } = resolved;
  const { realm } = refusals;
  const sources = parseCredentialSources(resolved.credentialFrom ?? defaultCredentialSources);
  let redaction: Redaction | undefined;
  const redactKeys = (text: string): string => redaction?.redact(text) ?? text;
  const instance = createInstance(resolved, redactKeys);
  const { logger, keyspace, keyspaces, recorder, observed, protectedResources } = instance;
  const { requireRunning, watchKey } = instance;
  const headers = sources.map(({ name }) => name);
  const redacting = (redaction = createRedaction(keyspaces, resolved.prefix, headers));
  const isKey = (text: string): boolean => redacting.redact(text) !== text;
  const { catalogue, features, resources, plans, policy } = keyspace;

  const challenge = createChallenge(realm, sources);
  const problemTypes = createProblemTypes(refusals.typeBase);
  const reportError = createErrorReporter(logger);
  const proxies = new ProxyObserver();
  const clientAddress = createClientAddress(logger, proxies);
  const loading = new LoadingParts();
  const readStatus = (): ApiKeysStatus => ({ ...instance.readStatus(), proxies: proxies.read() });
  const readRequestId = createRequestIdReader(resolved.requestId, logger, isKey);
  const words = new MountWords(isKey);
  const routeNotes = { filled: new WeakMap(), words };
  // Words of its own: those of callers without a key must not decide what the usage of keys shows.
  const usageNotes = { filled: routeNotes.filled, words: new MountWords(isKey) };
  const access = createAccessNotes(
    (note) => recorder.note(note),
    clientAddress,
    readRequestId,
    (text) => keyspaces.mayBeKeyId(text),
    isKey,
    words,
  );
  const tokenIssuer = tokens?.issuer ?? null;
  const introspectionScope = tokens?.introspectionScope ?? null;
  const getTokenService = (): TokenService => requireTokens(requireRunning()).service;

  const guardParts: GuardParts = {
    verifier: () => requireRunning().verifier,
    tokenVerifier: tokens === null ? null : () => requireTokens(requireRunning()).verifier,
    tokenIssuer,
    signatures:
      signatures === null
        ? null
        : {
            verifier: () => requireSignatures(requireRunning()).verifier,
            origins: signatures.origins,
            maxBodyBytes: signatures.maxBodyBytes,
            tag: signatures.profile.tag,
          },
    catalogue,
    features,
    resources,
    keyspaces,
    clientAddress,
    challenge,
    problemTypes,
    sources,
    opaqueRefusals: refusals.opaque,
    hidden: resolved.hideCredentials ? new HiddenCredentials() : null,
    reportError,
    access,
    checkCost: createCostCheck(
      {
        plans: plans.byName,
        perOwner: limits.perOwner,
        defaultRateLimits: policy.defaultRateLimits,
        ceilings: limits.ceilings.rateLimits,
      },
      logger,
    ),
    observer: instance.metrics?.observer ?? null,
    routes: instance.routeUsage === null ? null : new RouteCounter(instance.routeUsage, usageNotes),
  };

  const warnNotEnforced = createEnforcementWarning(logger);
  const enforcement = resolveEnforcement('guards', resolved.guards);
  if (enforcement !== null && !isFullyEnforced(enforcement, clock.now())) {
    warnNotEnforced('every guard of requireApiKey that says nothing else', enforcement);
  }
  const observation: ObservationParts = {
    clock,
    defaults: resolved.guards,
    recorder: observed,
    reportError: createErrorReporter(logger, 'pass'),
    noted: new WeakSet(),
    ...routeNotes,
    warnNotEnforced,
  };

  const mcpParts: McpGuardParts = {
    guard: guardParts,
    keyspaces,
    sessions: () => requireRunning().sessions,
    resources: protectedResources,
    onChange: ({ id }, listener) => watchKey(id, listener),
    clock,
    leaseSeconds: resolved.cache.leaseSeconds,
    logger,
  };

  const adminParts: AdminRouterParts = {
    // Read by every request: there is no service before the instance is ready, nor after it was closed.
    get keys() {
      return requireRunning().service;
    },
    get owners() {
      return requireRunning().owners;
    },
    get audit() {
      return requireRunning().audit;
    },
    get webhooks() {
      return requireRunning().webhooks;
    },
    get stepUp() {
      return requireRunning().stepUp;
    },
    whenReady: async () => void requireRunning(),
    awaitLoading: (load) => loading.add(load),
    keyspace,
    keyspaces,
    clock,
    clientAddress,
    readRequestId,
    reportError,
    access,
    // A holder without credits can still show and revoke the key.
    holderGuard: createGuard(guardParts, requireForAllMethods(noScope), { cost: 0 }, { isAboutKey: true }),
    challenge,
    problemTypes,
    credentialHeaders: sources,
    tokenLifetimeSeconds: tokens?.lifetimeSeconds ?? null,
    status: readStatus,
  };

  return {
    requireApiKey: createRequireApiKey<S, F, R>(guardParts, observation),
    // Without an argument any valid key is allowed; undefined is a variable that got lost.
    mcpGuard: (...args: readonly unknown[]) => createMcpGuard(mcpParts, args.length === 0 ? {} : args[0]),
    forwardAuthRouter: (...args: readonly unknown[]) =>
      createForwardAuthRouter(guardParts, args.length === 0 ? {} : args[0]),
    apiKeyOf,
    ...createRouteCoverage({
      scopes: catalogue.names,
      scopesElsewhere: introspectionScope === null ? [] : [introspectionScope],
      sources,
      logger,
      problemTypes,
      words,
    }),
    ...redacting,
    [dialectHost]: createDialectHost({
      keyspaces,
      running: requireRunning,
      clock,
      clientAddress,
      readRequestId,
      reportError,
      access,
      tokenIssuer,
      opaqueRefusals: refusals.opaque,
      hasSignatures: signatures !== null,
      onKeyChange: watchKey,
    }),

    [setupHost]: instance.setup,

    adminRouter: (routerOptions) => createAdminRouter(adminParts, routerOptions),
    tokenRouter: () =>
      createTokenRouter({
        tokens: getTokenService,
        realm,
        clientAddress,
        readRequestId,
        access,
        reportError,
        parties: requireTokensOption(tokens, 'tokenRouter'),
      }),
    wellKnownRouter: () =>
      createWellKnownRouter({
        tokens: getTokenService,
        realm,
        reportError,
        resources: protectedResources,
        facts: { ...requireTokensOption(tokens, 'wellKnownRouter'), scopes: catalogue.names },
      }),

    scopes: catalogue.names.map((name) => ({
      name: name as S,
      description: catalogue.descriptions?.[name] ?? name,
    })),
    keys: createKeysApi({
      whenReady: instance.ready,
      catalogue,
      features,
      resources,
      clock,
      foreign: keyspaces.foreign,
      access,
      verifyRequest: createRequestVerifier(guardParts, instance.ready),
    }),
    owners: createOwnersApi(instance.ready),
    audit: createAuditApi(instance.ready),
    webhooks: createWebhooksApi(instance.ready, clock),

    ready: async () => void (await keepProcessAlive(Promise.all([instance.ready(), loading.wait()]))),
    close: instance.close,
    status: readStatus,
    onChange: watchKey,
  };
}
