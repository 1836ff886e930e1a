import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Tables } from './tables.js';

/** Runs a statement on a connection of the store; the parameters come in the order in which they stand in it. */
export type PreparedStatement<R> = (
  on: Kysely<Tables>,
  parameters: readonly unknown[],
) => Promise<QueryResult<R>>;

/** Builds a statement once: to build one costs as much as to run it. The values in it only hold the places of parameters. */
export function preparedStatement<R = unknown>(statement: {
  compile(): CompiledQuery<unknown>;
}): PreparedStatement<R> {
  const compiled = statement.compile() as CompiledQuery<R>;
  return (on, parameters) => on.executeQuery<R>({ ...compiled, parameters });
}
