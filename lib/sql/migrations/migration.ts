import type { Kysely } from 'kysely';
import type { ColumnTypes } from '../column-types.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

/** One migration of the schema. A released migration is never changed: a later change is a new migration. */
export interface Migration {
  readonly name: string;
  up(database: Kysely<Tables>, types: ColumnTypes, dialect: SqlDialect): Promise<void>;
}
