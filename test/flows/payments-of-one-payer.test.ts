import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import pg from 'pg';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';

jest.setTimeout(120_000);

const atOnce = 300;
const plans = { prepaid: { credits: { amount: 3 } }, free: {} };

let database: OwnDatabase;
let pool: pg.Pool;
let server: Server;
let instances: TestInstance[];

beforeEach(async () => {
  database = await makeOwnDatabase('PostgreSQL');
  pool = new pg.Pool({ connectionString: database.url, max: 3 });
  // The database is dropped under connections that are just closing.
  pool.on('error', () => undefined);
  const options = { plans, defaultPlan: 'free', clock: undefined } as const;
  instances = [
    createInstance({ database: pool, ...options }),
    createInstance({ database: database.url, ...options }),
  ];
  for (const { apiKeys } of instances) await apiKeys.ready();
  const app = express();
  const [own] = instances;
  app.get('/', own?.apiKeys.requireApiKey('orders:read') ?? [], (_req, res) => void res.end());
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  server.closeAllConnections();
  for (const { apiKeys } of instances) await apiKeys.close();
  await pool.end();
  await database.remove();
});

async function use(token: string): Promise<number> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const { status, body } = await fetch(url, { headers: { 'X-API-Key': token } });
  await body?.cancel();
  return status;
}

it('an owner without credits that sends hundreds of requests at once delays no other owner', async () => {
  const [, other] = instances;
  if (other === undefined) throw new Error('no other process');
  await other.apiKeys.owners.as({ kind: 'application' }).set({ ownerId: 'alice', plan: 'prepaid' });
  const alices = await other.key();
  const bobs = [];
  while (bobs.length < 9) bobs.push(await other.key({ ownerId: 'bob' }));
  for (let paid = 0; paid < 3; paid += 1) expect(await use(alices.token)).toBe(200);
  expect(await use(alices.token)).toBe(429);

  let isOn = true;
  let answered = 0;
  const statuses = new Set<number>();
  const flood = Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (isOn) {
        statuses.add(await use(alices.token));
        answered += 1;
      }
    }),
  );
  while (answered < atOnce) await new Promise((resolve) => setTimeout(resolve, 10));
  const before: number[] = [];
  for (const { token } of bobs) {
    const answeredBefore = answered;
    // It is not cached in this process, so it is read.
    expect(await use(token)).toBe(200);
    before.push(answered - answeredBefore);
  }
  isOn = false;
  await flood;
  // Behind all of them it would come after as many. A machine that stands still holds up one or two of them.
  expect(before.toSorted((a, b) => a - b)[4]).toBeLessThan(atOnce / 2);
  expect([...statuses].filter((status) => status !== 429 && status !== 503)).toEqual([]);
});
