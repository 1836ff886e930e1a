import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { startOrders, type OrdersProcess } from '../harness/start-orders.js';
import { findServerProgram } from '../servers/install-servers.cjs';

jest.setTimeout(120_000);

let database: OwnDatabase;
const folder = mkdtempSync(join(tmpdir(), 'disk-waits-'));
let orders: OrdersProcess;

beforeAll(async () => {
  database = await makeOwnDatabase('SQLite');
  orders = await startOrders({ DATABASE_URL: database.url });
});
afterAll(async () => {
  await orders.stop();
  await database.remove();
  rmSync(folder, { recursive: true });
});

let traced = 0;

/** How often the process waits for the disk meanwhile. */
async function countDiskWaits(work: () => Promise<unknown>): Promise<number> {
  const file = join(folder, `calls-${(traced += 1)}`);
  const options = ['-f', '-e', 'trace=fsync,fdatasync,sync_file_range', '-o', file];
  const strace = spawn(findServerProgram('strace'), [...options, '-p', String(orders.pid)]);
  // It says so for each thread, when it is attached to all of them.
  await once(strace.stderr, 'data');
  await sleep(300);
  await work();
  const ended = once(strace, 'exit');
  strace.kill('SIGINT');
  await ended;
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => /\b(fsync|fdatasync|sync_file_range)\(/.test(line)).length;
}

it('waits for the disk for what is promised, and neither for beats nor for counts and refusals', async () => {
  const created = await orders.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] });
  const { key, id } = created.body as { key: string; id: string };
  expect((await orders.use(key)).status).toBe(200);

  const idle = await countDiskWaits(async () => {
    for (let round = 0; round < 30; round += 1) {
      expect((await orders.use(key)).status).toBe(200);
      expect((await orders.use(key, 'POST')).code).toBe('insufficient_scope');
      const unknown = `acme_live_${String(round).padStart(16, '0')}`;
      expect((await orders.use(unknown)).status).toBe(401);
      // Several beats, and what the process has counted is written in between.
      await sleep(200);
    }
  });
  expect(idle).toBe(0);

  const revoking = await countDiskWaits(async () => {
    expect((await orders.manage('POST', `/keys/${id}/revoke`, {})).status).toBe(200);
    expect((await orders.use(key)).status).toBe(401);
  });
  expect(revoking).toBeGreaterThan(0);
});
