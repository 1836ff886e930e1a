import type { KeyUsage } from '../../lib/index.js';
import { makeEffective } from '../harness/make-effective.js';
import { startOrders, type OrdersProcess } from '../harness/start-orders.js';
import { createDatabase } from '../servers/postgres.cjs';

jest.setTimeout(180_000);

let database: Awaited<ReturnType<typeof createDatabase>>;
let one: OrdersProcess;
let two: OrdersProcess;

beforeAll(async () => {
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
  const environment = { DATABASE_URL: database.url };
  [one, two] = await Promise.all([startOrders(environment), startOrders(environment)]);
});
afterAll(async () => {
  await Promise.all([one.stop(), two.stop()]);
  await database.drop();
});

interface Usage extends Omit<KeyUsage, 'from' | 'to' | 'items' | 'lastUsedAt'> {
  readonly from: string;
  readonly to: string;
  readonly items: readonly { readonly start: string; readonly counts: Record<string, number> }[];
  readonly lastUsedAt: string | null;
}

async function makeKey(): Promise<{ id: string; key: string }> {
  const input = { name: 'k', scopes: ['orders:read'] };
  const { status, body } = await makeEffective(() => one.manage('POST', '/keys', input));
  expect(status).toBe(201);
  return body as { id: string; key: string };
}

const usageOf = async (id: string, query = ''): Promise<Usage> =>
  (await two.manage('GET', `/keys/${id}/usage${query}`)).body as unknown as Usage;

/** All counts of an answer, whatever the hour was. */
function sumOf({ items }: Usage): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { counts } of items) {
    for (const [verdict, count] of Object.entries(counts)) sums[verdict] = (sums[verdict] ?? 0) + count;
  }
  return sums;
}

/** Uses are written in the background, so the test asks until they are there. */
async function eventually(id: string, expected: Record<string, number>): Promise<Usage> {
  const until = performance.now() + 60_000;
  for (;;) {
    const usage = await usageOf(id);
    // The time of the last use is read before the counts: the next answer has both.
    if (JSON.stringify(sumOf(usage)) === JSON.stringify(expected)) return usageOf(id);
    if (performance.now() > until) {
      expect(sumOf(usage)).toEqual(expected);
      return usage;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

describe('the use of a key over two processes', () => {
  it('is counted by verdict, with the time and the address of the last one', async () => {
    const { id, key } = await makeKey();
    expect(await usageOf(id)).toMatchObject({ items: [], lastUsedAt: null, lastUsedAddress: null });
    const startedAt = Date.now();
    for (const process of [one, two]) {
      for (let times = 0; times < 7; times += 1) expect((await process.use(key)).status).toBe(200);
      for (let times = 0; times < 2; times += 1) expect((await process.use(key, 'POST')).status).toBe(403);
    }
    await makeEffective(() => one.manage('PATCH', `/keys/${id}`, { enabled: false }));
    expect((await two.use(key)).code).toBe('key_disabled');
    // A wrong secret is not a use.
    const wrong = key.slice(0, 30) + (key[30] === 'x' ? 'y' : 'x') + key.slice(31);
    expect((await two.use(wrong)).code).toBe('invalid_token');

    const usage = await eventually(id, { allowed: 14, insufficient_scope: 4, key_disabled: 1 });
    expect(Object.keys(usage)).toEqual(['from', 'to', 'items', 'lastUsedAt', 'lastUsedAddress']);
    expect(usage.lastUsedAddress).toBe('127.0.0.1');
    expect(Date.parse(usage.lastUsedAt ?? '')).toBeGreaterThanOrEqual(startedAt);
    expect(usage.items[0]?.start).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/);
    const shown = (await one.manage('GET', `/keys/${id}`)).body;
    expect(shown).toMatchObject({ useCount: 14, lastUsedAddress: '127.0.0.1', lastUsedAt: usage.lastUsedAt });

    const byDay = await usageOf(id, '?by=day');
    expect(byDay.items.every(({ start }) => start.endsWith('T00:00:00.000Z'))).toBe(true);
    expect(sumOf(byDay)).toEqual(sumOf(usage));
    expect((await usageOf(id, '?to=2020-01-01T00:00:00Z')).items).toEqual([]);
    expect((await usageOf(id, '?from=2020-01-01T00:00:00Z')).items).toEqual(usage.items);
    expect((await usageOf(id, '?from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z')).items).toEqual([]);
  });

  it('is shown with the time that was looked at, which is less than was asked for where that was too long', async () => {
    const { id } = await makeKey();
    const to = 'to=2026-03-01T00:30:00Z';
    const timeOf = async (query: string): Promise<readonly string[]> => {
      const { from, to: end } = await usageOf(id, query);
      expect(end).toBe('2026-03-01T00:30:00.000Z');
      return [from];
    };
    expect(await timeOf(`?${to}`)).toEqual(['2026-02-28T01:00:00.000Z']);
    expect(await timeOf(`?by=hour&from=2026-01-01T00:00:00Z&${to}`)).toEqual(['2026-01-29T01:00:00.000Z']);
    expect(await timeOf(`?by=hour&from=2026-02-10T10:10:00Z&${to}`)).toEqual(['2026-02-10T10:00:00.000Z']);
    expect(await timeOf(`?by=day&from=2025-01-01T00:00:00Z&${to}`)).toEqual(['2025-12-02T00:00:00.000Z']);
    expect((await usageOf(id, '?to=1900-01-01T00:00:00Z')).to).toBe('1970-01-01T00:00:00.000Z');
  });

  it.each(['?by=week', '?by=', '?from=yesterday', '?to=1', '?since=2020-01-01T00:00:00Z'])(
    'is not shown for %s',
    async (query) => {
      const { id } = await makeKey();
      const { status, body } = await two.manage('GET', `/keys/${id}/usage${query}`);
      expect([status, body['code']]).toEqual([400, 'invalid_request']);
    },
  );

  it('is known of a first use at once, and loses no more than one interval to a kill', async () => {
    const { id, key } = await makeKey();
    const victim = await startOrders({ DATABASE_URL: database.url });
    expect((await victim.use(key)).status).toBe(200);
    const first = await eventually(id, { allowed: 1 });
    expect(first.lastUsedAt).not.toBeNull();
    for (let times = 0; times < 10; times += 1) await victim.use(key);
    await eventually(id, { allowed: 11 });
    for (let times = 0; times < 5; times += 1) await victim.use(key);
    await victim.kill();
    // The five of the last interval may be lost; what was written before is there.
    expect(sumOf(await usageOf(id))['allowed']).toBeGreaterThanOrEqual(11);
  });
});
