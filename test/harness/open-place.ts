import type { ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from './instance.js';
import { makeOwnDatabase } from './own-database.js';

/** Where instances of a test keep their keys. */
export type PlaceName = 'a store in memory' | 'SQLite' | 'PostgreSQL' | 'PostgreSQL and Redis';

/** A place of the test's own, for any number of instances. */
export interface Place {
  make(options?: Partial<ApiKeysOptions<Scope>>): TestInstance;
  remove(): Promise<void>;
}

export async function openPlace(name: PlaceName): Promise<Place> {
  if (name === 'a store in memory') {
    const store = memoryStore();
    return { make: (options) => createInstance({ store, ...options }), remove: async () => undefined };
  }
  const database = await makeOwnDatabase(name === 'SQLite' ? 'SQLite' : 'PostgreSQL');
  const keyPrefix = `place-${Math.random()}:`;
  const redis = name.endsWith('Redis')
    ? { redis: { client: process.env['TEST_REDIS_URL'] ?? '', keyPrefix } }
    : {};
  return {
    make: (options) => createInstance({ database: database.url, ...redis, ...options }),
    remove: () => database.remove(),
  };
}

/** Two instances in a place, ready. */
export interface TwoInstances {
  readonly one: TestInstance;
  readonly two: TestInstance;
  stop(): Promise<void>;
}

export async function startTwoInstances(
  name: PlaceName,
  options: Partial<ApiKeysOptions<Scope>> = {},
): Promise<TwoInstances> {
  const place = await openPlace(name);
  const [one, two] = [place.make(options), place.make(options)];
  await one.apiKeys.ready();
  await two.apiKeys.ready();
  return {
    one,
    two,
    async stop() {
      await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
      await place.remove();
    },
  };
}
