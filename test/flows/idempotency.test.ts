import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeEffective } from '../harness/make-effective.js';
import type { OrdersProcess } from '../harness/start-orders.js';
import { startOrders } from '../harness/start-orders.js';
import { createDatabase } from '../servers/postgres.cjs';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';

jest.setTimeout(180_000);

type Answer = Awaited<ReturnType<OrdersProcess['manage']>>;

const body = { name: 'CI', scopes: ['orders:read'] };
const create = (on: OrdersProcess, name: string): Promise<Answer> =>
  on.manage('POST', '/keys', body, { 'Idempotency-Key': name });

/** As clients do: on the answer that the request is in progress, or on a broken connection, it is sent again. */
async function insist(send: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    const answer = await send();
    if (answer.code !== 'request_in_progress' && answer.status !== 503) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const keysOf = async (on: OrdersProcess): Promise<readonly { id: string }[]> =>
  (await on.manage('GET', '/keys?limit=100')).body['items'] as { id: string }[];

describe.each(['PostgreSQL', 'SQLite'] as const)('an Idempotency-Key over two processes on %s', (kind) => {
  let url: string;
  let cleanUp: () => Promise<void>;
  let processes: OrdersProcess[];

  beforeEach(async () => {
    if (kind === 'PostgreSQL') {
      const database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
      cleanUp = () => database.drop();
      url = database.url;
    } else {
      const folder = await mkdtemp(join(tmpdir(), 'idempotency-'));
      cleanUp = () => rm(folder, { recursive: true });
      url = `file:${join(folder, 'keys.sqlite')}`;
    }
    processes = await Promise.all([startOrders({ DATABASE_URL: url }), startOrders({ DATABASE_URL: url })]);
  });
  afterEach(async () => {
    await Promise.all(processes.filter((each) => !each.hasEnded()).map((each) => each.stop()));
    await cleanUp();
  });

  it('R62 makes one key of 100 parallel requests, and shows its secret once', async () => {
    const [one, two] = processes as [OrdersProcess, OrdersProcess];
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        insist(() => create(index % 2 === 0 ? one : two, '"parallel"')),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ body: shown }) => shown['id'])).size).toBe(1);
    expect(answers.filter(({ body: shown }) => shown['key'] !== undefined)).toHaveLength(1);
    expect(await keysOf(one)).toHaveLength(1);
  });

  it('R62 rotates once for 30 parallel requests', async () => {
    const [one, two] = processes as [OrdersProcess, OrdersProcess];
    const made = await insist(() => create(one, 'made'));
    expect(made.status).toBe(201);
    const path = `/keys/${String(made.body['id'])}/rotate`;
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        insist(() =>
          (index % 2 === 0 ? one : two).manage(
            'POST',
            path,
            {},
            {
              'Idempotency-Key': 'rotated',
              'If-Match': '"1"',
            },
          ),
        ),
      ),
    );
    // 202 when the other process was too busy to answer in time.
    expect(answers.filter(({ status }) => status !== 200 && status !== 202)).toEqual([]);
    const secrets = answers.flatMap(({ body: shown }) =>
      typeof shown['key'] === 'string' ? [shown['key']] : [],
    );
    expect(secrets).toHaveLength(1);
    expect(answers.every(({ body: shown }) => shown['version'] === 2)).toBe(true);
    expect((await makeEffective(() => two.use(secrets[0] ?? ''))).status).toBe(200);
  });
});

describe('an Idempotency-Key and kill -9', () => {
  it('R62 is committed with its key or not at all: who repeats the request gets one key, whenever the process died', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'idempotency-'));
    const file = join(folder, 'keys.sqlite');
    const names: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      const app = await startOrders({ DATABASE_URL: `file:${file}` });
      const before = names.length;
      names.push(...Array.from({ length: 8 }, (_, index) => `round-${round}-${index}`));
      const sending = names.slice(before).map((name) => create(app, name).catch(() => null));
      // While hashes are made and keys inserted, a little later each time.
      await new Promise((resolve) => setTimeout(resolve, 30 + 40 * round));
      await app.kill();
      await Promise.all(sending);
    }
    const last = await startOrders({ DATABASE_URL: `file:${file}` });
    const answers: Answer[] = [];
    for (const name of names) answers.push(await insist(() => create(last, name)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    const ids = answers.map(({ body: shown }) => String(shown['id']));
    expect(new Set(ids).size).toBe(names.length);
    expect(
      (await keysOf(last))
        .map(({ id }) => id)
        .sort()
        .join(),
    ).toBe([...ids].sort().join());
    await last.stop();

    const store = sqliteStore({ file });
    await store.open();
    for (const [index, name] of names.entries()) {
      const claim = createHash('sha256')
        .update(JSON.stringify(['list', 'default', ['list', 'owner', 'alice'], 'create', null, name]))
        .digest('base64url');
      expect(await store.claims.find(claim)).toMatchObject({ keyId: ids[index] });
    }
    await store.close();
    await rm(folder, { recursive: true });
  });
});
