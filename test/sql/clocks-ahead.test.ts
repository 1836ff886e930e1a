import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../lib/ports/clock.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import {
  basic,
  startTokenApp,
  type MadeKey,
  type TokenApp,
  type TokenAppOptions,
} from '../tokens/token-app.js';

jest.setTimeout(90_000);

const hourMs = 3_600_000;
const issuer = 'https://api.acme.example';

let database: OwnDatabase;
let apps: TokenApp[];

beforeEach(async () => {
  database = await makeOwnDatabase('PostgreSQL');
  apps = [];
});
afterEach(async () => {
  for (const app of apps) await app.close();
  await database.remove();
});

/** A process whose clock is ahead of the real time, which is that of the database. */
async function start(aheadMs: number, options: TokenAppOptions = {}): Promise<TokenApp> {
  const clock: Clock = { now: () => Date.now() + aheadMs };
  const app = await startTokenApp({ database: database.url, clock, tokens: { issuer }, ...options });
  apps.push(app);
  return app;
}

async function readStored<T>(read: (store: KeyStore) => Promise<T>): Promise<T> {
  const store = postgresStore({ connection: database.url, logger: { warn() {}, error() {} } });
  await store.open();
  try {
    return await read(store);
  } finally {
    await store.close();
  }
}

/** Waits for a whole run of housekeeping, which begins two seconds after the start: what has expired by any clock is gone then. */
function waitForHousekeeping({ id: keyId }: MadeKey): Promise<void> {
  return readStored(async ({ tokens: { refreshGrants } }) => {
    const ended = { keyId, credentialId: 'credential', scopes: [], session: '', digest: 'digest' };
    await refreshGrants.add({ ...ended, id: 'markmarkmarkmark', expiresAt: Date.now() - 1000 });
    while ((await refreshGrants.find('markmarkmarkmark')) !== null) await pause(50);
    await pause(1000);
  });
}

describe('a process whose clock is ahead', () => {
  it('leaves the revocations of tokens that others would still accept', async () => {
    const right = await start(0);
    const key = await right.key();
    const token = await right.token(key);
    expect((await right.post('/revoke', { token }, basic(key.id, key.secret))).status).toBe(200);
    expect((await right.use(token)).status).toBe(401);
    await start(72 * hourMs);
    await waitForHousekeeping(key);
    const later = await start(0);
    expect((await later.use(token)).status).toBe(401);
  });

  it('revokes a token that it takes for an expired one', async () => {
    const [right, ahead] = [await start(0), await start(72 * hourMs)];
    const key = await right.key();
    const token = await right.token(key);
    expect((await right.use(token)).status).toBe(200);
    expect((await ahead.post('/revoke', { token }, basic(key.id, key.secret))).status).toBe(200);
    expect((await right.use(token)).status).toBe(401);
  });

  it('removes no key whose end lies ahead for others', async () => {
    const right = await start(0);
    const key = await right.key({ expiresAt: new Date(Date.now() + hourMs) });
    await start(400 * 24 * hourMs, { retention: { endedKeysDays: 1 } });
    await waitForHousekeeping(key);
    expect((await right.apiKeys.keys.as(theApp).get({ id: key.id }))?.state).toBe('active');
  });

  it('does not move the interval of credits to a time that lies ahead for others', async () => {
    const [right, ahead] = [await start(0), await start(400 * 24 * hourMs)];
    const credits = { remaining: 5, refillAmount: 5, refillIntervalSeconds: 60 };
    const key = await right.key({ credits });
    expect((await ahead.use(key.token)).status).toBe(200);
    const left = await readStored((store) => store.find(key.id));
    expect(left?.credits?.remaining).toBe(4);
    expect(left?.credits?.refilledAt).toBeLessThanOrEqual(Date.now());
  });
});
