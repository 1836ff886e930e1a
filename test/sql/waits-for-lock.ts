import type pg from 'pg';

/**
 * Whether a connection to the same database waits for a lock; those to other databases of the server, where other tests run, do not count.
 *
 * @param client - may be in a transaction, which would otherwise see the connections of its first look for ever
 * @param event - what is waited for; absent: any lock
 */
export async function waitsForLock(
  client: pg.Client,
  event?: 'transactionid' | 'relation',
): Promise<boolean> {
  await client.query('select pg_stat_clear_snapshot()');
  const { rowCount } = await client.query(
    `select 1 from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock' and wait_event = coalesce($1, wait_event)`,
    [event ?? null],
  );
  return (rowCount ?? 0) > 0;
}
