import type { Kysely } from 'kysely';
import type { SchemaFacts } from '../domain/setup-facts.js';
import { migrations } from './migrations.js';
import type { SqlDatabase } from './sql-database.js';
import type { Tables } from './tables.js';

/** Returns the number of applied migrations; 0 for an empty database. */
export async function readSchemaVersion(database: SqlDatabase, reader: Kysely<Tables>): Promise<number> {
  if (!(await database.hasTable(reader, 'schema_versions'))) return 0;
  const row = await reader
    .selectFrom('schema_versions')
    .select('version')
    .orderBy('version', 'desc')
    .limit(1)
    .executeTakeFirst();
  return row?.version ?? 0;
}

/** Describes the schema of a version. */
export function describeSchema(version: number): SchemaFacts {
  const pending = migrations.slice(version).map(({ name }) => name);
  return { version, known: migrations.length, pending };
}
