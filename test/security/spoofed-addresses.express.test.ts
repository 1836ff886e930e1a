import request from 'supertest';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import { alice, makeKey, startAdminApp, type AdminApp } from '../admin/admin-app.js';

const claimed = '203.0.113.9';
const throwing = (): never => {
  throw new Error('odd');
};

interface WrittenDown {
  readonly statuses: readonly number[];
  /** Every address in the trail, the access log and the key itself. */
  readonly addresses: ReadonlySet<string | null>;
  readonly logged: string;
}

/** One change, one use and one refusal of each side, all of them with an address that the caller claims. */
async function act(trustProxy: unknown, forwarded: string = claimed): Promise<WrittenDown> {
  const store = memoryStore();
  const app: AdminApp = await startAdminApp({
    store,
    configure: (parent) => void parent.set('trust proxy', trustProxy),
  });
  const from = { 'X-Forwarded-For': forwarded };
  const { id, key } = await makeKey(app, alice);
  const answers = [
    await app.as(alice).patch(`/keys/${id}`).set(from).send({ name: 'renamed' }),
    await request(app.server).get('/orders').set(from).set('X-Api-Key', key),
    await request(app.server).get('/orders').set(from).set('X-Api-Key', 'nonsense'),
    await app.as(null).get('/keys').set(from),
  ];
  await app.close();
  const used = await store.find(id);
  const events = await store.listEvents({ limit: 10 });
  const refusals = await store.accessLog.list({ limit: 10 });
  const changes = events.filter(({ action }) => action !== 'key.created');
  expect([changes.length, refusals.length]).toEqual([1, 2]);
  return {
    statuses: answers.map(({ status }) => status),
    addresses: new Set([
      ...[...changes, ...refusals].map(({ address }) => address),
      used?.lastUsedAddress ?? null,
    ]),
    logged: app.logged.join('\n'),
  };
}

describe('an address that a caller claims', () => {
  it("is written down nowhere while 'trust proxy' is true", async () => {
    const { statuses, addresses } = await act(true);
    expect(statuses).toEqual([200, 200, 401, 401]);
    expect([...addresses]).toEqual([null]);
  });

  it('is recorded everywhere when a trusted proxy reports it', async () => {
    const { statuses, addresses } = await act(1);
    expect(statuses).toEqual([200, 200, 401, 401]);
    expect([...addresses]).toEqual([claimed]);
  });

  it.each([`${'x'.repeat(6_000)}`, `${'x'.repeat(6_000)}, unknown`, '203.0.113.9:'])(
    'is none when it is not an address',
    async (odd) => {
      expect([...(await act(1, odd)).addresses]).toEqual([null]);
    },
  );

  it("keeps nobody out who needs none when a 'trust proxy' function throws", async () => {
    const { statuses, addresses } = await act(throwing);
    expect(statuses).toEqual([200, 200, 401, 401]);
    expect([...addresses]).toEqual([null]);
  });
});
