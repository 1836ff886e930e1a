import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { effectiveByOf } from '../effective-by.js';
import { makeEffective } from '../../harness/make-effective.js';
import { startOrders, type OrdersProcess } from '../../harness/start-orders.js';
import { waitUntil } from '../../servers/wait-until.cjs';
import { insist } from '../insist.js';
import { pause } from '../pause.js';

jest.setTimeout(180_000);

let folder: string;
let file: string;
const apps: OrdersProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'replaced-file-'));
  file = join(folder, 'keys.sqlite');
});

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.stop()));
  rmSync(folder, { recursive: true });
});

async function start(environment: Readonly<Record<string, string>> = {}): Promise<OrdersProcess> {
  const app = await startOrders({ DATABASE_URL: `file:${file}`, ...environment });
  apps.push(app);
  return app;
}

async function stop(app: OrdersProcess): Promise<void> {
  apps.splice(apps.indexOf(app), 1);
  await app.stop();
}

const untilDown = (app: OrdersProcess): Promise<void> =>
  waitUntil('it has noticed', async () => (await app.status())['database'] === 'down');

/** Revokes a key, and waits until it is refused everywhere. */
async function expectRevocable(app: OrdersProcess, { id, token }: MadeKey): Promise<void> {
  const answer = await makeEffective(() => app.manage('POST', `/keys/${id}/revoke`));
  expect([200, 202]).toContain(answer.status);
  expect((await insist(() => app.use(token))).code).toBe('key_revoked');
}

interface MadeKey {
  readonly id: string;
  readonly token: string;
}

async function makeKey(app: OrdersProcess): Promise<MadeKey> {
  const created = await insist(() => app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] }));
  expect(created.status).toBe(201);
  return { id: String(created.body['id']), token: String(created.body['key']) };
}

/** A copy of the file as it is while no process has it open. */
async function backedUp(app: OrdersProcess): Promise<string> {
  await stop(app);
  const backup = join(folder, 'backup.sqlite');
  copyFileSync(file, backup);
  return backup;
}

const reportsIn = (app: OrdersProcess): readonly string[] =>
  app.output().match(/^api-keys: .*was replaced or removed.*$/gm) ?? [];

it('P5, F34: a process whose SQLite file was replaced answers 503 to everything, and says why in one line', async () => {
  const first = await start();
  const [held, cold] = [await makeKey(first), await makeKey(first)];
  const backup = await backedUp(first);

  const app = await start();
  expect((await app.use(held.token)).status).toBe(200);
  renameSync(backup, file);
  expect((await app.manage('POST', `/keys/${cold.id}/revoke`)).status).toBe(503);
  expect((await app.use(cold.token)).status).toBe(503);
  await untilDown(app);
  for (const { token } of [held, cold]) expect((await app.use(token)).status).toBe(503);
  expect((await app.manage('GET', '/keys')).status).toBe(503);
  expect((await app.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] })).status).toBe(503);
  expect(await app.status()).toMatchObject({ state: 'degraded', database: 'down' });
  expect(reportsIn(app)).toHaveLength(1);
  expect(reportsIn(app)[0]).toContain('keys.sqlite was replaced');

  await stop(app);
  const next = await start();
  for (const { token } of [held, cold]) expect((await next.use(token)).status).toBe(200);
});

it('P5, F34: a quiet process notices the replacement as well, and leaves no log for the new file', async () => {
  const first = await start();
  const held = await makeKey(first);
  const backup = await backedUp(first);

  const app = await start({ QUIET_AFTER_SECONDS: '1' });
  expect((await app.use(held.token)).status).toBe(200);
  await waitUntil('it is quiet', async () => (await app.status())['quiet'] === true);
  renameSync(backup, file);
  await untilDown(app);
  expect(statSync(`${file}-wal`).size).toBe(0);
  expect((await app.use(held.token)).status).toBe(503);
  await pause(2_500);
  expect(await app.status()).toMatchObject({ state: 'degraded', database: 'down', quiet: false });
  expect(reportsIn(app)).toHaveLength(1);
});

it('P5, F34: a file that was removed and recreated has one process that is up', async () => {
  const left = await start();
  const key = await makeKey(left);
  expect((await left.use(key.token)).status).toBe(200);
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
  const next = await start();
  const other = await makeKey(next);
  expect((await next.use(other.token)).status).toBe(200);
  await untilDown(left);
  expect((await left.use(key.token)).status).toBe(503);
  await waitUntil('the other one is up', async () => (await next.status())['database'] === 'up');
  expect(await left.status()).toMatchObject({ database: 'down' });
  await expectRevocable(next, other);
});

it('P5: a file that is back where it was is used again', async () => {
  const app = await start();
  const [held, revoked] = [await makeKey(app), await makeKey(app)];
  expect((await app.use(held.token)).status).toBe(200);
  renameSync(file, `${file}.away`);
  await untilDown(app);
  expect((await app.use(held.token)).status).toBe(503);
  renameSync(`${file}.away`, file);
  await waitUntil('it accepts keys again', async () => (await app.use(held.token)).status === 200);
  await expectRevocable(app, revoked);
});

it('P5: a backup that is written into the file under a running process takes no revocation back that it knows of', async () => {
  const first = await start();
  const [revoked, good] = [await makeKey(first), await makeKey(first)];
  const backup = await backedUp(first);
  const app = await start();
  expect((await app.use(revoked.token)).status).toBe(200);
  const answer = await app.manage('POST', `/keys/${revoked.id}/revoke`);
  expect([200, 202]).toContain(answer.status);
  await pause(effectiveByOf(answer) - Date.now());
  writeFileSync(file, readFileSync(backup));
  for (let round = 0; round < 30; round += 1) {
    expect((await app.use(revoked.token)).status).not.toBe(200);
    await app.use(good.token);
    await pause(100);
  }
});
