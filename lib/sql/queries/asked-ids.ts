import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import type { SqlDialect } from '../sql-database.js';

/**
 * A subquery of many ids, for `in`, that is one parameter however many they are.
 *
 * @param json - an array of strings
 */
export function selectAskedIds(dialect: SqlDialect, json: string): RawBuilder<string> {
  return dialect === 'postgres'
    ? sql<string>`(select pg_catalog.json_array_elements_text(${json}::json))`
    : sql<string>`(select value from json_each(${json}))`;
}
