import { setTimeout as sleep } from 'node:timers/promises';
import express from 'express';
import request from 'supertest';
import { dayMs } from '../../lib/domain/day-ms.js';
import { removeEndedKeys } from '../../lib/manage/remove-ended-keys.js';
import { createSampleKey, insert, update } from '../../lib/store/sample-keys.js';
import { apiKeyOf } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
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
        // The clock of the first process has not reached the end of the key: it learns of the removal with its next beat.
        while ((await apiKeys.keys.verify({ key: token })).allowed) await sleep(10);
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

describe('keys below a key that ended long ago, which have no end themselves', () => {
  it('are removed with it, the last ones first', async () => {
    const store = memoryStore();
    const first = createInstance({ store, clock: fixedClock(start) });
    const later = createInstance({
      ...{ store, clock: fixedClock(start + 31 * dayMs), retention: { endedKeysDays: 30 } },
    });
    try {
      const app = express().use(
        first.apiKeys.requireApiKey('users:read'),
        first.apiKeys.adminRouter({
          managementScope: 'users:read',
          authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
        }),
      );
      const makeChild = async (token: string): Promise<{ id: string; key: string }> => {
        const post = request(app).post('/keys').set('Authorization', `Bearer ${token}`);
        return (await post.send({ name: 'child', scopes: ['users:read'] }).expect(201)).body;
      };
      await first.apiKeys.ready();
      const scopes = ['users:read'] as const;
      const [revoked, expiring, active] = await Promise.all([
        first.key({ scopes }),
        first.key({ scopes }),
        first.key({ scopes }),
      ]);
      const child = await makeChild(revoked.token);
      const below = [child, await makeChild(child.key), await makeChild(expiring.token)];
      const kept = await makeChild(active.token);
      const keys = later.apiKeys.keys.as(theApp);
      const made = first.apiKeys.keys.as(theApp);
      await made.revoke({ id: revoked.id });
      await made.update({ id: expiring.id, expiresAt: new Date(start + dayMs) });
      expect(await made.get({ id: child.id })).toMatchObject({ state: 'active', expiresAt: null });
      await later.apiKeys.ready();
      for (const { id } of [...below, revoked, expiring]) {
        while ((await keys.get({ id })) !== null) await sleep(20);
      }
      for (const { id } of [active, kept]) expect(await keys.get({ id })).not.toBe(null);
      const { items } = await later.apiKeys.audit.as(theApp).list({ action: 'key.removed' });
      const removed = items.map(({ keyId }) => keyId).toReversed();
      expect(removed.length).toBe(5);
      expect(removed.indexOf(below[1]?.id ?? '')).toBeLessThan(removed.indexOf(child.id));
      expect(removed.indexOf(child.id)).toBeLessThan(removed.indexOf(revoked.id));
    } finally {
      for (const { apiKeys } of [first, later]) await apiKeys.close();
    }
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
