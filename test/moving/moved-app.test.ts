import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hash } from 'bcryptjs';
import Database from 'libsql';
import { blocksOf, repository } from '../docs/markdown.js';

jest.setTimeout(400_000);

const guide = blocksOf('docs/guides/move-an-app.md');
const [observing = '', enforcing = ''] = guide
  .filter(({ language }) => language === 'diff')
  .map(({ text }) => text);
const [importing = '', reporting = '', revoking = ''] = guide
  .filter(({ language }) => language === 'sh')
  .map(({ text }) => text);

const permissions = [
  ...['orders:read', 'orders:write', 'products:read', 'products:write', 'customers:read'],
  ...['customers:write', 'invoices:read', 'invoices:write', 'reports:read', 'account:manage'],
];

/** Every route behind a guard, as a client of the shop knows them. */
const routes = [
  ...['orders', 'products', 'customers', 'invoices'].flatMap((name) => [
    `GET /v1/${name}`,
    `GET /v1/${name}/7`,
    `POST /v1/${name}`,
    `PATCH /v1/${name}/7`,
    `DELETE /v1/${name}/7`,
  ]),
  ...['POST /v1/orders/7/cancel', 'GET /v1/orders/7/items', 'PUT /v1/products/7/stock'],
  ...['GET /v1/customers/7/addresses', 'POST /v1/invoices/7/send', 'GET /v1/reports/sales'],
  ...['GET /v1/reports/stock', 'GET /v1/account/keys'],
];

interface SentRequest {
  readonly route: string;
  readonly key: string | null;
  readonly address: string;
}

/** A key of the shop, and why it is refused everywhere, if it is. */
interface ShopKey {
  readonly key: string;
  readonly permissions: readonly string[];
  readonly state: 'valid' | 'revoked' | 'expired';
}

const keysInAll = 1_000;

let shop: string;
let keys: ShopKey[];
let traffic: SentRequest[];
/** What the shop has answered to each of them before it was moved. */
let recorded: string[];

function environment(): Record<string, string | undefined> {
  return {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    PORT: '0',
    BCRYPT_COST: '4',
    API_KEYS_PEPPER: 'a pepper of the shop, for its tests only',
  };
}

/** A copy of the shop, in which `npm install express-api-keys` has been run. */
function copyShop(): string {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-shop-'));
  cpSync(join(__dirname, 'shop'), folder, { recursive: true });
  mkdirSync(join(folder, 'node_modules'));
  for (const name of ['express', 'bcryptjs', 'libsql', 'supertest']) {
    symlinkSync(join(repository, 'node_modules', name), join(folder, 'node_modules', name));
  }
  symlinkSync(repository, join(folder, 'node_modules', 'express-api-keys'));
  return folder;
}

async function addKeys(): Promise<ShopKey[]> {
  const database = new Database(join(shop, 'shop.db'));
  const insert = database.prepare('insert into api_keys values (?, ?, ?, ?, ?, ?, ?, ?)');
  const added: ShopKey[] = [];
  for (let index = 0; index < keysInAll; index += 1) {
    const id = randomBytes(4).toString('hex');
    const key = `shop_${id}_${randomBytes(16).toString('hex')}`;
    const state = index % 20 === 7 ? 'revoked' : index % 20 === 13 ? 'expired' : 'valid';
    // From one permission to all of them, beginning anywhere.
    const from = index % permissions.length;
    const own = [...permissions, ...permissions].slice(from, from + 1 + (index % permissions.length));
    const customer = 1 + (index % 150);
    const now = Date.now();
    const revokedAt = state === 'revoked' ? now - 1_000 : null;
    const expiresAt = state === 'expired' ? now - 1_000 : index % 3 === 0 ? now + 90 * 86_400_000 : null;
    const row = [id, customer, `Key ${index}`, JSON.stringify([...new Set(own)]), await hash(key, 4)];
    insert.run(...row, now - 1_000_000, expiresAt, revokedAt);
    added.push({ key, permissions: own, state });
  }
  database.close();
  return added;
}

/** Every key calls, some twice, every route is called; between them what strangers send. */
function makeTraffic(): SentRequest[] {
  const requests: SentRequest[] = [];
  const record = (key: string | null, index: number): void => {
    const route = routes[(index * 5) % routes.length] ?? '';
    requests.push({ route, key, address: `203.0.${113 + (index % 100)}.${1 + (index % 250)}` });
  };
  keys.forEach(({ key }, index) => record(key, index));
  keys.slice(0, 400).forEach(({ key }, index) => record(key, index + 3));
  for (let index = 0; index < 40; index += 1) {
    record(null, index);
    record(`shop_${randomBytes(4).toString('hex')}_${randomBytes(16).toString('hex')}`, index);
    record(['admin', 'shop_', 'Bearer', `shop_${'f'.repeat(40)}`][index % 4] ?? '', index);
  }
  // A wrong end behind the id of a key that exists.
  for (const { key } of keys.slice(0, 40))
    record(`${key.slice(0, -4)}${key.endsWith('0000') ? '1' : '0000'}`, 0);
  return requests;
}

async function withShop<T>(work: (url: string) => Promise<T>): Promise<T> {
  const server = spawn(process.execPath, ['src/server.js'], {
    cwd: shop,
    env: environment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  try {
    return await work(await addressOf(server));
  } finally {
    const ended = once(server, 'close');
    server.kill('SIGTERM');
    await ended;
  }
}

async function addressOf(server: ChildProcess): Promise<string> {
  let errors = '';
  server.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const [first] = (await Promise.race([
    once(server.stdout ?? server, 'data'),
    once(server, 'close').then(() => {
      throw new Error(`The shop has ended: ${errors}`);
    }),
  ])) as [Buffer];
  return first.toString().trim();
}

/** Sends requests, eight at a time. @returns status and body of each */
async function sendAll(url: string, requests: readonly SentRequest[]): Promise<string[]> {
  const answers: string[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    for (let index = next++; index < requests.length; index = next++) {
      const request = requests[index];
      if (request !== undefined) answers[index] = await send(url, request);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return answers;
}

async function send(url: string, { route, key, address }: SentRequest, body?: object): Promise<string> {
  const [method = '', path = ''] = route.split(' ');
  const answer = await fetch(url + path, {
    method,
    headers: {
      'X-Forwarded-For': address,
      ...(key === null ? {} : { 'X-API-Key': key }),
      ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return `${answer.status} ${await answer.text()}`;
}

function change(diff: string): void {
  execFileSync('git', ['apply', '--whitespace=nowarn', '-'], { cwd: shop, input: diff });
}

/** Runs a command of the guide. */
async function run(command: string): Promise<string> {
  const program = join(repository, 'dist', 'esm', 'cli', 'bin.js');
  const text = command.replace('npx api-keys', `"${process.execPath}" "${program}"`);
  const { stdout } = await promisify(execFile)('bash', ['-ec', text], { cwd: shop, env: environment() });
  return stdout;
}

async function runItsTests(): Promise<string> {
  // A database for its tests, and keys of theirs.
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-shop-tests-'));
  const own = {
    SHOP_DATABASE: join(folder, 'shop.db'),
    API_KEYS_DATABASE: `file:${join(folder, 'keys.sqlite')}`,
  };
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['--test', 'test/'], {
      cwd: shop,
      env: { ...environment(), ...own },
    });
    return stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The list of keys has ids and an order of its own on each side. */
const comparable = (answers: readonly string[]): string[] =>
  answers.map((answer, index) =>
    traffic[index]?.route === 'GET /v1/account/keys' ? answer.slice(0, 3) : answer,
  );

describe('an app with bcrypt keys of its own', () => {
  beforeAll(async () => {
    shop = copyShop();
    await withShop(async () => undefined);
    keys = await addKeys();
    traffic = makeTraffic();
  });
  afterAll(() => rmSync(shop, { recursive: true, force: true }));

  it('has answered a day of requests, and passes its tests', async () => {
    expect(await runItsTests()).toMatch(/# pass 6\n# fail 0/);
    recorded = await withShop((url) => sendAll(url, traffic));
    const count = (status: string): number => recorded.filter((answer) => answer.startsWith(status)).length;
    expect([count('200') > 300, count('401') > 200, count('403') > 300]).toEqual([true, true, true]);
    expect(count('5')).toBe(0);
    expect(new Set(traffic.map(({ route }) => route)).size).toBe(routes.length);
  });

  it('takes the guard behind its own, and its keys are imported', async () => {
    change(observing);
    expect(await runItsTests()).toMatch(/# pass 6\n# fail 0/);
    expect(await run(importing)).toMatch(/950/);
    expect(await run(importing.replace(' --dry-run', ''))).toMatch(/950/);
  });

  let made = '';
  let revoked = '';
  let revokedByOldProcess = '';
  it('answers the same while it is observed, and nobody would be refused', async () => {
    await withShop(async (url) => {
      expect(comparable(await sendAll(url, traffic))).toEqual(comparable(recorded));
      const manager = keys.find(
        (key) =>
          key.state === 'valid' &&
          ['account:manage', 'orders:read'].every((name) => key.permissions.includes(name)),
      );
      if (manager === undefined) throw new Error('no key may manage keys');
      const asked = { route: 'POST /v1/account/keys', key: manager.key, address: '203.0.113.7' };
      const answers = await Promise.all(
        ['made', 'revoked'].map((label) => send(url, asked, { label, permissions: ['orders:read'] })),
      );
      const [first, second] = answers.map(
        (answer) => JSON.parse(answer.slice(4)) as { id: string; key: string },
      );
      if (first === undefined || second === undefined) throw new Error('no keys were made');
      made = first.key;
      revoked = second.key;
      // It is imported before its customer revokes it.
      await run(importing.replace(' --dry-run', ''));
      const removed = await send(url, { ...asked, route: `DELETE /v1/account/keys/${second.id}` });
      expect(removed).toBe('204 ');
      // As a process does that is not deployed yet: it revokes in the old table alone.
      const third = JSON.parse(
        (await send(url, asked, { label: 'third', permissions: ['orders:read'] })).slice(4),
      ) as typeof first;
      await run(importing.replace(' --dry-run', ''));
      const database = new Database(join(shop, 'shop.db'));
      database.prepare('update api_keys set revoked_at = ? where id = ?').run(Date.now(), third.id);
      database.close();
      revokedByOldProcess = third.key;
    });
    expect(await run(`${reporting.trimEnd()} --json`)).not.toMatch(/"code"/);
  });

  it('answers the same when it is enforced: none is locked out, and none let in', async () => {
    await run(importing.replace(' --dry-run', ''));
    await run(revoking);
    change(enforcing);
    expect(await runItsTests()).toMatch(/# pass 6\n# fail 0/);
    await withShop(async (url) => {
      expect(comparable(await sendAll(url, traffic))).toEqual(comparable(recorded));
      const ask = (key: string) => send(url, { route: 'GET /v1/orders', key, address: '203.0.113.9' });
      expect(await ask(made)).toMatch(/^200 /);
      for (const key of [revoked, revokedByOldProcess]) {
        expect(await ask(key)).toBe('401 {"error":"Invalid API key"}');
      }
    });
  });
});
