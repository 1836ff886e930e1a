import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidOptionError } from '../errors.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
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
  const { store, logger } = options;
  const { connection = defaultDatabase, schema, migrate } = options.database ?? {};
  const defaultPepperFile = pepperBeside(fileOf(defaultDatabase));
  if (store !== undefined) return { store, pepperFile: defaultPepperFile };
  if (typeof connection === 'string' && connection.startsWith('file:')) {
    const file = fileOf(connection);
    return { store: sqliteStore({ file, migrate }), pepperFile: pepperBeside(file) };
  }
  return {
    store: postgresStore({ connection, schema, migrate, logger }),
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
