import { sql, type ColumnDataType, type RawBuilder } from 'kysely';
import type { SqlDialect } from './sql-database.js';

/** The names of the two column types in use, in the database's dialect. */
export interface ColumnTypes {
  readonly text: ColumnDataType | RawBuilder<unknown>;
  readonly integer: ColumnDataType;
}

/** SQLite compares text by bytes; the C collation makes PostgreSQL do so too, whatever the database's locale. */
export function getColumnTypes(dialect: SqlDialect): ColumnTypes {
  return dialect === 'postgres'
    ? { text: sql`text collate "C"`, integer: 'bigint' }
    : { text: 'text', integer: 'integer' };
}
