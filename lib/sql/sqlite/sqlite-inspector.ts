import { resolve } from 'node:path';
import { sql } from 'kysely';
import type { DatabaseInspector } from '../../ports/database-inspector.js';
import type { MigrateMode } from '../sql-database.js';
import { createSqlInspector } from '../sql-inspector.js';
import { examineFile } from './examine-file.js';
import { createSqliteDatabase } from './sqlite-database.js';

/** What is looked at. */
export interface SqliteInspectorOptions {
  readonly file: string;
  readonly migrate: MigrateMode;
  /** Describes an error for operators. */
  readonly describeError: (error: unknown) => string;
}

/** Looks at an embedded file. One that is not there is not created. */
export function createSqliteInspector({
  file,
  migrate,
  describeError,
}: SqliteInspectorOptions): DatabaseInspector {
  const path = resolve(file);
  return createSqlInspector({
    database: createSqliteDatabase(path, 2000),
    mode: migrate,
    describeError,
    look() {
      const facts = examineFile(path);
      return { isThere: facts.exists, facts: { file: facts } };
    },
    async readOwn(reader) {
      const { rows } = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(reader);
      return { file: { ...examineFile(path), journalMode: rows[0]?.journal_mode ?? null } };
    },
  });
}
