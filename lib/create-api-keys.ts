import { createAdminRouter, type AdminRouterOptions } from './admin/admin-router.js';
import { createSecretHasher } from './crypto/bcrypt-hasher.js';
import { parsePeppers } from './crypto/peppers.js';
import { describingLogger } from './describing-logger.js';
import { createTroubleReporter } from './http/trouble-reporter.js';
import { createKeysApi, type KeysApi } from './keys-api.js';
import { createDefaultKeyspace } from './keyspaces.js';
import { Lifecycle } from './lifecycle.js';
import { createClientAddress } from './middleware/client-address.js';
import { defaultCredentialSources, parseCredentialSources } from './middleware/credential-source.js';
import { HiddenCredentials } from './middleware/hidden-credentials.js';
import { createRequireApiKey, type RequireApiKey } from './middleware/require-api-key.js';
import { chooseStore } from './open-store.js';
import { resolveOptions, type ApiKeysOptions } from './options.js';
import { startRunning, type Running } from './running.js';

/** In which state an instance is, for health answers. */
export interface ApiKeysStatus {
  /** Whether `ready()` has been reached and `close()` has not. */
  readonly ready: boolean;
  /** `none` when no Redis was configured; `down` means that every check reads the store. */
  readonly redis: 'up' | 'down' | 'none';
}

/** API keys for one app. */
export interface ApiKeys<S extends string> {
  /** Makes guards for routes. */
  readonly requireApiKey: RequireApiKey<S>;
  /** The management endpoints as a router: `app.use('/api-keys', apiKeys.adminRouter({ authorize }))`. */
  adminRouter(options: AdminRouterOptions<S>): ReturnType<typeof createAdminRouter>;
  /** The same service without HTTP. */
  readonly keys: KeysApi<S>;
  /**
   * Connects and brings the tables up to date; until then guards and routers answer 503. Redis being away is no reason
   * to fail. Rejects when the database cannot be reached, and may be called again then.
   */
  ready(): Promise<void>;
  /** Writes what is left to write and lets go of what this instance opened itself. It cannot be used again. */
  close(): Promise<void>;
  status(): ApiKeysStatus;
}

/**
 * Sets up API keys for an app. Nothing is touched until it is used.
 *
 * @throws InvalidOptionError when an option is unknown, of the wrong kind, or missing in production
 *
 * @example
 * const apiKeys = createApiKeys({
 *   prefix: 'acme',
 *   scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
 * });
 * app.get('/orders', apiKeys.requireApiKey('orders:read'), listOrders);
 */
export function createApiKeys<const S extends string>(options: ApiKeysOptions<S>): ApiKeys<S> {
  const resolved = resolveOptions(options);
  const logger = describingLogger(resolved.logger);
  const { clock, realm, pepper, redis } = resolved;
  const keyspace = createDefaultKeyspace(resolved);
  const { catalogue } = keyspace;
  const sources = parseCredentialSources(resolved.credentialFrom ?? defaultCredentialSources);
  const { store, pepperFile } = chooseStore({ ...resolved, logger });
  const givenPeppers = pepper === undefined ? null : parsePeppers(pepper);
  const hasher = createSecretHasher({ cost: resolved.bcryptCost, logger });

  const lifecycle = new Lifecycle(
    () =>
      startRunning({ options: resolved, keyspace, store, pepperFile, peppers: givenPeppers, hasher, logger }),
    (running) => running.stop(),
    (error) => logger.error('api-keys: not ready, and every request is answered with 503', error),
  );
  const challenge = {
    scheme: sources.some((source) => source.isAuthorization) ? 'Bearer' : 'ApiKey',
    realm,
  } as const;

  const reportTrouble = createTroubleReporter(logger);

  const requireApiKey = createRequireApiKey<S>({
    verify: (request) => lifecycle.requireStarted().verify(request),
    catalogue,
    format: keyspace.format,
    clientAddress: createClientAddress(logger),
    challenge,
    sources,
    opaqueRefusals: resolved.opaqueRefusals ?? false,
    hidden: resolved.hideCredentials === true ? new HiddenCredentials() : null,
    reportTrouble,
  });

  return {
    requireApiKey,

    adminRouter: (routerOptions) =>
      createAdminRouter(
        {
          // Read anew by every request: there is no service before the instance is ready, nor after it was closed.
          get keys() {
            return lifecycle.requireStarted().service;
          },
          whenReady: async () => void lifecycle.requireStarted(),
          keyspace,
          clock,
          reportTrouble,
          holderGuard: requireApiKey.anyScope(),
          challenge,
        },
        routerOptions,
      ),

    keys: createKeysApi({ whenReady: () => lifecycle.ready(), catalogue, clock }),

    async ready() {
      await lifecycle.ready();
    },

    async close() {
      await Promise.all([lifecycle.close(), hasher.close()]);
    },

    status() {
      const running = lifecycle.started;
      return { ready: running !== null, redis: redisState(running, redis !== undefined) };
    },
  };
}

function redisState(running: Running | null, isConfigured: boolean): ApiKeysStatus['redis'] {
  if (!isConfigured) return 'none';
  return running?.cache?.status() ?? 'down';
}
