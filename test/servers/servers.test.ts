import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { createDatabase, startPostgres } from './postgres.cjs';
import { startRedis } from './redis.cjs';
import { redisCli } from './redis-cli.cjs';
import { startRedisCluster } from './redis-cluster.cjs';
import { startRedisSentinel } from './redis-sentinel.cjs';
import { startRedisTls } from './redis-tls.cjs';
import { waitUntil } from './wait-until.cjs';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function askRedis(url: string): Promise<string> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, commandTimeout: 300 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.ping();
  } finally {
    client.disconnect();
  }
}

async function askPostgres(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query('select current_database() as name')).rows[0];
  } finally {
    await client.end();
  }
}

describe('the servers of a test run', () => {
  it('are named in the environment of every test file', async () => {
    expect(await askRedis(process.env['TEST_REDIS_URL'] ?? '')).toBe('PONG');
    const client = new Redis(process.env['TEST_REDIS_ACL_URL'] ?? '');
    expect(await client.getrange('api-keys:nobody', 0, 0)).toBe('');
    client.disconnect();
    expect(await askPostgres(process.env['TEST_DATABASE_URL'] ?? '')).toEqual({ name: 'postgres' });
    expect(isAlive(Number(process.env['TEST_REDIS_PID']))).toBe(true);
  });

  it('give each test file a database of its own', async () => {
    const { url, drop } = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    expect(await askPostgres(url)).toEqual({ name: new URL(url).pathname.slice(1) });
    await drop();
    await expect(askPostgres(url)).rejects.toThrow(/does not exist/);
  });
});

describe('startRedis', () => {
  it('can be paused, resumed, killed, started again on its port, and leaves nothing behind', async () => {
    const redis = await startRedis();
    expect(await askRedis(redis.url)).toBe('PONG');
    redis.pause();
    await expect(askRedis(redis.url)).rejects.toThrow(/timed out|closed/i);
    redis.resume();
    expect(await askRedis(redis.url)).toBe('PONG');
    await redis.kill();
    expect(isAlive(redis.pid)).toBe(false);
    await expect(askRedis(redis.url)).rejects.toThrow();
    const again = await startRedis({ port: redis.port });
    expect(again.url).toBe(redis.url);
    expect(await askRedis(again.url)).toBe('PONG');
    await again.stop();
    await redis.stop();
    expect(isAlive(again.pid)).toBe(false);
    expect([redis, again].map(({ dataDir }) => existsSync(dataDir))).toEqual([false, false]);
  });

  it('says at its end what the user of the documents was refused', async () => {
    const redis = await startRedis({ password: 'secret' });
    const client = new Redis(redis.aclUrl);
    expect(await client.getrange('api-keys:nobody', 0, 0)).toBe('');
    expect(await redis.denials()).toEqual([]);
    await expect(client.flushall()).rejects.toThrow(/NOPERM/);
    client.disconnect();
    expect(await redis.denials()).toEqual(['command flushall (toplevel)']);
    await expect(redis.stop()).rejects.toThrow("Redis refused the app's user: command flushall");
    expect(existsSync(redis.dataDir)).toBe(false);
  });

  it('says what redis-server said when it cannot start', async () => {
    await expect(startRedis({ args: ['--no-such-setting', '1'] })).rejects.toThrow(/no-such-setting/);
  });
});

describe('startRedisTls', () => {
  it('speaks TLS with a certificate of its own authority', async () => {
    const { certificates, ...redis } = await startRedisTls();
    const client = new Redis(redis.aclUrl, { tls: { ca: certificates.ca } });
    expect(await client.getrange('api-keys:nobody', 0, 0)).toBe('');
    client.disconnect();
    await expect(askRedis(redis.aclUrl)).rejects.toThrow();
    await expect(askRedis(redis.aclUrl.replace('rediss:', 'redis:'))).rejects.toThrow();
    await redis.stop();
    expect(existsSync(certificates.caFile)).toBe(false);
  });
});

describe('startRedisSentinel', () => {
  it('has another primary after the first one died', async () => {
    const set = await startRedisSentinel();
    const before = await set.primary();
    await before.kill();
    await waitUntil('there is another primary', async () => (await set.primary()) !== before);
    const after = await set.primary();
    await waitUntil('it takes writes', async () => (await redisCli(after.port, ['SET', 'a', 'b'])) === 'OK');
    await set.stop();
    await expect(askRedis(before.url)).rejects.toThrow();
  }, 180_000);
});

describe('startRedisCluster', () => {
  it('has three primaries, moves slots, and replaces a primary that died', async () => {
    const cluster = await startRedisCluster();
    expect((await cluster.members()).filter(({ isPrimary }) => isPrimary)).toHaveLength(3);
    const slot = await cluster.slotOf('{a}');
    const from = await cluster.primaryOf(slot);
    const to = await cluster.primaryOf((slot + 8000) % 16_384);
    expect(to).not.toBe(from);
    await cluster.ask(from, ['SET', '{a}', 'b']);
    await cluster.moveSlot(slot, to);
    expect(await cluster.primaryOf(slot)).toBe(to);
    expect(await cluster.ask(to, ['GET', '{a}'])).toBe('b');
    await to.kill();
    await waitUntil('there is another primary', async () => (await cluster.primaryOf(slot)) !== to);
    await cluster.stop();
  }, 180_000);
});

describe('startPostgres', () => {
  it('can be paused, resumed and killed, and leaves nothing behind', async () => {
    const postgres = await startPostgres();
    expect(await askPostgres(postgres.url)).toEqual({ name: 'postgres' });
    postgres.pause();
    await expect(askPostgres(postgres.url)).rejects.toThrow(/timeout/);
    postgres.resume();
    expect(await askPostgres(postgres.url)).toEqual({ name: 'postgres' });
    await postgres.kill();
    await expect(askPostgres(postgres.url)).rejects.toThrow();
    await postgres.stop();
    expect(isAlive(postgres.pid)).toBe(false);
    expect(existsSync(postgres.dataDir)).toBe(false);
  }, 90_000);
});

describe('a server whose starter is gone', () => {
  it.each(['SIGKILL', 'SIGINT'] as const)('ends and leaves nothing behind (%s)', async (signal) => {
    const source = `
      require(${JSON.stringify(join(__dirname, 'redis.cjs'))}).startRedis()
        .then(({ url, dataDir }) => console.log(JSON.stringify({ url, dataDir })));
      setInterval(() => {}, 1000);`;
    const starter = spawn(process.execPath, ['--eval', source], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(starter.stdout, 'data')) as [Buffer];
    const { url, dataDir } = JSON.parse(line.toString()) as { url: string; dataDir: string };
    expect(await askRedis(url)).toBe('PONG');
    starter.kill(signal);
    const deadline = Date.now() + 5000;
    while (existsSync(dataDir) && Date.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(existsSync(dataDir)).toBe(false);
    await expect(askRedis(url)).rejects.toThrow();
  });
});

describe('a machine without the servers', () => {
  it('is shown the one command that installs them', () => {
    const source = `require(${JSON.stringify(join(__dirname, 'redis.cjs'))}).startRedis()
      .catch((error) => console.log(error.message));`;
    const { stdout } = spawnSync(process.execPath, ['--eval', source], {
      encoding: 'utf8',
      env: { PATH: '/nowhere' },
    });
    expect(stdout).toMatch(/redis-server was not found/);
    expect(stdout).toMatch(
      /sudo sh -c 'apt-get update && apt-get install -y .*redis-server postgresql curl openssl'/,
    );
  });
});
