import { setTimeout as sleep } from 'node:timers/promises';
import { dayMs } from '../../lib/domain/day-ms.js';
import { removeEndedKeys } from '../../lib/manage/remove-ended-keys.js';
import { createSampleKey, insert, update } from '../../lib/store/sample-keys.js';
import { fixedClock } from '../../lib/testing/index.js';
import type { TestInstance } from '../harness/instance.js';
import { openPlace, type Place, type PlaceName } from '../harness/open-place.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { isFastTier } from '../harness/test-tier.js';
import { theApp } from '../harness/the-app.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';

const start = Date.UTC(2026, 5, 1);

const places: readonly PlaceName[] = isFastTier
  ? ['a store in memory']
  : ['a store in memory', 'SQLite', 'PostgreSQL and Redis'];

describe.each(places)('keys that ended long ago, on %s', (name) => {
  let place: Place;
  const instances: TestInstance[] = [];

  beforeEach(async () => {
    place = await openPlace(name);
  });
  afterEach(async () => {
    await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
    await place.remove();
  });

  async function startAt(time: number, options: object = {}): Promise<TestInstance> {
    const instance = place.make({ clock: fixedClock(time), ...options });
    instances.push(instance);
    await instance.apiKeys.ready();
    return instance;
  }

  it('are removed in the background, and refused in every process as keys that never were', async () => {
    const first = await startAt(start);
    const created = {
      active: await first.key(),
      disabled: await first.key(),
      lasting: await first.key({ expiresAt: new Date(start + 40 * dayMs) }),
      revoked: await first.key(),
      expired: await first.key({ expiresAt: new Date(start + dayMs) }),
    };
    const keysOf = ({ apiKeys }: TestInstance) => apiKeys.keys.as(theApp);
    for (const { token } of Object.values(created)) {
      expect((await first.apiKeys.keys.verify({ key: token })).allowed).toBe(true);
    }
    await keysOf(first).revoke({ id: created.revoked.id });
    await keysOf(first).update({ id: created.disabled.id, enabled: false });

    const retention = { endedKeysDays: 30 };
    const later = await Promise.all([1, 2].map(() => startAt(start + 31 * dayMs, { retention })));
    const [second] = later as [TestInstance, TestInstance];
    const find = async (key: keyof typeof created) => keysOf(second).get({ id: created[key].id });
    for (const key of ['revoked', 'expired'] as const) {
      while ((await find(key)) !== null) await sleep(50);
    }
    for (const key of ['active', 'disabled', 'lasting'] as const) expect(await find(key)).not.toBe(null);
    for (const { apiKeys } of [first, ...later]) {
      for (const { token } of [created.revoked, created.expired]) {
        expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ code: 'invalid_token' });
      }
    }
    const log = second.apiKeys.audit.as(theApp);
    const { items } = await log.list({ action: 'key.removed' });
    expect(items.map(({ keyId, actor }) => `${keyId} ${actor.kind}`).toSorted()).toEqual(
      [created.revoked.id, created.expired.id].map((id) => `${id} application`).toSorted(),
    );
    expect(await log.verify()).toMatchObject({ valid: true, keys: 3 });
    expect(later.flatMap(({ log: logged }) => logged)).toEqual([]);
  });
});

const stores: Readonly<Record<string, (url: string) => KeyStore>> = {
  SQLite: (url) => sqliteStore({ file: url.slice('file:'.length) }),
  PostgreSQL: (connection) =>
    postgresStore({ connection, logger: { warn: () => undefined, error: () => undefined } }),
};

describe.each(isFastTier ? ['SQLite'] : Object.keys(stores))('the removal of ended keys, on %s', (name) => {
  let [one, two]: KeyStore[] = [];
  let cleanUp: () => Promise<void>;
  const clock = fixedClock(start);
  const part = (store: KeyStore, isStopped = () => false) => ({ store, clock, isStopped });
  const listRemovals = async (store: KeyStore) =>
    (await store.listEvents({ action: 'key.removed', limit: 100 })).map(({ keyId }) => keyId).toSorted();
  const ids = Array.from({ length: 12 }, (_, index) => `key${String(index).padStart(3, '0')}`);

  beforeEach(async () => {
    const database = await makeOwnDatabase(name as 'SQLite' | 'PostgreSQL');
    const made = [1, 2].map(() => stores[name]?.(database.url) as KeyStore);
    for (const store of made) await store.open();
    [one, two] = made;
    cleanUp = async () => {
      for (const store of made) await store.close();
      await database.remove();
    };
    await insert(made[0] as KeyStore, ...ids.map((id) => createSampleKey({ id, revokedAt: start })));
  });
  afterEach(() => cleanUp());

  it('happens once for each key, when several processes are at it', async () => {
    const both = [one, two] as [KeyStore, KeyStore];
    await Promise.all(both.map((store) => removeEndedKeys(part(store), start)));
    expect(await listRemovals(both[0])).toEqual(ids);
    expect(await both[1].list({ now: start, limit: 99 })).toEqual([]);
  });

  it('continues where it was stopped', async () => {
    const store = one as KeyStore;
    let steps = 0;
    await removeEndedKeys(
      part(store, () => (steps += 1) > 1),
      start,
    );
    const { length } = await listRemovals(store);
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(ids.length);
    await removeEndedKeys(part(store), start);
    expect(await listRemovals(store)).toEqual(ids);
  });

  it('leaves a key that gets a later end after it was found', async () => {
    const store = one as KeyStore;
    const expiring = createSampleKey({ id: 'expiring', expiresAt: start });
    await insert(store, expiring);
    const { housekeeping } = store;
    const extended = { ...expiring, version: 2, expiresAt: start + 1 };
    let isExtended = false;
    const interleaved = {
      transact: store.transact.bind(store),
      housekeeping: {
        ...housekeeping,
        async findEndedKeys(time: number, limit: number) {
          const found = await housekeeping.findEndedKeys(time, limit);
          if (found.includes('expiring') && !isExtended) {
            isExtended = true;
            await update(store, extended);
          }
          return found;
        },
      },
    };
    await removeEndedKeys({ store: interleaved, clock, isStopped: () => false }, start);
    expect(isExtended).toBe(true);
    expect((await store.find('expiring'))?.version).toBe(2);
    expect(await listRemovals(store)).toEqual(ids);
  });
});
