import { createSecretHasher } from '../../lib/crypto/bcrypt-hasher.js';
import { createCursorSigner } from '../../lib/crypto/cursor-signer.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { createSecretSealer } from '../../lib/crypto/secret-sealer.js';
import { createSecretDigester } from '../../lib/crypto/secret-digester.js';
import { ChangeListeners } from '../../lib/feed/change-listeners.js';
import { createFollowing, type Following } from '../../lib/feed/following.js';
import { Lease } from '../../lib/feed/lease.js';
import { RecentVersions } from '../../lib/feed/recent-versions.js';
import { Keyspaces } from '../../lib/domain/keyspaces.js';
import { createDefaultKeyspace } from '../../lib/instance/default-keyspace.js';
import { createKeyService, type KeyService } from '../../lib/manage/key-service.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import type { Clock } from '../../lib/ports/clock.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import type { VerificationCache } from '../../lib/ports/verification-cache.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { scopes, testPepper } from './instance.js';

function followingOf(store: KeyStore, cache: VerificationCache | null, clock: Clock): Following {
  const nobody = { forget: () => undefined, forgetOwner: () => undefined, forgetAll: () => undefined };
  const lease = new Lease(4_000, clock);
  const versions = new RecentVersions(100);
  const listeners = new ChangeListeners(console);
  return createFollowing({
    ...{ feed: store.feed, cache, lease, versions, listeners, clock, logger: console },
    caches: nobody,
  });
}

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
  const keyspace = createDefaultKeyspace(options);
  const following = followingOf(store, parts.cache ?? null, clock);
  const started = following.start();
  const service = createKeyService({
    store,
    changes: following.announcer,
    hasher,
    digester: createSecretDigester(peppers),
    secretSealer: createSecretSealer(peppers),
    random: createRandomSource(),
    cursorSigner: createCursorSigner(peppers),
    clock,
    keyspace,
    onlyKeyspace: null,
    keyspaces: new Keyspaces(keyspace),
  });
  const close = async (): Promise<void> => {
    await started;
    await Promise.all([following.stop(), hasher.close()]);
  };
  return { service, store, close };
}
