import { sql } from 'kysely';
import type { AliasedRawBuilder } from 'kysely';
import type { SqlDialect } from '../sql-database.js';

/** What a column is read as. */
type RowColumns<R> = { readonly [C in keyof R & string]-?: 'text' | 'integer' };

/**
 * The objects of a JSON list as rows, for a statement that is prepared: its parameter is the list. They are passed as one
 * string, because hundreds of parameters cost far more than the work itself.
 *
 * @param alias - what the statement calls the rows
 * @param columns - the members of the objects that it uses; others are left out
 *
 * @example
 * on.selectFrom(selectJsonRows<PartUse, 'used'>(dialect, 'used', { keyId: 'text', day: 'integer' })).select('used.day')
 */
export function selectJsonRows<R, A extends string>(
  dialect: SqlDialect,
  alias: A,
  columns: RowColumns<R>,
): AliasedRawBuilder<R, A> {
  const json = '';
  const list = Object.entries<'text' | 'integer'>(columns);
  if (dialect === 'postgres') {
    const types = { text: sql`text`, integer: sql`bigint` };
    const typed = sql.join(list.map(([name, type]) => sql`${sql.ref(name)} ${types[type]}`));
    return sql<R>`(select * from json_to_recordset(${json}::json) as rows(${typed}))`.as(alias);
  }
  const extracted = sql.join(
    list.map(([name]) => sql`json_extract(value, ${sql.lit(`$.${name}`)}) as ${sql.ref(name)}`),
  );
  return sql<R>`(select ${extracted} from json_each(${json}))`.as(alias);
}
