import type { CompiledQuery, Kysely, QueryResult } from 'kysely';
import type { Tables } from './tables.js';

/** Runs a statement on a connection of the store; the parameters come in the order of the statement. */
export type PreparedStatement<R> = (
  on: Kysely<Tables>,
  parameters: readonly unknown[],
) => Promise<QueryResult<R>>;

/**
 * Compiles a statement once, because compiling costs as much as running it. The values in it are only placeholders
 * for parameters.
 */
export function prepareStatement<R = unknown>(statement: {
  compile(): CompiledQuery<unknown>;
}): PreparedStatement<R> {
  const compiled = statement.compile() as CompiledQuery<R>;
  return (on, parameters) => on.executeQuery<R>({ ...compiled, parameters });
}
