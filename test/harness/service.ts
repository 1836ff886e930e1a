import { createSecretHasher } from '../../lib/crypto/bcrypt-hasher.js';
import { createCursorSigner } from '../../lib/crypto/cursor-signer.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { createSecretDigester } from '../../lib/crypto/secret-digester.js';
import { createDefaultKeyspace } from '../../lib/keyspaces.js';
import { createKeyService, type KeyService } from '../../lib/manage/key-service.js';
import { resolveOptions } from '../../lib/options.js';
import type { Clock } from '../../lib/ports/clock.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import type { VerificationCache } from '../../lib/ports/verification-cache.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { scopes, testPepper } from './instance.js';

/** The management service on a store in memory, without Express around it. */
export function createService(parts: { store?: KeyStore; cache?: VerificationCache; clock?: Clock } = {}): {
  service: KeyService;
  store: KeyStore;
  close: () => Promise<void>;
} {
  const clock = parts.clock ?? fixedClock(Date.UTC(2026, 5, 1));
  const peppers = parsePeppers(testPepper);
  const hasher = createSecretHasher({ cost: 8, logger: console });
  const store = parts.store ?? memoryStore();
  const options = resolveOptions({ prefix: 'acme', scopes, pepper: testPepper, store });
  const service = createKeyService({
    store,
    cache: parts.cache ?? null,
    hasher,
    digester: createSecretDigester(peppers),
    random: createRandomSource(),
    cursorSigner: createCursorSigner(peppers),
    clock,
    keyspace: createDefaultKeyspace(options),
  });
  return { service, store, close: () => hasher.close() };
}
