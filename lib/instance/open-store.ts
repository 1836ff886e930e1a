import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidOptionError } from '../errors.js';
import type { ResolvedOptions } from '../options/api-keys-options.js';
import type { KeyStore } from '../ports/key-store.js';
import { postgresStore } from '../sql/postgres/postgres-store.js';
import { sqliteStore } from '../sql/sqlite/sqlite-store.js';

/** Where keys live when nothing was configured. */
export const defaultDatabase = 'file:.api-keys/keys.sqlite';

/** The store of an instance, and the file that its pepper is kept in when none was given. */
export interface ChosenStore {
  readonly store: KeyStore;
  readonly pepperFile: string;
}

/**
 * Chooses the store that the options ask for. Nothing is opened yet.
 *
 * @throws InvalidOptionError when `database` is neither a PostgreSQL URL, a pool nor a file
 */
export function chooseStore(options: ResolvedOptions): ChosenStore {
  const { store, database = defaultDatabase, migrate, schema, logger } = options;
  const defaultPepperFile = pepperBeside(fileOf(defaultDatabase));
  if (store !== undefined) return { store, pepperFile: defaultPepperFile };
  if (typeof database === 'string' && database.startsWith('file:')) {
    if (schema !== undefined) {
      throw new InvalidOptionError('schema: belongs to PostgreSQL; an embedded file has none');
    }
    const file = fileOf(database);
    return { store: sqliteStore({ file, ...given({ migrate }) }), pepperFile: pepperBeside(file) };
  }
  if (typeof database === 'string' && !/^postgres(?:ql)?:\/\//.test(database)) {
    throw new InvalidOptionError(
      'database: takes a postgres:// URL, a pg.Pool, or file: and a path, for example file:./data/keys.sqlite',
    );
  }
  return {
    store: postgresStore({ connection: database, logger, ...given({ migrate, schema }) }),
    pepperFile: defaultPepperFile,
  };
}

/** `file:relative/path`, `file:/absolute/path` or `file:///absolute/path`. */
function fileOf(url: string): string {
  const path = url.startsWith('file://') ? fileURLToPath(url) : url.slice('file:'.length);
  if (path === '') throw new InvalidOptionError('database: file: needs a path behind it');
  return resolve(path);
}

function pepperBeside(file: string): string {
  return join(dirname(file), 'pepper');
}

/** Leaves out what was not given, so that defaults stay in one place. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
