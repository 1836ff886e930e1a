import { createInstance } from '../harness/instance.js';
import { memoryStore } from '../../lib/testing/index.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';

const day = 24 * 60 * 60 * 1000;

describe('every entry', () => {
  it('R73 has a MAC, also those of changes that nobody asked for by a request', async () => {
    const store = memoryStore();
    const { apiKeys, clock } = createInstance({ store, expiryNotices: { thresholdsDays: [3] } });
    const { id, key } = await apiKeys.keys.as(theApp).create({
      ...{ ownerId: 'alice', name: 'one', scopes: ['orders:read'] },
      expiresAt: new Date(clock.now() + 2 * day),
    });
    await apiKeys.keys.as(theApp).update({ id, name: 'two' });
    const rotated = await apiKeys.keys
      .as(theApp)
      .rotate({ id, graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    expect((await apiKeys.keys.verify({ key })).allowed).toBe(true);
    expect((await apiKeys.keys.verify({ key: rotated.key })).allowed).toBe(true);
    await apiKeys.keys.as(theApp).create({ ownerId: 'bob', name: 'three', scopes: [] });
    await apiKeys.close();

    // The search for keys that are about to end begins with a start.
    const again = createInstance({ store, expiryNotices: { thresholdsDays: [3] } });
    again.clock.set(clock.now());
    await again.apiKeys.ready();
    const actions = async (): Promise<string[]> =>
      (await store.listEvents({ limit: 100 })).map(({ action }) => action);
    await waitUntil('the notice is written', async () => (await actions()).includes('key.expiring'));
    await again.apiKeys.keys.as(theApp).revokeAll({ ownerId: 'alice' });
    expect(new Set(await actions())).toEqual(
      new Set([
        ...['key.created', 'key.updated', 'key.rotated', 'key.grace_started', 'key.expiring', 'key.revoked'],
      ]),
    );
    for (const { mac } of await store.listEvents({ limit: 100 })) {
      expect(mac).toMatch(/^[0-9a-f]{16}\.[0-9a-f]{64}$/);
    }
    expect(await again.apiKeys.audit.as(theApp).verify()).toMatchObject({
      valid: true,
      unsealed: 0,
      problems: [],
    });
    await again.apiKeys.close();
  });
});
