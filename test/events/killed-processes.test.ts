import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { createSampleKey, insert, update } from '../../lib/store/sample-keys.js';
import type { KeyStore } from '../../lib/store/index.js';
import { buildCopy, type BuiltCopy } from '../harness/built-copy.js';
import { createInstance, testPepper } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { isWholeRun } from '../harness/test-tier.js';
import { theApp } from '../harness/the-app.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { isSignedWith, receiveWebhooks, type WebhookReceiver } from './webhook-receiver.js';

jest.setTimeout(900_000);

const keys = 40;
const versions = isWholeRun ? 250 : 75;
const kills = isWholeRun ? 12 : 5;
/** The share of events that the endpoint does not take when they come for the first time. */
const refusedShare = isWholeRun ? 0.005 : 0.01;

let copy: BuiltCopy;
beforeAll(() => {
  copy = buildCopy([], join('test', 'harness', 'events-process'));
});
afterAll(() => copy.remove());

let database: OwnDatabase;
let receiver: WebhookReceiver;
const running = new Set<ChildProcess>();
afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
  await receiver.close();
  await database.remove();
});

async function startProcess(): Promise<ChildProcess> {
  const child = fork(copy.ordersProgram, {
    execArgv: [],
    env: { PATH: process.env['PATH'], API_KEYS_PEPPER: testPepper, DATABASE_URL: database.url },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  running.add(child);
  await once(child, 'message');
  return child;
}

async function killOne(): Promise<void> {
  const [child] = running;
  if (child === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  running.delete(child);
  await ended;
}

/** Changes keys by turns, each change in a transaction of its own. */
async function makeChanges(store: KeyStore): Promise<void> {
  for (let version = 1; version <= versions; version += 1) {
    for (let number = 0; number < keys; number += 1) {
      const key = createSampleKey({ id: `key${number}`, version });
      await (version === 1 ? insert(store, key) : update(store, key));
    }
  }
}

describe.each(['SQLite', 'PostgreSQL'] as const)('webhooks from processes that are killed, on %s', (kind) => {
  it('lose no event, and keep the order of each key', async () => {
    database = await makeOwnDatabase(kind);
    receiver = await receiveWebhooks();
    const taken = new Map<string, number[]>();
    const seen = new Set<string>();
    receiver.answer = ({ id, event }, response) => {
      const isRefused = !seen.has(id) && Math.random() < refusedShare;
      seen.add(id);
      if (isRefused) return void response.writeHead(503).end();
      const { keyId, sequence } = event.data;
      const ofKey = taken.get(String(keyId)) ?? [];
      if (!ofKey.includes(Number(sequence))) taken.set(String(keyId), [...ofKey, Number(sequence)]);
      response.writeHead(204).end();
    };
    const admin = createInstance({
      ...{
        database: database.url,
        events: { webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true } },
      },
      ...{ clock: { now: () => Date.now() } },
    });
    const { secret } = await admin.apiKeys.webhooks.as(theApp).create({ url: receiver.url });
    await admin.apiKeys.close();

    const store =
      kind === 'SQLite'
        ? sqliteStore({ file: database.url.slice('file:'.length), deadlineMs: 20_000 })
        : postgresStore({ connection: database.url, deadlineMs: 20_000, logger: console });
    await store.open();
    try {
      await Promise.all([startProcess(), startProcess()]);
      const making = makeChanges(store);
      for (let killed = 0; killed < kills; killed += 1) {
        await sleep(500 + Math.random() * 3_000);
        await killOne();
        await startProcess();
      }
      await making;
      const countTaken = (): number => [...taken.values()].reduce((sum, ofKey) => sum + ofKey.length, 0);
      await waitUntil('every event was taken', () => countTaken() === keys * versions, 600_000);
      await waitUntil(
        'nothing is waiting',
        async () =>
          (await store.events.listQueues()).every(
            ({ hasWaiting, cursor, head }) => !hasWaiting && cursor === head,
          ),
        60_000,
      );
    } finally {
      await store.close();
    }
    for (const ofKey of taken.values()) {
      expect(ofKey.length).toBe(versions);
      expect(ofKey).toEqual(ofKey.toSorted((one, other) => one - other));
    }
    // The latest ones, because a receiver takes no message that is older than five minutes.
    expect(receiver.requests.slice(-100).every((request) => isSignedWith(secret, request))).toBe(true);
    // Some were delivered twice at most: those that were in progress when a process was killed, and what was not taken.
    expect(receiver.requests.length).toBeLessThan(2 * keys * versions);
  });

  it('go on in another process at once when one ends properly', async () => {
    database = await makeOwnDatabase(kind);
    receiver = await receiveWebhooks();
    const admin = createInstance({
      ...{
        database: database.url,
        events: { webhooks: { allowInsecureHttp: true, allowPrivateNetworks: true } },
      },
      ...{ clock: { now: () => Date.now() } },
    });
    await admin.apiKeys.webhooks.as(theApp).create({ url: receiver.url });
    await admin.apiKeys.close();
    const maker = createInstance({ database: database.url });
    await maker.apiKeys.ready();
    try {
      for (let turn = 1; turn <= 3; turn += 1) {
        const child = await startProcess();
        await maker.key();
        await waitUntil('it has come', () => receiver.requests.length === turn, 30_000);
        const ended = once(child, 'exit');
        child.send('stop');
        expect(await ended).toEqual([0, null]);
        running.delete(child);
      }
    } finally {
      await maker.apiKeys.close();
    }
  });
});
