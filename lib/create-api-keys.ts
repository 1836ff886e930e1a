import { createAdminRouter, type AdminRouterOptions } from './admin/admin-router.js';
import { createSecretHasher } from './crypto/bcrypt-hasher.js';
import { createCursorSigner } from './crypto/cursor-signer.js';
import { readOrMakePepperFile } from './crypto/pepper-file.js';
import { parsePeppers } from './crypto/peppers.js';
import { createRandomSource } from './crypto/random-source.js';
import { createSecretDigester } from './crypto/secret-digester.js';
import { describingLogger } from './describing-logger.js';
import { createKeysApi, type KeysApi } from './keys-api.js';
import { createDefaultKeyspace } from './keyspaces.js';
import { Lifecycle } from './lifecycle.js';
import { createKeyService, type KeyService } from './manage/key-service.js';
import { createClientAddress } from './middleware/client-address.js';
import { defaultCredentialSources, parseCredentialSources } from './middleware/credential-source.js';
import { createRequireApiKey, type RequireApiKey } from './middleware/require-api-key.js';
import { chooseStore } from './open-store.js';
import { resolveOptions, type ApiKeysOptions } from './options.js';
import type { VerificationCache } from './ports/verification-cache.js';
import { createRedisVerificationCache } from './redis/redis-verification-cache.js';
import { createKeyFinder } from './verify/find-key.js';
import { UseRecorder } from './verify/record-use.js';
import { createVerifier, type VerifyApiKey } from './verify/verify-api-key.js';

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
  adminRouter(options: AdminRouterOptions): ReturnType<typeof createAdminRouter>;
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

/** What exists once an instance is ready. */
interface Running {
  readonly service: KeyService;
  readonly verify: VerifyApiKey;
  readonly cache: VerificationCache | null;
  readonly stop: () => Promise<void>;
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
  const { clock, realm, pepper, redis, redisKeyPrefix } = resolved;
  const keyspace = createDefaultKeyspace(resolved);
  const { catalogue } = keyspace;
  const sources = parseCredentialSources(resolved.credentialFrom ?? defaultCredentialSources);
  const { store, pepperFile } = chooseStore({ ...resolved, logger });
  const givenPeppers = pepper === undefined ? null : parsePeppers(pepper);
  const hasher = createSecretHasher({ cost: resolved.bcryptCost, logger });

  async function start(): Promise<Running> {
    const peppers = givenPeppers ?? parsePeppers(await readOrMakePepperFile(pepperFile));
    const digester = createSecretDigester(peppers);
    await store.open();
    const cache =
      redis === undefined
        ? null
        : createRedisVerificationCache({
            connection: redis,
            peppers,
            clock,
            logger,
            ...(redisKeyPrefix === undefined ? {} : { keyPrefix: redisKeyPrefix }),
          });
    await cache?.open();
    const uses = new UseRecorder(store, clock, logger);
    const finder = createKeyFinder({ store, cache, clock, catalogue });
    return {
      cache,
      service: createKeyService({
        store,
        cache,
        hasher,
        digester,
        random: createRandomSource(),
        cursorSigner: createCursorSigner(peppers),
        clock,
        keyspace,
      }),
      verify: createVerifier({ finder, store, digester, hasher, uses, clock, logger, keyspace }),
      stop: async () => {
        await uses.flush();
        // Whoever made a store closes it.
        await Promise.all([cache?.close(), resolved.store === undefined && store.close()]);
      },
    };
  }

  const lifecycle = new Lifecycle(start, (running) => running.stop());
  const challenge = {
    scheme: sources.some((source) => source.isAuthorization) ? 'Bearer' : 'ApiKey',
    realm,
  } as const;

  const requireApiKey = createRequireApiKey<S>({
    verify: (request) => lifecycle.requireStarted().verify(request),
    catalogue,
    format: keyspace.format,
    clientAddress: createClientAddress(logger),
    challenge,
    sources,
    opaqueRefusals: resolved.opaqueRefusals ?? false,
    hideCredentials: resolved.hideCredentials ?? false,
    logger,
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
          logger,
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
      await lifecycle.close();
      await hasher.close();
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
