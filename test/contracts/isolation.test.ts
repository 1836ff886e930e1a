import pg from 'pg';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { describeKeyStore } from '../../lib/store/index.js';
import { createDatabase } from '../servers/postgres.cjs';

jest.setTimeout(90_000);

describe('with a PostgreSQL database whose default isolation is serializable', () => {
  let database: Awaited<ReturnType<typeof createDatabase>>;
  let stores = 0;

  beforeAll(async () => {
    database = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    await run(
      `alter database ${new URL(database.url).pathname.slice(1)} set default_transaction_isolation = 'serializable'`,
    );
  });

  afterAll(() => database.drop());

  // Statements that have waited for a row are rolled back there, which is the stricter default of the two that do so.
  describeKeyStore('postgresStore', async () => {
    const schema = `contract_${(stores += 1)}`;
    const make = () => postgresStore({ connection: database.url, schema, logger: console });
    return { store: make(), another: make, cleanUp: () => run(`drop schema if exists ${schema} cascade`) };
  });

  async function run(statement: string): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(statement);
    await client.end();
  }
});
