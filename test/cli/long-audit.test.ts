import { createSealingStoreProxy } from '../../lib/audit/sealing-store-proxy.js';
import type { TrailReport } from '../../lib/audit/trail-report.js';
import type { Terminal } from '../../lib/cli/terminal.js';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { createSampleEvent, createSampleKey } from '../../lib/store/sample-keys.js';
import { root, startAdminApp } from '../admin/admin-app.js';
import { createTestSealer } from '../audit/long-trail.js';
import { createInstance } from '../harness/instance.js';
import { anyModule, runHere } from './run-here.js';

jest.setTimeout(180_000);

const count = 20_050;
/** That of `startAdminApp`. */
const appPepper = 'a pepper for tests with at least 32 bytes';
let store: KeyStore;

async function makeStore(entries: number, ...peppers: readonly string[]): Promise<KeyStore> {
  const made = memoryStore();
  const sealed = createSealingStoreProxy(made, createTestSealer(...peppers));
  const record = createSampleKey({ id: 'filler0000000001' });
  const event = createSampleEvent(record, { action: 'key.carried' });
  await sealed.transact((transaction) => transaction.insert(record, createSampleEvent(record)));
  for (let added = 1; added < entries; added += 401) {
    await sealed.transact(async (transaction) => {
      for (let index = 0; index < 401 && added + index < entries; index += 1)
        await transaction.carry(record, event);
    });
  }
  return made;
}

beforeAll(async () => {
  store = await makeStore(count);
});

it('a request verifies as many entries as it asks for, and says how to go on', async () => {
  const app = await startAdminApp({ store: await makeStore(count, appPepper) });
  const first = (await app.as(root).get('/audit/verify?maxEntries=10000').expect(200)).body as TrailReport;
  expect(first).toMatchObject({ valid: true, entries: 10_000, remaining: count - 10_000, anchor: null });
  const second = await app.as(root).get(`/audit/verify?maxEntries=100000&resume=${first.resume}`).expect(200);
  expect(second.body).toMatchObject({ valid: true, entries: count, remaining: 0, resume: null });
  await app.close();
});

const run = (args: readonly string[], terminal: Partial<Terminal> = {}, on = store) =>
  runHere(['audit', '--app', anyModule, ...args], {
    ...{ exports: { apiKeys: createInstance({ store: on }).apiKeys }, terminal },
  });

it('R73 a command shows how far it is, and Ctrl-C leaves what the next one goes on with', async () => {
  const shown: string[] = [];
  let interrupt: () => void = () => undefined;
  const stopped = await run(['--verify'], {
    isWatched: true,
    showStatus: (text) => {
      shown.push(text);
      interrupt();
    },
    onInterrupt: (listener) => {
      interrupt = listener;
      return () => undefined;
    },
  });
  expect(shown).toEqual([`10000 entries and 0 keys verified, ${count - 10_000} entries left, 49 %`]);
  expect(stopped).toMatchObject({ code: 130, err: expect.stringContaining('50 entries are left') });
  const rest = await run(['--verify', '--resume', stopped.out], { showStatus: (text) => shown.push(text) });
  expect(rest).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`^${count}\\.`)) });
  // Nobody looks at it.
  expect(shown).toHaveLength(1);
});

it('an export that breaks off says how to go on', async () => {
  const short = await makeStore(1_203);
  const shown: string[] = [];
  let printed = 0;
  const terminal: Partial<Terminal> = {
    isWatched: true,
    showStatus: (text) => shown.push(text),
    print: () => {
      printed += 1;
      // A status is shown from time to time.
      if (printed === 300) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_100);
      if (printed > 700) throw new Error('The disk is full');
    },
  };
  const broken = await run(['--all'], terminal, short);
  expect(broken.err).toContain('--after-sequence 700');
  expect(shown[0]).toMatch(/^\d+ entries exported, up to number \d+$/);
  const rest = await run(['--all', '--after-sequence', '700'], {}, short);
  expect(rest.out.split('\n')).toHaveLength(503);
});
