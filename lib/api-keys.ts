import type { createAdminRouter, AdminRouterOptions } from './admin/admin-router.js';
import type { AuditApi } from './api/audit-api.js';
import type { KeysApi } from './api/keys-api.js';
import type { OwnersApi } from './api/owners-api.js';
import type { WebhooksApi } from './api/webhooks-api.js';
import type { Redaction } from './api/redaction.js';
import type { WithDialectHost } from './dialects/dialect-host.js';
import type { ApiKeyIdentity, ApiKeyTypes } from './domain/api-key-identity.js';
import type { GrantableScope } from './domain/grantable-scope.js';
import type { DescribedName } from './domain/grantable.js';
import type { ChangeListener } from './feed/change-listeners.js';
import type {
  CheckedResourcesOption,
  RequestedResources,
  ResourcesResult,
} from './http/requested-resources.js';
import type { WithSetupHost } from './domain/setup-host.js';
import type { ApiKeysStatus } from './domain/api-keys-status.js';
import type { ApiKeyGuard } from './middleware/api-key-guard.js';
import type { RequestWithCaller } from './middleware/api-key-of.js';
import type { ForwardAuthOptions } from './middleware/forward-auth-options.js';
import type { createForwardAuthRouter } from './middleware/forward-auth-router.js';
import type { McpGuardOptions } from './middleware/mcp-guard-options.js';
import type { RequireApiKey } from './middleware/require-api-key.js';
import type { RouteCoverage } from './middleware/route-coverage.js';
import type { createTokenRouter } from './oauth/token-router.js';
import type { createWellKnownRouter } from './oauth/well-known-router.js';

/**
 * API keys for one app.
 *
 * @typeParam S - the scopes
 * @typeParam F - the features
 * @typeParam R - the kinds of resources
 * @typeParam N - the names in `scopes`; not S, so that an instance with more scopes fits where fewer are needed
 */
export interface ApiKeys<
  S extends string,
  F extends string = never,
  R extends string = never,
  N extends string = string,
>
  extends WithDialectHost, WithSetupHost, Redaction, RouteCoverage {
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
  forwardAuthRouter<T extends ResourcesResult = RequestedResources<R>>(
    options?: ForwardAuthOptions<S, F, R, CheckedResourcesOption<R, T>>,
  ): ReturnType<typeof createForwardAuthRouter>;
  /**
   * The scope catalogue with its sentences, in the order of its declaration: for consent pages and documentation. What an actor
   * may give to keys is `keys.as(actor).grantable()`.
   *
   * @example
   * app.get('/docs/scopes', (_req, res) => void res.json(apiKeys.scopes));
   */
  readonly scopes: readonly DescribedName<N>[];
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
  mcpGuard<T extends ResourcesResult = RequestedResources<R>>(
    options?: McpGuardOptions<S, F, R, CheckedResourcesOption<R, T>>,
  ): ApiKeyGuard;
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
   * The endpoints that events are sent to. Needs the option `events.webhooks`.
   *
   * @example
   * const webhooks = apiKeys.webhooks.as({ kind: 'admin', id: 'olga' });
   * const { id, secret } = await webhooks.create({ url: 'https://crm.acme.example/api-keys' });
   */
  readonly webhooks: WebhooksApi;
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
