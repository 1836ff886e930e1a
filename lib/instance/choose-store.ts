import * as nodePath from 'node:path';
import { parseFileUrl } from './parse-file-url.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import type { DatabaseInspector } from '../ports/database-inspector.js';
import type { KeyStore } from '../ports/key-store.js';
import { PoolLosses } from '../sql/postgres/pool-losses.js';
import { checkPostgresPlace } from '../sql/postgres/check-postgres-place.js';
import { defaultSchema } from '../sql/postgres/default-schema.js';
import { createLateInspector } from './late-inspector.js';
import { LateStore } from './late-store.js';
import { describeStartError } from './to-start-error.js';

/** The database when none is configured. */
export const defaultDatabase = 'file:.api-keys/keys.sqlite';

/** The store of an instance, and the file that stores its pepper if none is given. */
export interface ChosenStore {
  /** The store of the app, or one whose code is loaded at the start. */
  readonly store: KeyStore | LateStore;
  readonly pepperFile: string;
  /** For a pool of the app; the store listens to its own. */
  readonly poolLosses: PoolLosses | null;
  /** Looks at the database for the program; opens nothing by itself. `null` for a store of the app. */
  readonly inspector: DatabaseInspector | null;
}

/**
 * Chooses the store by the options. Nothing is opened yet, and no code of a database is loaded.
 *
 * @throws InvalidOptionError when `database` is a PostgreSQL URL or a file that cannot be one
 */
export function chooseStore(options: ResolvedOptions): ChosenStore {
  const { store, logger } = options;
  const { connection = defaultDatabase, schema, migrate } = options.database ?? {};
  const mode = migrate ?? 'auto';
  const defaultPepperFile = locatePepperFile(parseFileUrl(defaultDatabase));
  if (store !== undefined) return { store, pepperFile: defaultPepperFile, poolLosses: null, inspector: null };
  if (typeof connection === 'string' && connection.startsWith('file:')) {
    const file = parseFileUrl(connection);
    return {
      store: new LateStore(async () => {
        const { sqliteStore } = await import(/* webpackMode: "eager" */ '../sql/sqlite/sqlite-store.js');
        return sqliteStore({ file, migrate, logger });
      }),
      pepperFile: locatePepperFile(file),
      poolLosses: null,
      inspector: createLateInspector(async () => {
        const { createSqliteInspector } = await import(
          /* webpackMode: "eager" */ '../sql/sqlite/sqlite-inspector.js'
        );
        return createSqliteInspector({ file, migrate: mode, describeError: describeStartError });
      }),
    };
  }
  const place = { connection, schema: schema ?? defaultSchema };
  checkPostgresPlace(place.connection, place.schema);
  return {
    store: new LateStore(async () => {
      const { postgresStore } = await import(/* webpackMode: "eager" */ '../sql/postgres/postgres-store.js');
      return postgresStore({ ...place, migrate, logger });
    }),
    pepperFile: defaultPepperFile,
    poolLosses: typeof connection === 'string' ? null : new PoolLosses(connection, logger),
    inspector: createLateInspector(async () => {
      const { createPostgresInspector } = await import(
        /* webpackMode: "eager" */ '../sql/postgres/postgres-inspector.js'
      );
      return createPostgresInspector({ ...place, migrate: mode, logger, describeError: describeStartError });
    }),
  };
}

function locatePepperFile(file: string): string {
  return nodePath.join(nodePath.dirname(file), 'pepper');
}
