import type { KeyStore } from '../../ports/key-store.js';
import type { Logger } from '../../ports/logger.js';
import { checkPostgresPlace } from './check-postgres-place.js';
import { defaultSchema } from './default-schema.js';
import { createPostgresDatabase } from './postgres-database.js';
import type { PgPool } from './postgres-pool.js';
import type { MigrateMode } from '../sql-database.js';
import { SqlKeyStore } from '../sql-key-store.js';

/** Options of {@link postgresStore}. */
export interface PostgresStoreOptions {
  /** A `postgres://` URL, or your `pg.Pool`: it is used beside your own queries and never closed. */
  readonly connection: string | PgPool;
  /**
   * The schema of the tables, created when missing: lower-case letters, digits and `_`.
   * @default 'api_keys'
   */
  readonly schema?: string | undefined;
  /**
   * How long one call may take, in milliseconds.
   * @default 2000
   */
  readonly deadlineMs?: number | undefined;
  /**
   * How long a read that a request with a key waits for may take, in milliseconds.
   * @default 700, or `deadlineMs` where that is less
   */
  readonly readDeadlineMs?: number | undefined;
  /**
   * `auto` migrates the schema at start; `check` only rejects a schema that is not up to date.
   * @default 'auto'
   */
  readonly migrate?: MigrateMode | undefined;
  /**
   * The maximum number of connections of the pool that is created for a URL.
   * @default 10
   */
  readonly maxConnections?: number | undefined;
  /** Is notified of lost idle connections, and of the schema that was opened. */
  readonly logger: Logger;
}

/**
 * Keys in PostgreSQL, for any number of processes. A URL needs the package `pg`. Nothing is touched before `open()`.
 *
 * @throws InvalidOptionError when the connection or the schema's name is invalid; the message never repeats the
 * connection
 */
export function postgresStore(options: PostgresStoreOptions): KeyStore {
  const {
    connection,
    schema = defaultSchema,
    deadlineMs = 2000,
    readDeadlineMs = Math.min(700, deadlineMs),
    migrate = 'auto',
    maxConnections = 10,
    logger,
  } = options;
  checkPostgresPlace(connection, schema);
  const database = createPostgresDatabase({
    ...{ connection, schema, deadlineMs, readDeadlineMs, maxConnections, logger },
  });
  return new SqlKeyStore(database, { deadlineMs, readDeadlineMs, migrate, logger });
}
