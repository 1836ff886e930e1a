import type { Kysely } from 'kysely';
import { withDeadline } from '../deadline.js';
import { InvalidOptionError } from '../errors.js';
import { getColumnTypes } from './column-types.js';
import { migrations } from './migrations.js';
import { readSchemaVersion } from './read-schema.js';
import { migrationDeadlineMs } from './sql-database.js';
import type { MigrateMode, SqlDatabase } from './sql-database.js';
import type { Tables } from './tables.js';
import type { TimeBudget } from './time-budget.js';

/**
 * Migrates the schema, or rejects when it is not up to date. Reads the version without a lock first, so that an
 * ordinary start writes nothing, and again under the lock, because another process may have been faster.
 *
 * Kysely's own Migrator is not used: it has no lock on SQLite.
 *
 * @returns whether this process created the tables
 * @throws InvalidOptionError when the schema is newer than this version, or behind and `mode` is `check`
 */
export async function migrate(
  database: SqlDatabase,
  mode: MigrateMode,
  budget: TimeBudget,
): Promise<{ readonly isNew: boolean }> {
  const looked = database.read(budget, (reader) => readSchemaVersion(database, reader));
  const version = await withDeadline(looked, budget.remainingMs, 'Reading the schema version');
  refuseNewer(database, version);
  if (version === migrations.length) return { isNew: false };
  let isNew = false;
  if (mode === 'check') {
    throw new InvalidOptionError(
      `The API key schema in ${database.label} is at version ${version}; this version of express-api-keys needs ` +
        `${migrations.length}. Start once with migrate: 'auto', as a database user who may create tables.`,
    );
  }
  const migrated = database.migrate(async (transaction) => {
    const current = await readSchemaVersion(database, transaction);
    refuseNewer(database, current);
    isNew = current === 0;
    if (isNew) await createVersionTable(database, transaction);
    for (const [index, migration] of migrations.entries()) {
      if (index < current) continue;
      await migration.up(transaction, getColumnTypes(database.dialect), database.dialect);
      await transaction
        .insertInto('schema_versions')
        .values({ version: index + 1, name: migration.name })
        .execute();
    }
  });
  await withDeadline(migrated, migrationDeadlineMs, 'Migrating the schema');
  return { isNew };
}

/** Rejects a newer schema, because code that does not know it could read a revoked key as a valid one. */
function refuseNewer(database: SqlDatabase, version: number): void {
  if (version <= migrations.length) return;
  throw new InvalidOptionError(
    `The API key schema in ${database.label} is at version ${version}; this version of express-api-keys knows only ` +
      `${migrations.length}. Upgrade express-api-keys, or name another database.`,
  );
}

async function createVersionTable(database: SqlDatabase, { schema }: Kysely<Tables>): Promise<void> {
  const { integer, text } = getColumnTypes(database.dialect);
  await schema
    .createTable('schema_versions')
    .addColumn('version', integer, (column) => column.primaryKey().notNull())
    .addColumn('name', text, (column) => column.notNull())
    .execute();
}
