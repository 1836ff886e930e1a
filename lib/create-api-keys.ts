import type { AuditApi } from './api/audit-api.js';
import { createAuditApi } from './api/create-audit-api.js';
import { createOwnersApi } from './api/create-owners-api.js';
import type { OwnersApi } from './api/owners-api.js';
import { createKeysApi } from './api/create-keys-api.js';
import type { KeysApi } from './api/keys-api.js';
import type { GrantableScope } from './domain/grantable-scope.js';
import { AccessRecorder } from './audit/access-recorder.js';
import { createAdminRouter, type AdminRouterOptions } from './admin/admin-router.js';
import { createSecretHasher } from './crypto/bcrypt-hasher.js';
import { parsePeppers } from './crypto/peppers.js';
import { createRandomSource } from './crypto/random-source.js';
import type { ApiKeyIdentity, ApiKeyTypes } from './domain/api-key-identity.js';
import { Keyspaces } from './domain/keyspaces.js';
import { suggestNames } from './domain/known-names.js';
import { noScope } from './domain/scope-requirement.js';
import { createDialectHost } from './instance/create-dialect-host.js';
import { dialectHost, type WithDialectHost } from './dialects/dialect-host.js';
import type { DescribedName } from './domain/grantable.js';
import { InvalidOptionError } from './errors.js';
import { createSerializingLogger } from './instance/serializing-logger.js';
import { createAccessNotes } from './http/access-notes.js';
import { createClientAddress } from './http/client-address.js';
import { createErrorReporter } from './http/error-reporter.js';
import { createProblemTypes } from './http/problem-types.js';
import { createRequestIdReader } from './http/request-id-reader.js';
import { createRedaction, type Redaction } from './api/redaction.js';
import { createDefaultKeyspace } from './instance/default-keyspace.js';
import { keepProcessAlive } from './instance/keep-process-alive.js';
import { Lifecycle } from './instance/lifecycle.js';
import { createChallenge } from './http/challenge.js';
import { defaultCredentialSources, parseCredentialSources } from './http/credential-source.js';
import { apiKeyOf, type RequestWithCaller } from './middleware/api-key-of.js';
import { createCostCheck } from './middleware/check-cost.js';
import { HiddenCredentials } from './middleware/hidden-credentials.js';
import type { ApiKeyGuard } from './middleware/api-key-guard.js';
import { createMcpGuard, type McpGuardParts } from './middleware/mcp-guard.js';
import type { McpGuardOptions } from './middleware/mcp-guard-options.js';
import type { SignatureParts } from './middleware/signed-requests.js';
import type { SignedRequestVerifier } from './signatures/verify-signed-request.js';
import type { ForwardAuthOptions } from './middleware/forward-auth-options.js';
import { createForwardAuthRouter } from './middleware/forward-auth-router.js';
import { createGuard, type GuardParts } from './middleware/guard.js';
import { requireForAllMethods } from './middleware/method-requirements.js';
import { createRequestVerifier } from './middleware/verify-request.js';
import { createRequireApiKey, type RequireApiKey } from './middleware/require-api-key.js';
import { createRouteCoverage, type RouteCoverage } from './middleware/route-coverage.js';
import { chooseStore } from './instance/choose-store.js';
import type { ApiKeysOptions } from './options/api-keys-options.js';
import { resolveOptions } from './options/resolve-options.js';
import { ChangeListeners, type ChangeListener } from './feed/change-listeners.js';
import { requireSignatures, requireTokens, type Running } from './instance/running.js';
import { readStatus, type ApiKeysStatus } from './instance/read-status.js';
import { startRunning } from './instance/start-running.js';
import type { ResolvedTokensOption } from './options/tokens-option.js';
import { createTokenRouter } from './oauth/token-router.js';
import { createWellKnownRouter } from './oauth/well-known-router.js';
import { ProtectedResources } from './tokens/protected-resources.js';
import type { TokenService } from './tokens/token-service.js';

/** API keys for one app. */
export interface ApiKeys<S extends string, F extends string = never, R extends string = never>
  extends WithDialectHost, Redaction, RouteCoverage {
  /** Creates guards for routes. */
  readonly requireApiKey: RequireApiKey<S, F, R>;
  /**
   * Returns the authenticated caller, for handlers behind a guard of this instance. Its `scopes`, its `features` and the kinds
   * of `only` are typed by the options, unless the app says more about its keys itself.
   *
   * @typeParam T - the types of `scopes`, `features`, `metadata` and `resources`, as far as the app knows them
   * @throws ApiKeysError `ERR_API_KEYS_INTERNAL_ERROR` when no guard allowed the request
   *
   * @example
   * app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => {
   *   const { ownerId, scopes } = apiKeys.apiKeyOf(req);
   *   res.json(ordersOf(ownerId, { withNotes: scopes.includes('orders:write') }));
   * });
   */
  apiKeyOf<T extends ApiKeyTypes = CatalogueTypes<S, F, R>>(req: RequestWithCaller): ApiKeyIdentity<T>;
  /**
   * The management endpoints as a router. It brings its own body parser, headers and error answers.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for an option that is missing, unknown or has a wrong value
   *
   * @example
   * app.use('/api-keys', apiKeys.adminRouter({ authorize: (req) => actorOf(req) }));
   */
  adminRouter(options: AdminRouterOptions<S>): ReturnType<typeof createAdminRouter>;
  /**
   * Answers a proxy that asks about the requests of its clients: nginx `auth_request`, HAProxy, Traefik ForwardAuth, Caddy
   * `forward_auth`, Envoy `ext_authz` over HTTP. 200 with the caller in `X-Auth-Key-…` headers, or what a guard would answer. One
   * router for each set of scopes, none of them below the path of another.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for an option that is unknown or has a wrong value
   *
   * @example
   * app.use('/forward-auth/orders', apiKeys.forwardAuthRouter({ scopes: 'orders:read' }));
   */
  forwardAuthRouter(options?: ForwardAuthOptions<S, F, R>): ReturnType<typeof createForwardAuthRouter>;
  /**
   * The scope catalogue with its sentences, in the order of its declaration: for consent pages and documentation. What an actor
   * may give to keys is `keys.as(actor).grantable()`.
   *
   * @example
   * app.get('/docs/scopes', (_req, res) => void res.json(apiKeys.scopes));
   */
  readonly scopes: readonly DescribedName[];
  /**
   * The management of keys in code, without HTTP.
   *
   * @example
   * const keys = apiKeys.keys.as({ kind: 'owner', ownerId: 'alice' });
   * const { key } = await keys.create({ name: 'CI', scopes: ['orders:read'] });
   */
  readonly keys: KeysApi<S, F, R>;
  /**
   * Guards an MCP server: keys and access tokens, scopes by tool, sessions that belong to their key, and what the official
   * SDK expects as `req.auth`.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for an option that is unknown or has a wrong value
   *
   * @example
   * app.use('/mcp', apiKeys.mcpGuard({ tools: { list_orders: 'orders:read', delete_order: 'orders:write' } }));
   */
  mcpGuard(options?: McpGuardOptions<S, F, R>): ApiKeyGuard;
  /**
   * The endpoints of the authorization server as a router.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` without the option `tokens`
   *
   * @example
   * app.use('/oauth', apiKeys.tokenRouter());
   */
  tokenRouter(): ReturnType<typeof createTokenRouter>;
  /**
   * The metadata of the authorization server (RFC 8414) and its public keys.
   *
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` without the option `tokens`
   *
   * @example
   * app.use('/.well-known', apiKeys.wellKnownRouter());
   */
  wellKnownRouter(): ReturnType<typeof createWellKnownRouter>;
  /**
   * The audit trail of changes, the access log of refused requests, and the check that the trail is intact.
   *
   * @example
   * const { items } = await apiKeys.audit.as({ kind: 'admin', id: 'olga' }).list({ ownerId: 'alice' });
   */
  readonly audit: AuditApi;
  /**
   * What owners may do now: suspend all keys of one, and resume them.
   *
   * @example
   * await apiKeys.owners.as({ kind: 'admin', id: 'olga' }).suspend({ ownerId: 'alice', suspensionReason: 'Unpaid' });
   */
  readonly owners: OwnersApi;
  /**
   * Connects and applies pending migrations; until then guards and routers answer 503. It does not fail while only Redis
   * is unreachable. Rejects when the database cannot be reached, and may be called again then.
   *
   * @throws ApiKeysError `ERR_API_KEYS_UNAVAILABLE` after `close()`; else what the database driver throws
   *
   * @example
   * await apiKeys.ready();
   * app.listen(3000);
   */
  ready(): Promise<void>;
  /**
   * Writes pending uses and access entries and closes the connections that this instance opened; it cannot be used again.
   * The process stays alive until that is done. A pool or a client that you passed in is yours to close.
   *
   * @example
   * process.once('SIGTERM', () => server.close(() => void apiKeys.close()));
   */
  close(): Promise<void>;
  /**
   * Returns the current state without I/O, so it is cheap enough for a readiness probe. Never throws.
   *
   * @example
   * app.get('/ready', (_req, res) => void res.sendStatus(apiKeys.status().database === 'up' ? 200 : 503));
   */
  status(): ApiKeysStatus;
  /**
   * Calls the listener after each change of a key, of its owner or of a key above it, in any process, before that change is
   * answered with 200: for connections that stay open and handlers that run for long, which no guard checks again. It is called with `null` instead of a change
   * after this process was paused or disconnected for longer than its lease, or the database was restored: verify the key
   * again then.
   *
   * @returns a function that removes the listener
   * @throws InvalidOptionError `ERR_API_KEYS_INVALID_OPTION` for anything but the id of a key and a function
   *
   * @example
   * const remove = apiKeys.onChange(keyId, () => socket.close());
   * socket.on('close', remove);
   */
  onChange(keyId: string, listener: ChangeListener): () => void;
}

/** What the catalogue says about keys. The only use of it is as a default: an instance with more scopes fits where fewer are needed. */
type CatalogueTypes<S extends string, F extends string, R extends string> = {
  readonly scopes: readonly GrantableScope<S>[];
  readonly features: readonly ([F] extends [never] ? string : F)[];
  readonly resources: R;
};

/**
 * API keys with any scopes, for modules that do not know the catalogue. A module that requires features names them, and so
 * does one that names resources: `ApiKeys<any, 'block_trades', 'project'>`.
 *
 * @example
 * export function mountOrders(app: Express, apiKeys: AnyApiKeys): void {
 *   app.get('/orders', apiKeys.requireApiKey('orders:read'), listOrders);
 * }
 */
// eslint-disable-next-line typescript/no-explicit-any -- every catalogue fits
export type AnyApiKeys = ApiKeys<any>;

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
>(options: ApiKeysOptions<S, F, R, P>): ApiKeys<S, F, R> {
  const resolved = resolveOptions(options);
  const logger = createSerializingLogger(resolved.logger);
  const { clock, pepper } = resolved;
  const { realm, opaque: opaqueRefusals } = resolved.refusals;
  const keyspace = createDefaultKeyspace(resolved);
  const keyspaces = new Keyspaces(keyspace);
  const { catalogue, features, resources } = keyspace;
  const sources = parseCredentialSources(resolved.credentialFrom ?? defaultCredentialSources);
  const { store, pepperFile, poolLosses } = chooseStore({ ...resolved, logger });
  const givenPeppers = pepper === undefined ? null : parsePeppers(pepper);
  const hasher = createSecretHasher({ cost: resolved.bcryptCost, logger });

  const recorder = new AccessRecorder({ random: createRandomSource(), clock, logger });
  const clientAddress = createClientAddress(logger);
  const readRequestId = createRequestIdReader(resolved.requestId, logger);
  const access = createAccessNotes(
    (note) => recorder.note(note),
    clientAddress,
    readRequestId,
    (text) => keyspaces.mayBeKeyId(text),
  );
  const listeners = new ChangeListeners(logger);
  const protectedResources = new ProtectedResources();
  const lifecycle = new Lifecycle(
    () => {
      // Also after a start that failed: it leaves idle connections in the pool.
      poolLosses?.listen();
      return startRunning({
        options: resolved,
        keyspaces,
        store,
        peppers: givenPeppers,
        pepperFile,
        hasher,
        listeners,
        resources: protectedResources,
        recorder,
        logger,
      });
    },
    (started) => started.stop(),
    (error) => logger.error('api-keys: not ready, and every request is answered with 503', error),
  );
  const challenge = createChallenge(realm, sources);

  const problemTypes = createProblemTypes(resolved.refusals.typeBase);
  const reportError = createErrorReporter(logger);
  const requireRunning = (): Running => lifecycle.requireStarted();
  const watchKey = (keyId: string, listener: ChangeListener): (() => void) => {
    const running = lifecycle.started;
    const place = running?.findCachedPlace(keyId) ?? null;
    const remove = listeners.add(keyId, listener, place);
    // While its place is not known, the listener is called for changes of every owner and of every key.
    if (place === null) {
      running
        ?.findPlace(keyId)
        .then((found) => listeners.setPlace(keyId, found))
        .catch(() => undefined);
    }
    return remove;
  };
  const getTokenService = (): TokenService => requireTokens(requireRunning()).service;
  const tokenIssuer = resolved.tokens?.issuer ?? null;
  function requireTokenSettings(what: string): ResolvedTokensOption {
    if (resolved.tokens !== null) return resolved.tokens;
    throw new InvalidOptionError(
      `${what}: needs the option tokens, for example tokens: { issuer: 'https://api.acme.example' }`,
    );
  }

  const { introspectionScope = null } = resolved.tokens ?? {};
  if (introspectionScope !== null && !catalogue.names.includes(introspectionScope)) {
    throw new InvalidOptionError(
      `tokens.introspectionScope: takes one of the declared scopes; ${suggestNames(introspectionScope, catalogue.names)}`,
    );
  }

  function createSignatureParts(): SignatureParts | null {
    if (resolved.signatures === null) return null;
    const { origins, maxBodyBytes, profile } = resolved.signatures;
    const getVerifier = (): SignedRequestVerifier => requireSignatures(requireRunning()).verifier;
    return { verifier: getVerifier, origins, maxBodyBytes, tag: profile.tag };
  }

  const guardParts: GuardParts = {
    verifier: () => requireRunning().verifier,
    tokenVerifier: resolved.tokens === null ? null : () => requireTokens(requireRunning()).verifier,
    tokenIssuer,
    signatures: createSignatureParts(),
    catalogue,
    features,
    resources,
    keyspaces,
    clientAddress,
    challenge,
    problemTypes,
    sources,
    opaqueRefusals,
    hidden: resolved.hideCredentials ? new HiddenCredentials() : null,
    reportError,
    access,
    checkCost: createCostCheck(
      {
        plans: keyspace.plans.byName,
        perOwner: resolved.limits.perOwner,
        defaultRateLimits: keyspace.policy.defaultRateLimits,
        ceilings: resolved.limits.ceilings.rateLimits,
      },
      logger,
    ),
  };
  const requireApiKey = createRequireApiKey<S, F, R>(guardParts);

  const host = createDialectHost({
    keyspaces,
    running: requireRunning,
    clock,
    clientAddress,
    readRequestId,
    reportError,
    access,
    tokenIssuer,
    opaqueRefusals,
    hasSignatures: resolved.signatures !== null,
    onKeyChange: watchKey,
  });

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

  return {
    requireApiKey,
    mcpGuard: (...args: readonly unknown[]) => createMcpGuard(mcpParts, args.length === 0 ? {} : args[0]),
    apiKeyOf,
    ...createRouteCoverage({
      scopes: catalogue.names,
      scopesElsewhere: introspectionScope === null ? [] : [introspectionScope],
      sources,
      logger,
      problemTypes,
    }),
    [dialectHost]: host,
    ...createRedaction(
      keyspaces,
      resolved.prefix,
      sources.map(({ name }) => name),
    ),

    adminRouter: (routerOptions) =>
      createAdminRouter(
        {
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
          get stepUp() {
            return requireRunning().stepUp;
          },
          whenReady: async () => void requireRunning(),
          keyspace,
          clock,
          clientAddress,
          readRequestId,
          reportError,
          access,
          // A holder without credits can still show and revoke the key.
          holderGuard: createGuard(
            guardParts,
            requireForAllMethods(noScope),
            { cost: 0 },
            { isAboutKey: true },
          ),
          challenge,
          problemTypes,
          credentialHeaders: sources,
        },
        routerOptions,
      ),

    // Without an argument any valid key is allowed; undefined is a variable that got lost.
    forwardAuthRouter: (...args: readonly unknown[]) =>
      createForwardAuthRouter(guardParts, args.length === 0 ? {} : args[0]),

    scopes: catalogue.names.map((name) => ({
      name,
      description: catalogue.descriptions?.[name] ?? name,
    })),
    keys: createKeysApi({
      whenReady: () => lifecycle.ready(),
      catalogue,
      features,
      resources,
      clock,
      access,
      verifyRequest: createRequestVerifier(guardParts, () => lifecycle.ready()),
    }),
    tokenRouter: () =>
      createTokenRouter({
        tokens: getTokenService,
        realm,
        clientAddress,
        readRequestId,
        access,
        reportError,
        parties: requireTokenSettings('tokenRouter'),
      }),
    wellKnownRouter: () =>
      createWellKnownRouter({
        tokens: getTokenService,
        realm,
        reportError,
        resources: protectedResources,
        facts: { ...requireTokenSettings('wellKnownRouter'), scopes: catalogue.names },
      }),
    owners: createOwnersApi(() => lifecycle.ready()),
    audit: createAuditApi(() => lifecycle.ready()),

    async ready() {
      await keepProcessAlive(lifecycle.ready());
    },

    async close() {
      await keepProcessAlive(Promise.all([lifecycle.close(), hasher.close()])).finally(() =>
        poolLosses?.stop(),
      );
    },

    status: () => readStatus(lifecycle.started, resolved.redis !== null),

    onChange(keyId, listener) {
      if (typeof keyId !== 'string' || typeof listener !== 'function') {
        throw new InvalidOptionError(
          'onChange: takes the id of a key and a function, for example (req.apiKey.id, check)',
        );
      }
      return watchKey(keyId, listener);
    },
  };
}
