import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Database from 'libsql';
import bs58 from 'bs58';
import { blocksOf } from '../docs/markdown.js';
import { installTools } from '../harness/install-tools.js';
import { theApp } from '../harness/the-app.js';
import { openRecipe, type Recipe } from './open-recipe.js';

/**
 * Unkey itself is a service with a MySQL behind it and cannot run here. What is its own: the client `@unkey/api`, which refuses an
 * answer that is not as its OpenAPI document has it. Keys are made as `CreateKey` of `internal/services/keys/create.go` does.
 */
function makeKey(): { readonly key: string; readonly hash: string; readonly start: string } {
  const encoded = bs58.encode(randomBytes(16));
  const key = `shop_${encoded}`;
  return { key, hash: createHash('sha256').update(key).digest('base64'), start: key.slice(0, 9) };
}

const names = ['CI', 'Reader', 'Off', 'Old', 'Anonymous'] as const;
type Name = (typeof names)[number];
const made = Object.fromEntries(names.map((name) => [name, makeKey()])) as Record<
  Name,
  ReturnType<typeof makeKey>
>;
const now = Date.now();

/** `data` of `apis.listKeys`. */
const listed = [
  {
    keyId: 'key_ci000001',
    start: made.CI.start,
    enabled: true,
    name: 'CI',
    meta: { team: 'checkout' },
    createdAt: now - 86_400_000,
    lastUsedAt: now - 3_600_000,
    permissions: ['orders.read', 'orders.write'],
    roles: ['editor'],
    credits: { remaining: 50, refill: { interval: 'daily', amount: 50 } },
    identity: { id: 'id_00000001', externalId: 'alice' },
    plaintext: made.CI.key,
    ratelimits: [
      { id: 'rl_00000001', name: 'requests', limit: 100, duration: 60_000, autoApply: true },
      { id: 'rl_00000002', name: 'tokens', limit: 5_000, duration: 60_000, autoApply: false },
    ],
  },
  {
    keyId: 'key_rd000001',
    start: made.Reader.start,
    enabled: true,
    createdAt: now - 86_400_000,
    permissions: ['orders.read'],
    identity: { id: 'id_00000001', externalId: 'alice' },
    plaintext: made.Reader.key,
  },
  {
    keyId: 'key_of000001',
    start: made.Off.start,
    enabled: false,
    name: 'Off',
    createdAt: now - 86_400_000,
    permissions: ['orders.read'],
    identity: { id: 'id_00000002', externalId: 'bob' },
    plaintext: made.Off.key,
  },
  {
    keyId: 'key_ol000001',
    start: made.Old.start,
    enabled: true,
    name: 'Old',
    createdAt: now - 86_400_000,
    expires: now - 1_000,
    permissions: ['orders.read'],
    identity: { id: 'id_00000002', externalId: 'bob' },
    plaintext: made.Old.key,
  },
  // Without an owner: reported. And one that is not recoverable: not in the export.
  {
    keyId: 'key_an000001',
    start: made.Anonymous.start,
    enabled: true,
    createdAt: now,
    plaintext: made.Anonymous.key,
  },
  { keyId: 'key_no000001', start: 'shop_none', enabled: true, createdAt: now },
];

async function askAboutAll(recipe: Recipe): Promise<void> {
  expect(await recipe.ask(made.CI.key)).toBe('200 alice');
  expect(await recipe.ask(made.CI.key, 'post')).toBe('200 alice');
  expect(await recipe.ask(made.Reader.key, 'post')).toBe('403 insufficient_scope');
  expect(await recipe.ask(made.Off.key)).toBe('401 key_disabled');
  expect(await recipe.ask(made.Old.key)).toBe('401 key_expired');
  expect(await recipe.ask(made.Anonymous.key)).toBe('401 invalid_token');
  const { key } = made.CI;
  expect(await recipe.ask(key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a'))).toBe('401 invalid_token');
  const keys = recipe.apiKeys.keys.as(theApp);
  const [found] = (await keys.list({ ownerId: 'alice', tag: 'imported' })).items.filter(
    ({ name }) => name === 'CI',
  );
  expect(found).toMatchObject({
    metadata: { team: 'checkout', unkeyId: 'key_ci000001' },
    rateLimits: [{ name: 'requests', limit: 100, windowSeconds: 60 }],
    credits: { remaining: 48, refillAmount: null },
    createdAt: new Date(now - 86_400_000),
  });
  const { id, key: next } = await keys.rotate({ id: found?.id ?? '' });
  expect(id).toBe(found?.id);
  expect(await recipe.ask(next)).toBe('200 alice');
  expect(await recipe.ask(key)).toMatch(/^401 /);
}

describe('keys of Unkey', () => {
  let recipe: Recipe;
  let tools: string;
  beforeAll(async () => {
    tools = await installTools('unkey', join(__dirname, 'unkey', 'package.json'));
    // The first run downloads the client.
  }, 300_000);
  beforeEach(async () => {
    recipe = await openRecipe('import-unkey.md');
  });
  afterEach(() => recipe.close());
  const change = (command: string) => command.replace(' --dry-run', '');

  it('are imported from its API by the script of the page', async () => {
    const asked: unknown[] = [];
    const server = createServer((req, res) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk as Buffer);
        const body = JSON.parse(Buffer.concat(chunks).toString()) as { readonly cursor?: string };
        asked.push({ path: req.url, authorization: req.headers.authorization, ...body });
        const isFirst = body.cursor === undefined;
        res.setHeader('Content-Type', 'application/json').end(
          JSON.stringify({
            meta: { requestId: 'req_00000001' },
            data: isFirst ? listed.slice(0, 3) : listed.slice(3),
            pagination: isFirst ? { hasMore: true, cursor: 'key_ol000001' } : { hasMore: false },
          }),
        );
      })();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const script = blocksOf('docs/guides/import-unkey.md').find(({ language }) => language === 'js');
      const folder = join(recipe.folder, 'export');
      await promisify(execFile)('mkdir', [folder]);
      symlinkSync(join(tools, 'node_modules'), join(folder, 'node_modules'));
      writeFileSync(join(folder, 'export-unkey.mjs'), script?.text ?? '');
      const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'export-unkey.mjs')], {
        env: {
          UNKEY_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
          UNKEY_ROOT_KEY: 'unkey_root',
          UNKEY_API_ID: 'api_shop',
        },
      });
      const path = '/v2/apis.listKeys';
      expect(asked).toMatchObject([
        { path, authorization: 'Bearer unkey_root', apiId: 'api_shop', decrypt: true },
        { path, cursor: 'key_ol000001' },
      ]);
      expect(stdout.trim().split('\n')).toHaveLength(5);
      const imported = await recipe.run({ index: 0, input: stdout, change });
      expect(imported.out).toBe('5 rows read: 4 imported, 0 already there, 1 left out.');
      expect(imported.err).toContain('ownerId');
      expect((await recipe.run({ index: 0, input: stdout, change })).out).toContain('0 imported, 4 already');
    } finally {
      server.closeAllConnections();
      server.close();
    }
    await askAboutAll(recipe);
  });

  it('are imported in their first request by the middleware of the page', async () => {
    const asked: string[] = [];
    const server = createServer((req, res) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of req) chunks.push(chunk as Buffer);
        const { key } = JSON.parse(Buffer.concat(chunks).toString()) as { readonly key: string };
        asked.push(`${req.url} ${key}`);
        const { plaintext: _, ...data } = listed.find(({ plaintext }) => plaintext === key) ?? {};
        const isFound = Object.keys(data).length > 0;
        res
          .writeHead(isFound ? 200 : 404, { 'Content-Type': 'application/json' })
          .end(JSON.stringify({ meta: { requestId: 'req_00000001' }, ...(isFound ? { data } : {}) }));
      })();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    process.env['UNKEY_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const moving = await openRecipe('import-unkey.md', ['import-on-use.ts']);
    try {
      const { CI, Reader, Off, Old } = made;
      expect(await moving.ask(CI.key, 'post')).toBe('200 alice');
      expect(await moving.ask(CI.key)).toBe('200 alice');
      expect(await moving.ask(Reader.key, 'post')).toBe('403 insufficient_scope');
      expect(await moving.ask(Off.key)).toBe('401 key_disabled');
      expect(await moving.ask(Off.key)).toBe('401 key_disabled');
      expect(await moving.ask(Old.key)).toBe('401 key_expired');
      expect(asked).toEqual([CI, Reader, Off, Old].map(({ key }) => `/v2/keys.whoami ${key}`));
      expect(await moving.ask(makeKey().key)).toBe('401 invalid_token');
      expect(asked).toHaveLength(5);
    } finally {
      await moving.close();
      server.closeAllConnections();
      server.close();
      delete process.env['UNKEY_URL'];
    }
  });

  it('are imported from the tables of its database by the query of the page', async () => {
    // SQLite in place of MySQL: the query is one that both understand.
    const database = new Database(join(recipe.folder, 'unkey.sqlite'));
    database.exec(`create table keys (id, key_auth_id, hash, start, name, identity_id, meta, expires, created_at_m, deleted_at_m,
        enabled, remaining_requests);
      create table key_auth (id); create table identities (id, external_id); create table permissions (id, slug);
      create table keys_permissions (key_id, permission_id);
      create table ratelimits (key_id, name, "limit", duration, auto_apply);
      insert into key_auth values ('ks_1');
      insert into permissions values ('p_1', 'orders.read'), ('p_2', 'orders.write');`);
    const insert = (table: string, values: readonly unknown[]): void =>
      void database.prepare(`insert into ${table} values (${values.map(() => '?').join()})`).run([...values]);
    const identities = new Map(
      listed.flatMap(({ identity }) => (identity ? [[identity.id, identity.externalId]] : [])),
    );
    for (const each of identities) insert('identities', each);
    for (const row of listed.slice(0, 5)) {
      const name = names[listed.indexOf(row)] ?? 'CI';
      insert('keys', [
        ...[row.keyId, 'ks_1', made[name].hash, row.start, row.name ?? null, row.identity?.id ?? null],
        row.meta === undefined ? null : JSON.stringify(row.meta),
        row.expires === undefined
          ? null
          : new Date(row.expires).toISOString().replace('T', ' ').replace('Z', ''),
        ...[row.createdAt, null, row.enabled ? 1 : 0, row.credits?.remaining ?? null],
      ]);
      for (const slug of row.permissions ?? []) {
        insert('keys_permissions', [row.keyId, slug === 'orders.read' ? 'p_1' : 'p_2']);
      }
      for (const { name: limitName, limit, duration, autoApply } of row.ratelimits ?? []) {
        insert('ratelimits', [row.keyId, limitName, limit, duration, autoApply ? 1 : 0]);
      }
    }
    const text =
      blocksOf('docs/guides/import-unkey.md').filter(({ language }) => language === 'sh')[1]?.text ?? '';
    const query = /-e "([^"]+)"/.exec(text)?.[1]?.replaceAll('\\`', '`') ?? '';
    const input = database
      .prepare(query)
      .raw(true)
      .all([])
      .map((row) => String((row as readonly unknown[])[0]))
      .join('\n');
    database.close();
    const imported = await recipe.run({ index: 1, input, change });
    expect(imported.out).toBe('5 rows read: 4 imported, 0 already there, 1 left out.');
    expect((await recipe.run({ index: 1, input, change })).out).toContain('0 imported, 4 already');
    await askAboutAll(recipe);
  });
});
