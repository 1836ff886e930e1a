import { CompiledQuery } from 'kysely';
import type { Kysely, QueryResult } from 'kysely';
import { createStaleServerError, isFromStaleServer, isServerCurrent } from '../position-check.js';
import type { ServerCheck } from '../position-check.js';
import type { FeedPosition } from '../../ports/change-feed.js';
import type { Tables } from '../tables.js';

/** How long the transaction may stand idle before the server ends it, in milliseconds. */
const idleMs = 5_000;

/**
 * Checks which server answers and reads from it, in one transaction: behind a pooler, such as PgBouncer in transaction mode,
 * two statements of one connection may reach two servers. The check goes in one message with the begin.
 *
 * @param on - one connection
 * @param onUnchecked - called with the error when the check does not succeed
 */
export async function readInTransaction<T>(
  on: Kysely<Tables>,
  seen: FeedPosition,
  work: (connection: Kysely<Tables>) => Promise<T>,
  onUnchecked: (error: unknown) => void,
): Promise<T> {
  try {
    try {
      const { rows } = await on.executeQuery<ServerCheck>(createBegin(on, seen));
      if (isFromStaleServer(rows)) throw createStaleServerError();
    } catch (error) {
      onUnchecked(error);
      throw error;
    }
    const result = await work(on);
    await runBare(on, 'commit');
    return result;
  } catch (error) {
    // A connection that was lost is not used again.
    await runBare(on, 'rollback').catch(() => undefined);
    throw error;
  }
}

/** Several statements in one message, which cannot have parameters. */
function createBegin(on: Kysely<Tables>, seen: FeedPosition): CompiledQuery<ServerCheck> {
  const { sql: check, parameters } = on.selectNoFrom(isServerCurrent(on, 'postgres', seen)).compile();
  const written = check.replaceAll(/\$(\d+)/g, (_, number: string) =>
    toLiteral(parameters[Number(number) - 1]),
  );
  const begin = 'begin isolation level read committed read only';
  return CompiledQuery.raw(
    `${begin}; set local idle_in_transaction_session_timeout = ${idleMs}; ${written}`,
  ) as CompiledQuery<ServerCheck>;
}

/** A sequence number or a hash. */
function toLiteral(value: unknown): string {
  if (Number.isSafeInteger(value)) return String(value);
  if (typeof value === 'string' && /^[0-9a-f]*$/.test(value)) return `'${value}'`;
  throw new TypeError('A position of the feed has a whole number and a hexadecimal hash');
}

function runBare(on: Kysely<Tables>, text: 'commit' | 'rollback'): Promise<QueryResult<unknown>> {
  return on.executeQuery(CompiledQuery.raw(text));
}
