import { sql, type Expression, type SqlBool } from 'kysely';

/**
 * Whether a column contains a string, taken literally, ignoring the case of ASCII letters: `lower` changes only these in SQLite, and
 * in PostgreSQL under the C collation of the column.
 */
export function matchPart(column: string, part: string): Expression<SqlBool> {
  const lowered = part.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  const pattern = `%${lowered.replace(/[%_!]/g, '!$&')}%`;
  return sql`lower(${sql.ref(column)}) like ${pattern} escape '!'`;
}
