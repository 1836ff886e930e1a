import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { ApiKeysOptions, ExpiryNoticeMessage, ExpiryNoticesOption } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { createDatabase } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const dayMs = 24 * 60 * 60 * 1000;
const instances: TestInstance[] = [];
afterEach(async () => {
  await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
});

function make(
  expiryNotices: ExpiryNoticesOption | undefined,
  options: Partial<ApiKeysOptions<Scope>>,
): TestInstance {
  const instance = createInstance({ expiryNotices, ...options });
  instances.push(instance);
  return instance;
}

/** Starts an instance that looks at once, waits until it has looked, and stops it. */
async function look(
  now: number,
  store: KeyStore,
  expiryNotices: ExpiryNoticesOption = {},
): Promise<string[]> {
  const heard: string[] = [];
  const notify = ({ apiKey, thresholdDays }: ExpiryNoticeMessage): void =>
    void heard.push(`${apiKey.name} ${thresholdDays}`);
  let hasLooked = false;
  const watched: KeyStore = {
    ...store,
    async list(query) {
      const found = await store.list(query);
      // Keys without use are looked for last.
      if (query.idle !== undefined) hasLooked = true;
      return found;
    },
  };
  const instance = make({ notify, ...expiryNotices }, { store: watched, clock: { now: () => now } });
  await instance.apiKeys.ready();
  await waitUntil('it has looked', () => hasLooked);
  await instance.apiKeys.close();
  return heard.sort();
}

describe('notices of keys that end soon', () => {
  it('come once for each key, end and threshold', async () => {
    const store = memoryStore();
    const { apiKeys, clock, key } = make(undefined, { store });
    await apiKeys.ready();
    const start = clock.now();
    const keyEnding = (name: string, days: number): Promise<{ id: string }> =>
      key({ name, expiresAt: new Date(start + days * dayMs) });
    const [later] = [await keyEnding('20', 20), await keyEnding('10', 10), await keyEnding('2', 2)];
    await key({ name: 'never' });
    const revoked = await keyEnding('revoked', 2);
    await apiKeys.keys.as(theApp).revoke({ id: revoked.id });

    expect(await look(start, store)).toEqual(['10 14', '2 3']);
    expect(await look(start, store)).toEqual([]);
    expect(await look(start + 6 * dayMs - 1, store)).toEqual([]);
    expect(await look(start + 6 * dayMs, store)).toEqual(['20 14']);
    expect(await look(start + 7 * dayMs, store)).toEqual(['10 3']);
    // Another expiry gets notices of its own.
    await apiKeys.keys.as(theApp).update({ id: later.id, expiresAt: new Date(start + 22 * dayMs) });
    expect(await look(start + 8 * dayMs, store)).toEqual(['20 14']);
    expect(await look(start + 30 * dayMs, store)).toEqual([]);
  });

  it('are entries of the trail, and events, that change no key', async () => {
    const store = memoryStore();
    const listening = make(undefined, { store });
    await listening.apiKeys.ready();
    const { id, token } = await listening.key({ expiresAt: new Date(listening.clock.now() + dayMs) });
    const events: (string | undefined)[] = [];
    listening.apiKeys.onChange(id, (change) => void events.push(change?.action));
    expect(await look(listening.clock.now(), store)).toEqual(['CI 3']);
    await waitUntil('the event has come', () => events.length > 0);
    expect(events).toEqual(['key.expiring']);
    const [entry] = await store.listEvents({ limit: 1 });
    expect(entry).toMatchObject({
      action: 'key.expiring',
      keyId: id,
      keyVersion: 1,
      actor: { kind: 'application', id: null },
      at: listening.clock.now(),
    });
    expect((await listening.apiKeys.keys.as(theApp).get({ id }))?.version).toBe(1);
    expect(await listening.apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
  });

  it('come once when two processes look at the same time, however many keys there are', async () => {
    const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    try {
      const { apiKeys, clock, key } = make(undefined, { database: database.url });
      await apiKeys.ready();
      const now = clock.now();
      const names = Array.from({ length: 25 }, (_, index) => `key ${index}`);
      for (const name of names) await key({ name, expiresAt: new Date(now + dayMs) });
      const options = { database: database.url };
      const heard: string[] = [];
      const notify = ({ apiKey }: ExpiryNoticeMessage): void => void heard.push(apiKey.name);
      const [one, two] = [0, 1].map(() => make({ notify }, { ...options, clock }));
      await Promise.all([one?.apiKeys.ready(), two?.apiKeys.ready()]);
      await waitUntil('all were noted', () => heard.length >= names.length);
      await Promise.all([one?.apiKeys.close(), two?.apiKeys.close()]);
      expect(heard.sort()).toEqual(names.sort());
      await apiKeys.close();
    } finally {
      await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
      await database.drop();
    }
  });

  it('do not end because notify fails', async () => {
    const store = memoryStore();
    const { apiKeys, clock, key } = make(undefined, { store });
    await apiKeys.ready();
    await key({ name: 'a', expiresAt: new Date(clock.now() + dayMs) });
    await key({ name: 'b', expiresAt: new Date(clock.now() + dayMs) });
    const failing = make(
      {
        notify: ({ apiKey }) => {
          if (apiKey.name === 'a') throw new Error('no mail today');
          return Promise.reject(new Error('no mail today'));
        },
      },
      { store, clock },
    );
    await failing.apiKeys.ready();
    await waitUntil('both were noted', () => failing.log.length >= 2);
    expect(failing.log.filter((line) => line.includes('notify failed'))).toHaveLength(2);
    expect((await store.listEvents({ limit: 9, action: 'key.expiring' })).length).toBe(2);
  });

  it.each([
    [{ thresholdsDays: [] }, /^expiryNotices\.thresholdsDays: takes/],
    [{ thresholdsDays: [0] }, /^expiryNotices\.thresholdsDays: takes/],
    [{ thresholdsDays: [3, 3] }, /^expiryNotices\.thresholdsDays: takes/],
    [{ thresholdsDays: [1.5] }, /^expiryNotices\.thresholdsDays: takes/],
    [{ thresholdsDays: [366] }, /^expiryNotices\.thresholdsDays: takes/],
    [{ thresholdDays: [3] }, /^expiryNotices: unknown option "thresholdDays"; did you mean 'thresholdsDays'/],
    [{ notify: 'mail' }, /^expiryNotices\.notify: takes a function/],
    [[], /^expiryNotices: takes an object/],
    [true, /^expiryNotices: takes an object/],
  ])('refuse %j as an option', (expiryNotices, message) => {
    expect(() => createInstance({ expiryNotices: expiryNotices as never })).toThrow(message);
  });
});
