import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';

jest.setTimeout(120_000);

const logger = { warn: () => {}, error: () => {} };

describe.each(['PostgreSQL', 'SQLite'] as const)('on %s, while changes that revoke never end', (kind) => {
  let database: OwnDatabase;
  let store: KeyStore;
  let isOn = true;
  let ended = 0;
  let flood: Promise<unknown>;

  beforeEach(async () => {
    database = await makeOwnDatabase(kind);
    store =
      kind === 'SQLite'
        ? sqliteStore({ file: database.url.slice('file:'.length), logger })
        : postgresStore({ connection: database.url, logger });
    await store.open();
    isOn = true;
    ended = 0;
    const caller = async (): Promise<void> => {
      while (isOn) {
        const change = store.transact(() => Promise.resolve(), { lane: 'taking', share: 'owner alice' });
        const isMade = await change.then(
          () => true,
          () => false,
        );
        // Changes whose time is over are refused together, and are no turn of anybody.
        if (isMade) ended += 1;
        else await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    flood = Promise.all(Array.from({ length: 200 }, caller));
    while (ended < 20) await new Promise((resolve) => setTimeout(resolve, 5));
  });
  afterEach(async () => {
    isOn = false;
    await flood;
    await store.close();
    await database.remove();
  });

  it('a change that grants something has its turn after some of them', async () => {
    for (let change = 0; change < 5; change += 1) {
      let before = ended;
      await makeEffective(async () => {
        before = ended;
        await store.transact(() => Promise.resolve(), { lane: 'giving', share: 'owner bob' });
        return {};
      });
      expect(ended - before).toBeLessThan(40);
    }
  });
});
