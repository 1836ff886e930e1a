import { startTcpProxy, type TcpProxy } from './faults/tcp-proxy.js';
import { makeOwnDatabase, type OwnDatabase } from './harness/own-database.js';
import { makeScriptFolder, type ScriptFolder, type ScriptOutcome } from './harness/script-folder.js';

jest.setTimeout(90_000);

let scripts: ScriptFolder;
let postgres: OwnDatabase;
const proxies: TcpProxy[] = [];

beforeAll(async () => {
  scripts = makeScriptFolder();
  postgres = await makeOwnDatabase('PostgreSQL');
});

afterEach(async () => {
  for (const proxy of proxies.splice(0)) await proxy.close();
});

afterAll(async () => {
  scripts?.remove();
  await postgres?.remove();
});

/** A proxy in front of a server, and the URL of the server through it. */
async function proxyTo(url: string): Promise<{ readonly proxy: TcpProxy; readonly url: string }> {
  const through = new URL(url);
  const proxy = await startTcpProxy({ port: Number(through.port) });
  proxies.push(proxy);
  through.port = String(proxy.port);
  return { proxy, url: through.href };
}

const redisUrl = (): string => process.env['TEST_REDIS_URL'] ?? '';

/** What a script reads from its first argument. */
interface ScriptSettings {
  readonly database: string;
  /** A `pg.Pool` of the script's own, with these settings, is handed in instead of the URL. */
  readonly pool?: object;
  readonly redis?: string;
  /** An ioredis client of the script's own is handed in instead of the URL. */
  readonly hasClient?: boolean;
  /** When `close()` is called. */
  readonly close: 'at once' | 'a second later' | 'never';
  /** Whether the script ends its own pool. */
  readonly endsPool?: boolean;
  /** Whether the script only waits for `ready()`. */
  readonly isIdle?: boolean;
}

/** A job that makes a key, uses it, and is done; it lets the library go before its own clients. */
const job = `
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createApiKeys } from './express-api-keys.mjs';

const { database, pool: poolSettings, redis, hasClient, close, endsPool = true, isIdle } = JSON.parse(process.argv[2]);
const pool = poolSettings && new pg.Pool({ connectionString: database, ...poolSettings });
const client = hasClient ? new Redis(redis) : undefined;
const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders' },
  pepper: 'test-pepper-test-pepper-test-pepper!',
  bcryptCost: 8,
  database: pool ?? database,
  redis: client ?? redis,
});
if (!isIdle) {
  await apiKeys.ready();
  const { key } = await apiKeys.keys.as({ kind: 'application' }).create({
    ownerId: 'alice', name: 'job', scopes: ['orders:read'],
  });
  console.log((await apiKeys.keys.verify({ key, scopes: 'orders:read' })).allowed ? 'allowed' : 'refused');
} else {
  await apiKeys.ready().then(() => console.log('ready'), () => console.log('not reachable'));
}
if (close !== 'at once') await sleep(1_200);
if (close !== 'never') await apiKeys.close();
if (endsPool) await pool?.end();
client?.disconnect();
console.log('done');
`;

/** @param onLine - called with each line that the script prints */
function runJob(settings: ScriptSettings, onLine?: (line: string) => void): Promise<ScriptOutcome> {
  return scripts.run(job, [JSON.stringify(settings)], onLine);
}

/** What the first process on a database writes. */
const created = /^api-keys: new tables were created in .*\n/;

const ended = { code: 0, lines: ['allowed', 'done'], errors: '' };
const closings = ['at once', 'a second later', 'never'] as const;

let files = 0;
const databases: Readonly<Record<string, () => Pick<ScriptSettings, 'database' | 'pool'>>> = {
  'an SQLite file': () => ({ database: `file:${scripts.path(`keys-${(files += 1)}.sqlite`)}` }),
  'a PostgreSQL URL': () => ({ database: postgres.url }),
  'a pg.Pool': () => ({ database: postgres.url, pool: {} }),
};
const redises: Readonly<Record<string, () => Pick<ScriptSettings, 'redis' | 'hasClient'>>> = {
  'no Redis': () => ({}),
  'a Redis URL': () => ({ redis: redisUrl() }),
  'an ioredis client': () => ({ redis: redisUrl(), hasClient: true }),
};

describe.each(Object.keys(databases))('with %s', (database) => {
  it.each(Object.keys(redises))(
    'P6: and %s, close() settles, and a script that is done ends, with and without it',
    async (redis) => {
      const settings = { ...databases[database]?.(), ...redises[redis]?.() } as ScriptSettings;
      // One after the other: two processes that start at once would wait for each other's confirmation.
      for (const close of closings) {
        const outcome = await runJob({ ...settings, close });
        expect([close, outcome]).toEqual([close, { ...ended, errors: outcome.errors }]);
        // Without close() the library sees the script's clients end.
        if (close !== 'never') expect(outcome.errors.replace(created, '')).toBe('');
      }
      const idle = await runJob({ ...settings, close: 'a second later', isIdle: true });
      expect(idle).toEqual({ code: 0, lines: ['ready', 'done'], errors: '' });
    },
  );
});

describe('a pool that stays the app’s', () => {
  it('P6: that lets the process end when it is idle does so, with and without close()', async () => {
    const settings = { database: postgres.url, pool: { allowExitOnIdle: true }, endsPool: false } as const;
    expect(await runJob({ ...settings, close: 'a second later' })).toEqual(ended);
    expect(await runJob({ ...settings, close: 'never' })).toEqual(ended);
  });

  it('P6: with idle connections lets the process end after close(), once they have timed out', async () => {
    const settings = { database: postgres.url, pool: { idleTimeoutMillis: 500 }, endsPool: false } as const;
    expect(await runJob({ ...settings, close: 'a second later' })).toEqual(ended);
  });
});

describe('with servers that are away', () => {
  it.each(['a second later', 'never'] as const)(
    'P6: a Redis that refuses connections keeps no script alive (close(): %s)',
    async (close) => {
      const { proxy, url } = await proxyTo(redisUrl());
      proxy.set({ kind: 'refuse' });
      const outcome = await runJob({ database: postgres.url, redis: url, close });
      expect(outcome).toMatchObject({ code: 0, lines: ended.lines });
    },
  );

  it.each(['at once', 'never'] as const)(
    'P6: a Redis that says nothing keeps no script alive (close(): %s)',
    async (close) => {
      const { proxy, url } = await proxyTo(redisUrl());
      proxy.set({ kind: 'black-hole' });
      const outcome = await runJob({ database: postgres.url, redis: url, close });
      expect(outcome).toMatchObject({ code: 0, lines: ended.lines });
    },
  );

  it.each(closings)(
    'P6: a PostgreSQL that says nothing keeps no script alive (close(): %s)',
    async (close) => {
      const { proxy, url } = await proxyTo(postgres.url);
      proxy.set({ kind: 'black-hole' });
      const outcome = await runJob({ database: url, isIdle: true, close });
      expect(outcome).toMatchObject({ code: 0, lines: ['not reachable', 'done'] });
    },
  );

  it('P6: servers that fall silent do not keep close() from settling', async () => {
    const [database, redis] = [await proxyTo(postgres.url), await proxyTo(redisUrl())];
    const settings = { database: database.url, redis: redis.url, close: 'a second later' } as const;
    const outcome = await runJob(settings, () => {
      database.proxy.set({ kind: 'black-hole' });
      redis.proxy.set({ kind: 'black-hole' });
    });
    expect(outcome).toMatchObject({ code: 0, lines: ended.lines });
  });
});
