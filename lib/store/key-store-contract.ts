import type { KeyStore } from '../ports/key-store.js';
import { describeAccessLog } from './contract-access-log.js';
import { describeAuditTrail } from './contract-audit-trail.js';
import { describeChangeFeed } from './contract-change-feed.js';
import { describeChildren } from './contract-children.js';
import { describeChanges } from './contract-changes.js';
import { describeCredits } from './contract-credits.js';
import { describeCreditsAbove } from './contract-credits-above.js';
import { describeSharedCredits } from './contract-shared-credits.js';
import { describeCredentials } from './contract-credentials.js';
import { describeEvents } from './contract-events.js';
import { describeKeyLists } from './contract-key-lists.js';
import { describeErasure } from './contract-erasure.js';
import { describeOwners } from './contract-owners.js';
import { describeLifetimes } from './contract-lifetimes.js';
import { describePolicies } from './contract-policies.js';
import { describeHousekeeping } from './contract-housekeeping.js';
import { describeRemoval } from './contract-removal.js';
import { describeObservations } from './contract-observations.js';
import { describeNonces } from './contract-nonces.js';
import { describeStoredTrail } from './contract-stored-trail.js';
import { describeTrailStart } from './contract-trail-start.js';
import { describeWebhooks } from './contract-webhooks.js';
import { describeUsage } from './contract-usage.js';
import { describeRouteUsage } from './contract-route-usage.js';
import { describeRoundTrips } from './contract-round-trips.js';
import { describeTokens } from './contract-tokens.js';
import { getGlobalTestApi, type TestApi } from './test-api.js';
import type { ContractContext } from './contract-context.js';

/** A fresh, empty store for one test. */
export interface StoreUnderTest {
  /** Not yet opened. */
  readonly store: KeyStore;
  /** A second instance over the same data, not yet opened; omit it if there can be only one. */
  readonly another?: (() => KeyStore) | undefined;
  /** Called when the test is over and its stores are closed. */
  cleanUp(): Promise<void>;
}

/**
 * The contract of a key store (lib/ports/key-store.ts) as tests. Call it in a test file:
 *
 *     describeKeyStore('my store', async () => ({ store: myStore(), cleanUp: async () => {} }));
 *
 * @param makeStore - called for every test
 * @param api - `describe`, `it` and `expect` of jest or vitest; the global ones if omitted
 */
export function describeKeyStore(
  name: string,
  makeStore: () => Promise<StoreUnderTest>,
  api: TestApi = getGlobalTestApi(),
): void {
  const context: ContractContext = {
    describe: (title, body) => api.describe(title, body),
    expect: (actual) => api.expect(actual),
    it: (title, test) => api.it(title, () => withStores(makeStore, test)),
  };
  api.describe(`${name} as a key store`, () => {
    describeRoundTrips(context);
    describeChanges(context);
    describeCredentials(context);
    describeCredits(context);
    describeSharedCredits(context);
    describeCreditsAbove(context);
    describeKeyLists(context);
    describeAuditTrail(context);
    describeStoredTrail(context);
    describeAccessLog(context);
    describeObservations(context);
    describePolicies(context);
    describeLifetimes(context);
    describeOwners(context);
    describeChildren(context);
    describeErasure(context);
    describeTokens(context);
    describeChangeFeed(context);
    describeUsage(context);
    describeRouteUsage(context);
    describeNonces(context);
    describeHousekeeping(context);
    describeRemoval(context);
    describeTrailStart(context);
    describeEvents(context);
    describeWebhooks(context);
  });
}

async function withStores(
  makeStore: () => Promise<StoreUnderTest>,
  test: (stores: { store: KeyStore; other: KeyStore }) => Promise<void>,
): Promise<void> {
  const { store, another, cleanUp } = await makeStore();
  const other = another?.() ?? store;
  try {
    await Promise.all([store.open(), other.open()]);
    await test({ store, other });
  } finally {
    await store.close();
    if (other !== store) await other.close();
    await cleanUp();
  }
}
