import fc from 'fast-check';
import type { ApiKeyRecord } from '../../lib/domain/api-key.js';
import { createFeatureCatalogue } from '../../lib/domain/feature-catalogue.js';
import { createScopeCatalogue } from '../../lib/domain/scope-catalogue.js';
import { assertAtOrBelow } from '../../lib/manage/authority.js';
import { createSampleKey } from '../../lib/store/sample-keys.js';

const anyCatalogue = createScopeCatalogue({ 'orders:read': 'Read orders' });

const featureNames = {
  beta: 'New routes',
  block_trades: 'Block trades',
  only_own: 'Sees only its own trades',
};
const features = createFeatureCatalogue(featureNames, ['only_own']);

const networks = ['10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '192.0.2.0/24', '2001:db8::/32', '2001:db8::1'];
const scopes = ['orders:read', 'orders:write', 'orders:*', 'users:read', '*'];
const limits = ['minute', 'hour'].flatMap((name) =>
  [10, 20].map((limit) => ({ name, limit, windowSeconds: name === 'minute' ? 60 : 3600 })),
);

/** What a key may be given, and what its maker may hold. */
const rights = fc.record({
  scopes: fc.uniqueArray(fc.constantFrom(...scopes), { maxLength: 3 }),
  features: fc.subarray(Object.keys(featureNames)),
  expiresAt: fc.constantFrom(null, 1, 2, 3),
  ipAllowlist: fc.oneof(
    fc.constant(null),
    fc.uniqueArray(fc.constantFrom(...networks), { minLength: 1, maxLength: 3 }),
  ),
  rateLimits: fc.uniqueArray(fc.constantFrom(...limits), { maxLength: 2, selector: ({ name }) => name }),
  hasCredits: fc.boolean(),
  environment: fc.constantFrom('live', 'live', 'live', 'test'),
});

type Rights = Pick<
  ApiKeyRecord,
  'scopes' | 'features' | 'expiresAt' | 'ipAllowlist' | 'rateLimits' | 'hasCredits' | 'environment'
>;

/** Every address of these tests that a network can hold. */
const addresses = [
  '10.1.2.3',
  '10.1.9.9',
  '10.9.9.9',
  '192.0.2.1',
  '2001:db8::1',
  '2001:db8::2',
  '198.51.100.1',
];
const within: Readonly<Record<string, readonly string[]>> = {
  '10.0.0.0/8': ['10.1.2.3', '10.1.9.9', '10.9.9.9'],
  '10.1.0.0/16': ['10.1.2.3', '10.1.9.9'],
  '10.1.2.3': ['10.1.2.3'],
  '192.0.2.0/24': ['192.0.2.1'],
  '2001:db8::/32': ['2001:db8::1', '2001:db8::2'],
  '2001:db8::1': ['2001:db8::1'],
};
const allScopes = ['orders:read', 'orders:write', 'orders:cancel', 'users:read', 'users:write'];

/** Most requests in so many seconds, from the first of them on. */
function maxIn(seconds: number, { rateLimits }: Rights): number {
  return Math.min(
    Infinity,
    ...rateLimits.map(({ limit, windowSeconds }) => limit * Math.ceil(seconds / windowSeconds)),
  );
}

/**
 * A naive model: everything that a key opens is listed one by one, and its maker must open it too. A single name stands
 * for every name that is not listed.
 */
function isBelow(key: Rights, maker: Rights): boolean {
  const opened = (held: readonly string[]): string[] =>
    allScopes
      .concat(
        held.includes('*') ? ['anything'] : [],
        held.includes('orders:*') || held.includes('*') ? ['orders:anything'] : [],
      )
      .filter((scope) =>
        held.some(
          (one) => one === scope || one === '*' || (one === 'orders:*' && scope.startsWith('orders:')),
        ),
      );
  const allows = ({ ipAllowlist }: Rights): string[] =>
    ipAllowlist === null
      ? [...addresses, 'any other']
      : ipAllowlist.flatMap((network) => within[network] ?? []);
  // Who is not restricted to its own sees those of others.
  const given = ({ features: held }: Rights): string[] =>
    held.includes('only_own') ? held.filter((one) => one !== 'only_own') : [...held, 'others'];
  const usableAt = ({ expiresAt }: Rights): number[] =>
    [0, 1, 2, 3].filter((time) => expiresAt === null || time < expiresAt);
  const isSubset = <T>(inner: readonly T[], outer: readonly T[]): boolean =>
    inner.every((one) => outer.includes(one));
  return (
    isSubset(opened(key.scopes), opened(maker.scopes)) &&
    isSubset(given(key), given(maker)) &&
    isSubset(usableAt(key), usableAt(maker)) &&
    isSubset(allows(key), allows(maker)) &&
    [60, 3600].every((seconds) => maxIn(seconds, key) <= maxIn(seconds, maker)) &&
    (key.hasCredits || !maker.hasCredits) &&
    key.environment === maker.environment
  );
}

it('R57 no key is above its maker: 100,000 pairs against a naive model', () => {
  const base = createSampleKey();
  const counts = { below: 0, above: 0 };
  fc.assert(
    fc.property(rights, rights, fc.nat(6), fc.boolean(), (maker, given, kept, isAlike) => {
      // Two random keys hardly ever fit: many begin as the same key and differ in a few rights.
      const names = Object.keys(maker) as (keyof Rights)[];
      const alike = Object.fromEntries(
        names.map((name, index) => [name, index === kept ? given[name] : maker[name]]),
      );
      const key = isAlike ? (alike as unknown as Rights) : given;
      const actingKey = { ...base, ...maker };
      const authority = {
        ...{ ownerId: base.ownerId, actingKey, mayRotateItself: true },
        ...{ catalogue: anyCatalogue, features, storedKey: actingKey, defaultEnd: null },
      };
      let isLetThrough = true;
      try {
        assertAtOrBelow(authority, { ...base, ...key });
      } catch {
        isLetThrough = false;
      }
      counts[isLetThrough ? 'below' : 'above'] += 1;
      expect(isLetThrough).toBe(isBelow(key, maker));
    }),
    { numRuns: 100_000, endOnFailure: true },
  );
  expect(Math.min(counts.below, counts.above)).toBeGreaterThan(10_000);
}, 120_000);
