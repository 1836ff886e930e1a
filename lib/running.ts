import { createCursorSigner } from './crypto/cursor-signer.js';
import { readOrMakePepperFile } from './crypto/pepper-file.js';
import { parsePeppers, type Pepper } from './crypto/peppers.js';
import { createRandomSource } from './crypto/random-source.js';
import { createSecretDigester } from './crypto/secret-digester.js';
import { describeTrouble, type Trouble } from './describe-trouble.js';
import type { Keyspace } from './domain/keyspace.js';
import { ApiKeysError, isProblem } from './errors.js';
import { createKeyService, type KeyService } from './manage/key-service.js';
import type { ResolvedOptions } from './options.js';
import type { KeyStore } from './ports/key-store.js';
import type { Logger } from './ports/logger.js';
import type { SecretHasher } from './ports/secret-hasher.js';
import type { VerificationCache } from './ports/verification-cache.js';
import { createRedisVerificationCache } from './redis/redis-verification-cache.js';
import { createKeyFinder } from './verify/find-key.js';
import { MissingDigests } from './verify/missing-digests.js';
import { UseRecorder } from './verify/record-use.js';
import { createVerifier, type VerifyApiKey } from './verify/verify-api-key.js';

/** What exists once an instance is ready. */
export interface Running {
  readonly service: KeyService;
  readonly verify: VerifyApiKey;
  readonly cache: VerificationCache | null;
  readonly stop: () => Promise<void>;
}

/** What a start is made from. */
export interface StartParts {
  readonly options: ResolvedOptions<string>;
  readonly keyspace: Keyspace;
  readonly store: KeyStore;
  /** `null`: read from the file, or made there. */
  readonly peppers: readonly [Pepper, ...Pepper[]] | null;
  readonly pepperFile: string;
  readonly hasher: SecretHasher;
  readonly logger: Logger;
}

/**
 * Opens what an instance needs and puts it together. What was opened is closed again when something fails.
 *
 * @throws ApiKeysError `unavailable` that says why, InvalidOptionError for what waiting does not mend
 */
export async function startRunning(parts: StartParts): Promise<Running> {
  const { options, store, keyspace, hasher, logger } = parts;
  const { clock } = options;
  const ownsStore = options.store === undefined;
  // Whoever made a store closes it.
  const closeStore = async (): Promise<void> => (ownsStore ? store.close() : undefined);

  const peppers = parts.peppers ?? parsePeppers(await readOrMakePepperFile(parts.pepperFile));
  const digester = createSecretDigester(peppers);
  const cache = createCache(options, peppers, logger);
  try {
    await store.open();
    await cache?.open();
  } catch (error) {
    await Promise.allSettled([cache?.close(), closeStore()]);
    throw isProblem(error, 'unavailable') ? couldNotStart(error) : error;
  }

  const uses = new UseRecorder(store, clock, logger);
  const finder = createKeyFinder({ store, cache, clock, catalogue: keyspace.catalogue });
  const digests = new MissingDigests({ store, finder, digester, logger });
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
    verify: createVerifier({ finder, digests, digester, hasher, uses, clock, keyspace }),
    async stop() {
      await uses.flush();
      await Promise.all([cache?.close(), closeStore()]);
    },
  };
}

function createCache(
  { redis, redisKeyPrefix, clock }: ResolvedOptions<string>,
  peppers: readonly Pepper[],
  logger: Logger,
): VerificationCache | null {
  if (redis === undefined) return null;
  const keyPrefix = redisKeyPrefix === undefined ? {} : { keyPrefix: redisKeyPrefix };
  return createRedisVerificationCache({ connection: redis, peppers, clock, logger, ...keyPrefix });
}

/** Callers are told nothing of the reason; whoever starts the app needs it. */
function couldNotStart(error: unknown): ApiKeysError {
  let reason: Trouble = describeTrouble(error);
  while (reason.cause !== undefined) reason = reason.cause;
  const what = [reason.code, reason.message].filter((text) => text !== undefined && text !== '').join(': ');
  return new ApiKeysError('unavailable', {
    detail: `The database of the API keys cannot be opened (${what})`,
    cause: error,
  });
}
