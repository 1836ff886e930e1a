import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { createApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { startFleet, type Fleet, type Place } from '../faults/fleet.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import type { OrdersProcess } from '../harness/start-orders.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(180_000);

const silentLogger = { warn: () => undefined, error: () => undefined };
const asleep = { QUIET_AFTER_SECONDS: '1' };
const awake = { QUIET_AFTER_SECONDS: '0' };

async function createKey(app: OrdersProcess): Promise<{ readonly id: string; readonly key: string }> {
  const input = { name: 'CI', scopes: ['orders:read'] };
  const created = await makeEffective(() => app.manage('POST', '/keys', input));
  expect(created.status).toBe(201);
  return created.body as { readonly id: string; readonly key: string };
}

/** What it says about a key; 503, which is no answer to that, is asked again. */
const use = (app: OrdersProcess, key: string): ReturnType<OrdersProcess['use']> =>
  makeEffective(() => app.use(key));

const untilQuiet = (app: OrdersProcess): Promise<unknown> =>
  waitUntil('the process is quiet', async () => (await app.status())['quiet'] === true);

/** On the list of a process that is awake. */
const untilAlone = (app: OrdersProcess): Promise<unknown> =>
  waitUntil('no other process is listed', async () => (await app.status())['processes'] === 1);

describe.each<Place>(['one SQLite file', 'one SQLite file and Redis', 'PostgreSQL', 'PostgreSQL and Redis'])(
  'A quiet process on %s',
  (place) => {
    let fleet: Fleet;
    let quiet: OrdersProcess;
    let other: OrdersProcess;

    beforeAll(async () => {
      fleet = await startFleet({ place, processes: 0, isDatabaseDirect: true });
      other = (await fleet.start(awake)).app;
      quiet = (await fleet.start(asleep)).app;
    });
    afterAll(() => fleet.stop());

    /**
     * Revokes a key. Nobody is on the list that could be waited for, so that it is confirmed at once; a process that stands still itself
     * may say so the next time.
     */
    async function isConfirmed(id: string): Promise<boolean> {
      for (let time = 0; time < 5; time += 1) {
        const { status, body } = await other.manage('POST', `/keys/${id}/revoke`);
        expect([200, 202, 503]).toContain(status);
        expect(body['effectiveBy'] === undefined).toBe(status !== 202);
        if (status === 200) return true;
      }
      return false;
    }

    it('is waited for by no change, and accepts nothing that was revoked meanwhile', async () => {
      const [revoked, valid] = [await createKey(other), await createKey(other)];
      for (const { key } of [revoked, valid, revoked, valid])
        expect((await use(quiet, key)).status).toBe(200);
      await untilQuiet(quiet);
      await untilAlone(other);
      expect(await quiet.status()).toMatchObject({
        ...{ ready: true, state: 'normal', database: 'up', quiet: true, wakeMode: 'none', processes: 0 },
        ...{ lagMs: null, others: [] },
      });
      expect(await isConfirmed(revoked.id)).toBe(true);
      expect((await quiet.status())['quiet']).toBe(true);
      expect((await use(quiet, revoked.key)).code).toBe('key_revoked');
      expect((await use(quiet, valid.key)).status).toBe(200);
      // On a machine that stands still, it is quiet again by now.
      expect(await quiet.status()).toMatchObject({ state: 'normal' });
    });

    it('does not hold a change up when it is frozen', async () => {
      const revoked = await createKey(other);
      for (let time = 0; time < 2; time += 1) expect((await use(quiet, revoked.key)).status).toBe(200);
      await untilQuiet(quiet);
      await untilAlone(other);
      quiet.pause();
      expect(await isConfirmed(revoked.id)).toBe(true);
      quiet.resume();
      expect((await use(quiet, revoked.key)).code).toBe('key_revoked');
    });

    it('lets requests that come at once share one join', async () => {
      const { key } = await createKey(other);
      await use(quiet, key);
      await untilQuiet(quiet);
      await untilAlone(other);
      const answers = await Promise.all(Array.from({ length: 20 }, () => use(quiet, key)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      await waitUntil('both are listed', async () => (await other.status())['processes'] === 2);
    });

    it('makes changes that are confirmed, and revocations of others during its join hold', async () => {
      const rounds: boolean[] = [];
      while (rounds.length < 5 && !rounds.includes(true)) rounds.push(await revokeDuringJoin());
      expect(rounds).toContain(true);
    });

    /** @returns whether both revocations were confirmed, which a busy machine may do later */
    async function revokeDuringJoin(): Promise<boolean> {
      const [own, others] = [await createKey(other), await createKey(other)];
      for (const { key } of [own, others]) expect((await use(quiet, key)).status).toBe(200);
      await untilQuiet(quiet);
      const [revokedHere, revokedThere] = await Promise.all([
        makeEffective(() => quiet.manage('POST', `/keys/${own.id}/revoke`)),
        makeEffective(() => other.manage('POST', `/keys/${others.id}/revoke`)),
        quiet.use(others.key),
      ]);
      for (const { status } of [revokedHere, revokedThere]) expect([200, 202]).toContain(status);
      for (const app of [quiet, other]) {
        for (const { key } of [own, others]) expect((await use(app, key)).code).toBe('key_revoked');
      }
      return revokedHere.status === 200 && revokedThere.status === 200;
    }

    it('ends cleanly', async () => {
      await untilQuiet(quiet);
      expect(await quiet.stop()).toBe(0);
    });
  },
);

it('A quiet process keeps no connection to PostgreSQL', async () => {
  const fleet = await startFleet({ place: 'PostgreSQL', processes: 0, isDatabaseDirect: true });
  const aside = new URL(fleet.databaseUrl);
  const name = aside.pathname.slice(1);
  aside.pathname = '/postgres';
  const client = new Client({ connectionString: aside.toString() });
  await client.connect();
  try {
    const { app } = await fleet.start(asleep);
    const { key } = await createKey(app);
    expect((await app.use(key)).status).toBe(200);
    const countConnections = async (): Promise<number> => {
      // Autovacuum looks at every database from time to time.
      const ofClients =
        "select 1 from pg_stat_activity where datname = $1 and backend_type = 'client backend'";
      const { rowCount } = await client.query(ofClients, [name]);
      return rowCount ?? 0;
    };
    expect(await countConnections()).toBeGreaterThan(0);
    await untilQuiet(app);
    // The pool closes connections that it has not used for ten seconds.
    await waitUntil('the last connection is closed', async () => (await countConnections()) === 0);
    const end = performance.now() + 8_000;
    while (performance.now() < end) {
      expect(await countConnections()).toBe(0);
      await sleep(50);
    }
    expect((await app.use(key)).status).toBe(200);
  } finally {
    await client.end();
    await fleet.stop();
  }
});

describe('An instance', () => {
  async function startTwo(options: Partial<ApiKeysOptions<Scope>> = {}) {
    const database = await makeOwnDatabase('SQLite');
    const common = {
      prefix: 'acme',
      scopes,
      pepper: testPepper,
      bcryptCost: 8,
      logger: silentLogger,
    } as const;
    const awakeOne = createApiKeys<Scope>({
      ...{ ...common, database: database.url },
      cache: { quietAfterSeconds: false },
    });
    const quietOne = createApiKeys<Scope>({
      ...{ ...common, database: database.url, cache: { quietAfterSeconds: 1 } },
      ...options,
    });
    await awakeOne.ready();
    await quietOne.ready();
    const { id, key } = await awakeOne.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    for (let time = 0; time < 2; time += 1) await quietOne.keys.verify({ key });
    const isQuiet = (): boolean => quietOne.status().quiet;
    const stop = async (): Promise<void> => {
      await Promise.all([awakeOne.close(), quietOne.close()]);
      await database.remove();
    };
    return { awakeOne, quietOne, id, key, isQuiet, stop };
  }

  it('that is quiet follows the changes again when a listener is added, and stays awake as long as it is there', async () => {
    const { awakeOne, quietOne, id, isQuiet, stop } = await startTwo();
    try {
      await waitUntil('it is quiet', isQuiet);
      const heard: unknown[] = [];
      const remove = quietOne.onChange(id, (change) => heard.push(change?.action));
      await waitUntil('it is awake', () => !isQuiet());
      await sleep(2_500);
      expect(isQuiet()).toBe(false);
      await awakeOne.keys.as(theApp).revoke({ id });
      await waitUntil('it has heard', () => heard.includes('key.revoked'));
      remove();
      await waitUntil('it is quiet', isQuiet);
    } finally {
      await stop();
    }
  });

  it('that is quiet is ready, and says so without waking', async () => {
    const { quietOne, isQuiet, stop } = await startTwo();
    try {
      await waitUntil('it is quiet', isQuiet);
      await quietOne.ready();
      expect(quietOne.status()).toMatchObject({ ready: true, quiet: true, state: 'normal' });
    } finally {
      await stop();
    }
  });

  it('with events to deliver never goes quiet', async () => {
    const delivered: string[] = [];
    const { awakeOne, id, isQuiet, stop } = await startTwo({
      events: { name: 'test', deliver: async ({ type }) => void delivered.push(type) },
    });
    try {
      await sleep(2_500);
      expect(isQuiet()).toBe(false);
      await awakeOne.keys.as(theApp).revoke({ id });
      await waitUntil('it is delivered', () => delivered.includes('api_key.revoked'));
    } finally {
      await stop();
    }
  });

  it('does not go quiet while the database accepts no heartbeat, and says that it is down', async () => {
    const inner = memoryStore();
    let isDown = false;
    const feed = new Proxy(inner.feed, {
      get(target, name) {
        if (name === 'beat' && isDown) return () => Promise.reject(new Error('down'));
        const member: unknown = Reflect.get(target, name);
        return typeof member === 'function' ? (member.bind(target) as unknown) : member;
      },
    });
    const apiKeys = createApiKeys<Scope>({
      ...{ prefix: 'acme', scopes, pepper: testPepper, logger: silentLogger, store: { ...inner, feed } },
      cache: { quietAfterSeconds: 1, leaseSeconds: 2 },
    });
    try {
      await apiKeys.ready();
      isDown = true;
      await waitUntil('the lease is over', () => apiKeys.status().database === 'down');
      await sleep(2_500);
      expect(apiKeys.status()).toMatchObject({ database: 'down', quiet: false });
      isDown = false;
      await waitUntil('it is quiet', () => apiKeys.status().quiet);
    } finally {
      await apiKeys.close();
    }
  });

  it('has written what it counted before it goes quiet', async () => {
    const { awakeOne, id, isQuiet, stop } = await startTwo();
    try {
      await waitUntil('it is quiet', isQuiet);
      expect((await awakeOne.keys.as(theApp).get({ id }))?.lastUsedAt ?? null).not.toBeNull();
    } finally {
      await stop();
    }
  });

  it.each([-1, 0.5, 86_401, '60', true])('takes no %p for quietAfterSeconds', (quietAfterSeconds) => {
    expect(() =>
      createApiKeys({
        prefix: 'acme',
        scopes,
        cache: { quietAfterSeconds: quietAfterSeconds as number },
      }),
    ).toThrow(/cache\.quietAfterSeconds/);
  });
});
