import { createApiKeys, type ApiKeys, type ApiKeysOptions, type NewKey } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { theApp } from './the-app.js';

export const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'users:read': 'Read users',
} as const;
export type Scope = keyof typeof scopes;

/** A pepper for tests; long enough and worth nothing. */
export const testPepper = 'test-pepper-test-pepper-test-pepper!';

export interface TestInstance {
  readonly apiKeys: ApiKeys<Scope>;
  readonly clock: ReturnType<typeof fixedClock>;
  /** What was said to operators. */
  readonly log: readonly string[];
  /** Makes a key of owner `alice` that may read orders, unless said otherwise. */
  key(input?: Partial<NewKey<Scope>>): Promise<{ id: string; token: string }>;
}

/**
 * What instances of tests have in common: a clock that stands still, a log that can be read, and a store in memory, unless they
 * have a database.
 *
 * @param formatDetails - how the second argument of a logged message is written
 */
export function createTestParts(
  { database }: Pick<Partial<ApiKeysOptions>, 'database'>,
  formatDetails: (details: unknown) => string = String,
) {
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const log: string[] = [];
  const note = (message: string, details?: unknown): void =>
    void log.push(`${message} ${formatDetails(details)}`);
  const defaults = {
    prefix: 'acme',
    scopes,
    pepper: testPepper,
    bcryptCost: 8,
    clock,
    logger: { warn: note, error: note },
    ...(database === undefined ? { store: memoryStore() } : {}),
  };
  return { clock, log, defaults };
}

/** A real instance on a store in memory, with a clock that stands still. */
export function createInstance(options: Partial<ApiKeysOptions<Scope>> = {}): TestInstance {
  const { clock, log, defaults } = createTestParts(options);
  const apiKeys = createApiKeys<Scope>({ ...defaults, ...options });
  return {
    apiKeys,
    clock,
    log,
    async key(input = {}) {
      const created = await apiKeys.keys.as(theApp).create({
        ownerId: 'alice',
        name: 'CI',
        scopes: ['orders:read'],
        ...input,
      });
      return { id: created.id, token: created.key };
    },
  };
}
