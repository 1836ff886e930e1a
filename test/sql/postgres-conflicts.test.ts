import pg from 'pg';
import type { CreditBalance } from '../../lib/domain/credits.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { createSampleKey, insert, sampleTime } from '../../lib/store/sample-keys.js';
import { createDatabase } from '../servers/postgres.cjs';

jest.setTimeout(90_000);

const logger = { warn: () => undefined, error: () => undefined };
let database: Awaited<ReturnType<typeof createDatabase>>;
let opened: KeyStore[];

beforeEach(async () => {
  opened = [];
  database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
});

afterEach(async () => {
  for (const store of opened) await store.close();
  await database.drop();
});

async function openStore(): Promise<KeyStore> {
  const store = postgresStore({ connection: database.url, logger });
  opened.push(store);
  await store.open();
  return store;
}

async function run(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** Some servers find conflicts when a transaction commits; a constraint that is checked then does so on all. */
it('a change whose commit is refused once is made again as a whole', async () => {
  const store = await openStore();
  await run(`
    create sequence commits;
    create function refuse_once() returns trigger language plpgsql as $$
      begin
        if nextval('public.commits') = 1 then raise exception 'refused' using errcode = 'serialization_failure'; end if;
        return null;
      end $$;
    create constraint trigger refusal after insert on api_keys.keys deferrable initially deferred
      for each row execute function public.refuse_once()`);
  await insert(store, createSampleKey({ id: 'key' }));
  expect((await store.find('key'))?.id).toBe('key');
  expect((await store.listEvents({ limit: 9 })).length).toBe(1);
});

it.each(['repeatable read', 'serializable'])(
  'credits are spent exactly, and nobody is answered 503, where the default isolation is %s',
  async (isolation) => {
    const name = new URL(database.url).pathname.slice(1);
    await run(`alter database ${name} set default_transaction_isolation = '${isolation}'`);
    const stores = [await openStore(), await openStore()];
    const credits: CreditBalance = {
      ...{ remaining: 100, refillAmount: null, refillIntervalSeconds: null, refilledAt: sampleTime },
    };
    await insert(stores[0]!, createSampleKey({ id: 'key', hasCredits: true, credits }));
    const payments = await Promise.all(
      Array.from({ length: 150 }, (_, index) =>
        stores[index % 2]!.credits.spend({ keyId: 'key', above: [], shared: null }, 1, sampleTime),
      ),
    );
    expect(payments.filter(({ isPaid }) => isPaid).length).toBe(100);
  },
);
