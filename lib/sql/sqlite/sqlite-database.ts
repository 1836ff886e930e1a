import { closeSync, mkdirSync, openSync } from 'node:fs';
import * as nodePath from 'node:path';
import { CompiledQuery, Kysely, sql } from 'kysely';
import { ApiKeysError, InvalidOptionError } from '../../errors.js';
import { getErrorCode } from '../../domain/error-code.js';
import { loadDriver } from '../load-driver.js';
import type { SqlDatabase } from '../sql-database.js';
import { PriorityMutex } from '../priority-mutex.js';
import { execute, retryWhileBusy } from './sqlite-connection.js';
import type { LibsqlConstructor, LibsqlDatabase } from './sqlite-connection.js';
import { SqliteFile } from './sqlite-file.js';
import { createImmediateSqliteDialect, createReadingSqliteDialect } from './sqlite-driver.js';
import { watchSqlite } from './sqlite-watch.js';
import type { Tables } from '../tables.js';
import { TimeBudget } from '../time-budget.js';

/** The maximum number of waiting writes of requests, as on PostgreSQL: a burst fits in, a flood is refused at once. */
const maxWaitingRequests = 1_000;

/** The application id in the file's header ("ApKs"), so that no other application's database is mistaken for ours. */
const applicationId = 0x41704b73;

const dataVersionQuery = CompiledQuery.raw('pragma data_version') as CompiledQuery<{ data_version: number }>;

interface Connections {
  readonly file: SqliteFile;
  /** Whether the next commits wait until the disk has them. */
  readonly setDiskWait: (mustWait: boolean) => void;
  readonly reader: Kysely<Tables>;
  readonly writer: Kysely<Tables>;
  readonly handles: readonly LibsqlDatabase[];
}

/**
 * Creates the database of an SQLite file: one connection to write and one to read, so that reads never wait for a
 * writer of this or another process (WAL).
 */
export function createSqliteDatabase(file: string, deadlineMs: number): SqlDatabase {
  let connections: Connections | undefined;

  const getConnections = (): Connections => {
    if (connections === undefined) throw new Error('The SQLite file is not open');
    return connections;
  };

  const read: SqlDatabase['read'] = (budget, work) =>
    retryWhileBusy(budget, () => {
      const { file: openedFile, reader } = getConnections();
      openedFile.check();
      return work(reader);
    });

  /** All writes share one connection. Those of requests are one share, so that each change goes before all of them but one. */
  const writers = new PriorityMutex(maxWaitingRequests);
  const write: SqlDatabase['write'] = (budget, work, { lane, mayBeLost = false } = {}) =>
    writers.pass(budget, lane === 'requests' ? { share: lane } : { lane }, async () => {
      const opened = getConnections();
      opened.file.check();
      opened.setDiskWait(!mayBeLost);
      const result = await opened.writer.transaction().execute((transaction) => {
        budget.check();
        return work(transaction);
      });
      // A commit to a file that has been replaced is not a success.
      opened.file.check();
      return result;
    });

  /** Returns a check that calls back when the file is no longer the one that was opened, once per replacement. */
  function watchFile(onReplaced: () => void): () => void {
    let wasReplaced = false;
    return () => {
      const isReplaced = getConnections().file.isReplaced;
      if (isReplaced && !wasReplaced) {
        foldLogAway(getConnections().handles);
        onReplaced();
      }
      wasReplaced = isReplaced;
    };
  }

  /** Read on the reader: it changes with the commits of other connections, including our own writer. */
  const readDataVersion = async (): Promise<number> => {
    const { rows } = await getConnections().reader.executeQuery(dataVersionQuery);
    return rows[0]?.data_version ?? 0;
  };

  return {
    dialect: 'sqlite',
    label: `the file ${file}`,
    channel: null,

    async open() {
      const Database = (await loadDriver('libsql', 'The embedded SQLite file')) as LibsqlConstructor;
      createFile(file);
      connections ??= await connect(Database, file, deadlineMs);
    },

    async close() {
      const closing = connections;
      connections = undefined;
      for (const handle of closing?.handles ?? []) foldLogIntoFile(handle);
      await closing?.reader.destroy();
      await closing?.writer.destroy();
      // Kysely closes only what it has used.
      for (const handle of closing?.handles ?? []) if (handle.open) handle.close();
    },

    read,
    readForRequest: read,
    lookUp: read,
    write,
    writeOnce: (budget, work, writing) => write(budget, work, { ...writing, lane: 'own' }),
    spend: (budget, work) => write(budget, work, { lane: 'requests' }),

    migrate: (work) =>
      getConnections()
        .writer.transaction()
        .execute(async (transaction) => {
          await work(transaction);
          await sql`pragma application_id = ${sql.lit(applicationId)}`.execute(transaction);
        }),

    watch({ readLast }, onHint, onLost) {
      const lookAtFile = watchFile(() => {
        onHint();
        onLost();
      });
      const readVersion = (): Promise<number> => {
        lookAtFile();
        return readDataVersion();
      };
      return watchSqlite(readVersion, readLast, onHint);
    },

    async hasTable(database, name) {
      const tables = sql<{ name: string }>`select name from sqlite_master where type = 'table'`;
      const { rows } = await tables.execute(database);
      if (rows.length > 0) await refuseForeignFile(database, file);
      return rows.some((row) => row.name === name);
    },
  };
}

/**
 * Moves the write-ahead log into the file, so that a copy of the file alone is complete. SQLite does so when the last
 * connection closes, but libsql closes a connection only when its object is garbage-collected, which may never
 * happen.
 */
function foldLogIntoFile(handle: LibsqlDatabase): void {
  try {
    if (handle.open) handle.exec('pragma wal_checkpoint(truncate)');
  } catch (error) {
    // Another process is using the file; it, or the next one, will move the log.
    if (!isLocked(error)) throw error;
  }
}

/**
 * The log keeps its name when the file is replaced, and a process that opens the new file would take the log for the
 * new one's. So it is emptied into the old file, which is lost in any case.
 */
function foldLogAway(handles: readonly LibsqlDatabase[]): void {
  try {
    for (const handle of handles) foldLogIntoFile(handle);
  } catch {
    // The file is not used any more, whatever happens to its log.
  }
}

function isLocked(error: unknown): boolean {
  return /^SQLITE_(?:BUSY|LOCKED|READONLY)/.test(getErrorCode(error) ?? '');
}

/** Creates the file with access for its owner alone; SQLite gives the files beside it (-wal, -shm) the same mode. */
function createFile(file: string): void {
  try {
    mkdirSync(nodePath.dirname(file), { recursive: true, mode: 0o700 });
    // "wx" does not open a file that exists: closing it again would drop the locks that other stores of this process
    // hold on it (sqlite.org/howtocorrupt.html, section 2.2).
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if (getErrorCode(error) === 'EEXIST') return;
    throw new ApiKeysError('unavailable', { cause: error });
  }
}

async function connect(Database: LibsqlConstructor, file: string, deadlineMs: number): Promise<Connections> {
  const budget = new TimeBudget(deadlineMs);
  // Waiting inside libsql blocks the event loop, and with it another store of this process that holds the lock. The
  // reader finds a lock only for moments (recovery, the last close of another process). The writer never waits inside
  // libsql: it retries later.
  const reader = openHandle(Database, file, 50);
  const writer = openHandle(Database, file, 0);
  const handles = [reader, writer];
  try {
    // Switching a new file to WAL fails at once when another process does the same.
    await retryWhileBusy(budget, () => execute(writer, 'pragma journal_mode = wal'));
    execute(writer, 'pragma foreign_keys = on');
    execute(reader, 'pragma query_only = on');
    return {
      file: new SqliteFile(file),
      setDiskWait: createDiskSwitch(writer),
      reader: new Kysely<Tables>({ dialect: createReadingSqliteDialect(reader) }),
      writer: new Kysely<Tables>({ dialect: createImmediateSqliteDialect(writer, deadlineMs) }),
      handles,
    };
  } catch (error) {
    for (const handle of handles) handle.close();
    throw error;
  }
}

/**
 * An answered revocation must survive a power cut: its commit waits for the disk, and with it the whole process. With `normal` a commit
 * waits only where the log is moved into the file, and what it loses in a power cut is the end of the log, never the file.
 * https://sqlite.org/pragma.html#pragma_synchronous
 */
function createDiskSwitch(writer: LibsqlDatabase): (mustWait: boolean) => void {
  let isWaiting: boolean | null = null;
  const setDiskWait = (mustWait: boolean): void => {
    if (mustWait === isWaiting) return;
    execute(writer, `pragma synchronous = ${mustWait ? 'full' : 'normal'}`);
    isWaiting = mustWait;
  };
  setDiskWait(true);
  return setDiskWait;
}

function openHandle(Database: LibsqlConstructor, file: string, timeout: number): LibsqlDatabase {
  try {
    // The busy timeout is set when the connection is created, before any statement could find a lock.
    return new Database(file, { timeout });
  } catch (error) {
    throw new ApiKeysError('unavailable', { cause: error });
  }
}

async function refuseForeignFile(database: Kysely<Tables>, file: string): Promise<void> {
  const { rows } = await sql<{ application_id: number }>`pragma application_id`.execute(database);
  if (rows[0]?.application_id === applicationId) return;
  throw new InvalidOptionError(
    `The file ${file} contains tables of another application. Give the API keys a file of their own.`,
  );
}
