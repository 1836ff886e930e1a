import { resolve } from 'node:path';
import { InvalidOptionError } from '../../errors.js';
import type { KeyStore } from '../../ports/key-store.js';
import type { Logger } from '../../ports/logger.js';
import type { MigrateMode } from '../sql-database.js';
import { SqlKeyStore } from '../sql-key-store.js';
import { createSqliteDatabase } from './sqlite-database.js';

/** Options of {@link sqliteStore}. */
export interface SqliteStoreOptions {
  /** Path of the file; it and its folder are created when missing, readable by this user alone. */
  readonly file: string;
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
  /** Is notified of the file that was opened. */
  readonly logger?: Logger | undefined;
}

/**
 * Keys in one SQLite file, for one server or a few processes on it. Needs the package `libsql`. Nothing is touched
 * before `open()`.
 *
 * @throws InvalidOptionError when `file` is not a path
 */
export function sqliteStore(options: SqliteStoreOptions): KeyStore {
  const {
    file,
    deadlineMs = 2000,
    readDeadlineMs = Math.min(700, deadlineMs),
    migrate = 'auto',
    logger,
  } = options;
  if (typeof file !== 'string' || file.trim() === '') throw new InvalidOptionError('file must be a path');
  if (/^(?:file:)?:memory:/i.test(file)) {
    throw new InvalidOptionError('SQLite in memory is not supported. Use memoryStore() for keys in memory.');
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(file) || file.startsWith('file:')) {
    throw new InvalidOptionError('file must be a path, without file: before it');
  }
  return new SqlKeyStore(createSqliteDatabase(resolve(file), deadlineMs), {
    deadlineMs,
    readDeadlineMs,
    migrate,
    logger,
  });
}
