import { sql, type ColumnDataType, type RawBuilder } from 'kysely';
import type { SqlDialect } from './sql-database.js';

/** How the two databases call the two types in use. */
export interface ColumnTypes {
  readonly text: ColumnDataType | RawBuilder<unknown>;
  readonly integer: ColumnDataType;
}

/** SQLite compares text by bytes; the C collation makes PostgreSQL do so too, whatever the database's locale. */
export function columnTypes(dialect: SqlDialect): ColumnTypes {
  return dialect === 'postgres'
    ? { text: sql`text collate "C"`, integer: 'bigint' }
    : { text: 'text', integer: 'integer' };
}
