import type { KeyStore } from '../../lib/ports/key-store.js';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { sqliteStore } from '../../lib/sql/sqlite/sqlite-store.js';
import { makeOwnDatabase, type OwnDatabase } from './own-database.js';

const logger = { warn: () => undefined, error: () => undefined };

/** A store that is open, on a database that is used by nothing else; what it logs is not shown. */
export interface OwnStore {
  readonly database: OwnDatabase;
  readonly store: KeyStore;
  /** Closes the store and removes the database. */
  remove(): Promise<void>;
}

export async function openOwnStore(kind: 'PostgreSQL' | 'SQLite'): Promise<OwnStore> {
  const database = await makeOwnDatabase(kind);
  const store =
    kind === 'PostgreSQL'
      ? postgresStore({ connection: database.url, logger })
      : sqliteStore({ file: database.url.slice('file:'.length), logger });
  await store.open();
  return {
    database,
    store,
    async remove() {
      await store.close();
      await database.remove();
    },
  };
}
