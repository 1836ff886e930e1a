import { hasMethods } from './has-methods.js';
import { isPlainObject } from './is-plain-object.js';
import { allowAbsent, ignoreEmpty, takeOneOf, takeText } from './option-readers.js';
import { readOptions, type ReadersOf } from './read-options.js';
import { InvalidOptionError } from '../errors.js';
import type { PgPool } from '../sql/postgres/postgres-pool.js';

/** The option `database` as an object: where keys are stored, and how the tables are set up. */
export interface DatabaseOption {
  /**
   * A PostgreSQL URL, a `pg.Pool` of yours, or `file:` and a path for an embedded SQLite file. With `NODE_ENV=production`
   * it must be given.
   *
   * @default 'file:.api-keys/keys.sqlite'
   */
  readonly connection?: string | PgPool | undefined;
  /**
   * The PostgreSQL schema that holds the tables, created if missing. Not for an embedded file.
   *
   * @default 'api_keys'
   */
  readonly schema?: string | undefined;
  /**
   * `auto` applies pending migrations at start. `check` applies none and fails to start while any is pending, for a
   * database user without the right to create tables.
   *
   * @default 'auto'
   */
  readonly migrate?: 'auto' | 'check' | undefined;
}

/** The option as an object. `undefined` means that the default of the store applies. */
export interface ResolvedDatabaseOption {
  readonly connection: string | PgPool | undefined;
  readonly schema: string | undefined;
  readonly migrate: 'auto' | 'check' | undefined;
}

const connections = 'a postgres:// URL, a pg.Pool, or file: and a path, for example file:./data/keys.sqlite';

const readers = {
  connection: ignoreEmpty(allowAbsent(readConnection)),
  schema: allowAbsent(takeText("the name of a PostgreSQL schema, for example 'api_keys'")),
  migrate: allowAbsent(takeOneOf('auto', 'check')),
} satisfies ReadersOf<DatabaseOption>;

/**
 * Reads the option `database`; `null` when neither a connection nor anything about it was given.
 *
 * @throws InvalidOptionError
 */
export function readDatabase(value: unknown, path: string): ResolvedDatabaseOption | null {
  if (value === undefined) return null;
  if (!isPlainObject(value) || hasMethods(value, ['connect'])) {
    return { connection: readConnection(value, path), schema: undefined, migrate: undefined };
  }
  const database = readOptions(path, value, readers, {
    example: "{ connection: 'postgres://localhost/acme' }",
  });
  if (database.schema !== undefined && isEmbeddedFile(database)) {
    throw new InvalidOptionError(
      `${path}.schema: applies to PostgreSQL only; an embedded file has no schemas`,
    );
  }
  return Object.values(database).every((given) => given === undefined) ? null : database;
}

/** Whether keys are stored in an embedded SQLite file: one was named, or no connection was given. */
export function isEmbeddedFile(database: Pick<ResolvedDatabaseOption, 'connection'> | null): boolean {
  const connection = database?.connection;
  return connection === undefined || (typeof connection === 'string' && connection.startsWith('file:'));
}

function readConnection(value: unknown, path: string): string | PgPool {
  if (typeof value === 'string' && /^(?:file:.|postgres(?:ql)?:\/\/)/.test(value)) return value;
  if (hasMethods(value, ['connect', 'escapeLiteral'])) {
    throw new InvalidOptionError(
      `${path}: takes a pg.Pool, not a pg.Client: a single connection is not replaced when it is lost. Write new pg.Pool({ … })`,
    );
  }
  if (hasMethods(value, ['connect'])) return value as PgPool;
  throw new InvalidOptionError(`${path}: takes ${connections}`);
}
