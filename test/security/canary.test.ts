import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { testPepper } from '../harness/instance.js';
import { startOrders, type OrdersProcess } from '../harness/start-orders.js';
import { findServerProgram } from '../servers/install-servers.cjs';
import { createDatabase } from '../servers/postgres.cjs';
import { startRedis } from '../servers/redis.cjs';

const secretAt = 'acme_live_'.length + 16;

/** The spellings in which a secret could be lying around. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    // Inside a longer text a secret can begin at each of three places of a base64 group.
    const text = Buffer.concat([Buffer.alloc(offset, 32), bytes]).toString('base64');
    const whole = text.slice(offset === 0 ? 0 : 4, -4);
    return [whole, whole.replaceAll('+', '-').replaceAll('/', '_')];
  });
  const percent = [...bytes].map((byte) => `%${byte.toString(16)}`).join('');
  return [secret, bytes.toString('hex'), ...inBase64, percent, percent.toUpperCase()];
}

/** The fast hashes that nobody must be able to compare a stolen secret list with: they need no pepper. */
function plainHashes(token: string): readonly string[] {
  return [token, token.slice(secretAt, -6)].flatMap((text) =>
    ['sha256', 'sha512', 'sha1', 'md5'].flatMap((algorithm) => {
      const hash = createHash(algorithm).update(text).digest();
      return [hash.toString('hex'), hash.toString('base64')];
    }),
  );
}

function found(haystack: string, needles: readonly string[]): readonly string[] {
  return needles.filter((needle) => haystack.includes(needle));
}

/** What was answered, apart from the one field that shows a token. */
const answers: string[] = [];

/** Every access token that was given. */
const accessTokens: string[] = [];

/** Exchanges a key; that answer alone shows an access token. */
async function exchange(app: OrdersProcess, key: string): Promise<string> {
  const form = new URLSearchParams({ grant_type: 'client_credentials', client_secret: key });
  const answer = await fetch(`${app.url}/oauth/token`, { method: 'POST', body: form });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

/** Does what owners and callers do, with all that goes wrong, and returns every token that was shown. */
async function live(app: OrdersProcess): Promise<readonly string[]> {
  const tokens: string[] = [];
  const call = async (method: string, path: string, body?: object | string, headers: object = {}) => {
    const response = await fetch(app.url + path, {
      method,
      headers: { 'X-Test-Owner': 'alice', 'Content-Type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isLines = response.headers.get('content-type')?.startsWith('application/jsonl') === true;
    const { key, ...rest } = (text === '' ? {} : isLines ? { text } : JSON.parse(text)) as Record<
      string,
      unknown
    >;
    if (typeof key === 'string') tokens.push(key);
    answers.push(JSON.stringify([...response.headers]) + JSON.stringify(rest));
    return rest;
  };

  const first = await call('POST', '/api-keys/keys', { name: 'first', scopes: ['orders:read'] });
  const second = await call('POST', '/api-keys/keys', {
    name: 'second',
    scopes: ['orders:read'],
    metadata: { plan: 'pro' },
    ipAllowlist: ['203.0.113.9'],
  });
  await call('POST', `/api-keys/keys/${String(first['id'])}/rotate`, { gracePeriodSeconds: 60 });
  await call('POST', `/api-keys/keys/${String(first['id'])}/rotate`, {});
  for (const token of tokens.slice()) {
    const tampered = `${token.slice(0, -1)}-`;
    for (const credential of [token, tampered, `${token}${token}`, ` ${token}`]) {
      await call('GET', '/orders', undefined, { 'X-Api-Key': credential });
      await call('POST', '/orders', {}, { Authorization: `Bearer ${credential}` });
    }
    await call('GET', '/orders', undefined, { 'X-Api-Key': token, Authorization: `Bearer ${token}` });
    await call('GET', `/orders?api_key=${token}`);
    await call('GET', `/orders/${token}`).catch(() => undefined);
    // Secrets where they do not belong: refused, and not repeated.
    await call('POST', '/api-keys/keys', { name: token, scopes: [token], [token]: 1 });
    await call('POST', '/api-keys/keys', `{"name": "${token}`);
    await call('GET', `/api-keys/keys/${token}`);
    await call('GET', `/api-keys/keys?cursor=${token}&${token}=1`);
    await call('GET', `/api-keys/audit?action=${token}`);
    await call('GET', '/api-keys/self', undefined, { 'X-Api-Key': token });
    // Into the audit trail and the access log, by every way that leads there.
    const spread = { 'X-Request-Id': token, 'X-Forwarded-For': token, 'User-Agent': token, Referer: token };
    await call('GET', `/orders?${token}`, undefined, spread);
    await call('GET', '/orders', undefined, { ...spread, 'X-Api-Key': token });
    await call('PATCH', `/api-keys/keys/${String(first['id'])}`, { metadata: { plan: 'max' } }, spread);
    await call('DELETE', `/api-keys/keys/${token}`, undefined, spread);
    await call('GET', `/api-keys/audit/verify?anchor=${token}`, undefined, spread);
  }
  const working = tokens.at(-1) ?? '';
  accessTokens.push(await exchange(app, working), await exchange(app, working));
  for (const token of accessTokens) {
    const tampered = `${token.slice(0, -2)}-_`;
    for (const credential of [token, tampered, `${token}${token}`]) {
      await call('GET', '/orders', undefined, { Authorization: `Bearer ${credential}`, Referer: token });
      await call('GET', '/orders', undefined, { 'X-Api-Key': credential });
      await call('GET', `/orders?access_token=${credential}`);
      for (const path of ['/oauth/token', '/oauth/introspect', '/oauth/revoke']) {
        const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Request-Id': token };
        const grant = 'grant_type=client_credentials&scope=';
        await call('POST', path, `${grant}${credential}&token=${credential}&client_secret=${working}`, form);
        await call('POST', path, `${grant}&token=${credential}&client_secret=${credential}`, form);
        await call('POST', path, `token=${credential}&${credential}=1`, {
          ...form,
          Authorization: `Basic ${Buffer.from(`${credential}:${working}`).toString('base64')}`,
        });
      }
    }
  }
  await call('GET', '/api-keys/keys');
  await call('GET', `/api-keys/keys/${String(second['id'])}`);
  await call('PATCH', `/api-keys/keys/${String(second['id'])}`, { enabled: false });
  await call('DELETE', `/api-keys/keys/${String(second['id'])}`);
  await call('GET', '/api-keys/audit');
  await call('GET', '/api-keys/audit/export');
  await call('GET', '/api-keys/audit/access');
  return tokens;
}

/** What a name in Redis holds, whatever it is; its dump would be compressed. */
async function contentsOf(client: Redis, name: Buffer): Promise<string> {
  const reads: Readonly<Record<string, () => Promise<unknown>>> = {
    string: () => client.get(name),
    hash: () => client.hgetall(name),
    zset: () => client.zrange(name, '0', '-1'),
    set: () => client.smembers(name),
    list: () => client.lrange(name, '0', '-1'),
  };
  const type = await client.type(name);
  const read = reads[type];
  if (read === undefined) throw new Error(`${name.toString()} holds a ${type}`);
  return JSON.stringify(await read());
}

async function expectNoSecretIn(dumps: Record<string, string>, tokens: readonly string[]): Promise<void> {
  expect(tokens.length).toBe(4);
  expect(accessTokens.map((token) => token.split('.').length)).toEqual([3, 3]);
  const needles = [
    ...tokens.flatMap((token) => spellings(token.slice(secretAt, -6))),
    ...tokens.flatMap(plainHashes),
    ...accessTokens.flatMap((token) => spellings(token.split('.')[2] ?? '')),
    ...accessTokens.flatMap(plainHashes),
    ...spellings(testPepper),
  ];
  for (const [name, dump] of Object.entries(dumps)) {
    expect(dump.length).toBeGreaterThan(name === 'output' ? -1 : 500);
    expect([name, found(dump, needles)]).toEqual([name, []]);
  }
}

describe('no secret lies around', () => {
  beforeEach(() => {
    answers.length = 0;
    accessTokens.length = 0;
  });

  it('R71 in PostgreSQL, Redis, answers and output', async () => {
    const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    const redis = await startRedis();
    const app = await startOrders({ DATABASE_URL: database.url, REDIS_URL: redis.aclUrl });
    const tokens = await live(app);
    const client = new Redis(redis.url);
    const names = await client.keysBuffer('*');
    const values = await Promise.all(names.map((name) => contentsOf(client, name)));
    expect(names.length).toBeGreaterThan(0);
    client.disconnect();
    await app.stop();
    const { stdout: sql } = await promisify(execFile)(findServerProgram('pg_dump'), [database.url], {
      maxBuffer: 1e8,
    });
    expect(sql).toContain('$2');
    expect(sql).toContain('access.refused');
    await expectNoSecretIn(
      {
        PostgreSQL: sql,
        Redis: [...names.map((name) => name.toString('latin1')), ...values].join('\n'),
        answers: answers.join('\n'),
        output: app.output(),
      },
      tokens,
    );
    await redis.stop();
    await database.drop();
  }, 180_000);

  it('R71 in an SQLite file and its log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'canary-'));
    const app = await startOrders({ DATABASE_URL: `file:${join(folder, 'keys.sqlite')}` });
    const tokens = await live(app);
    const readFiles = async (): Promise<readonly string[]> =>
      Promise.all((await readdir(folder)).map((file) => readFile(join(folder, file), 'latin1')));
    const running = await readFiles();
    await app.stop();
    const bytes = [...running, ...(await readFiles())];
    expect(bytes.join('\n')).toContain('access.refused');
    await expectNoSecretIn(
      { SQLite: bytes.join('\n'), answers: answers.join('\n'), output: app.output() },
      tokens,
    );
    await rm(folder, { recursive: true });
  }, 180_000);

  it('and the search would find one', () => {
    const secret = 'q'.repeat(20) + 'Zx9'.repeat(7) + 'ab';
    for (const leak of [
      `before ${secret} after`,
      Buffer.from(secret).toString('hex'),
      Buffer.from(`x${secret}y`).toString('base64'),
      Buffer.from(`xy${secret}z`).toString('base64url'),
      [...Buffer.from(secret)].map((byte) => `%${byte.toString(16)}`).join(''),
    ]) {
      expect(found(leak, spellings(secret))).not.toEqual([]);
    }
  });
});
