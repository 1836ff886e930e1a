import { sql } from 'kysely';
import type { AliasedExpression, RawBuilder } from 'kysely';

/**
 * Lets the transaction of a statement be committed when it is on disk, and on the synchronous standby where there is one,
 * though the database or the user is set to `synchronous_commit` `off` or `local`: what was answered is not lost in a crash
 * or a failover. Other values stay. It is part of a statement, so it costs no round trip, and ends with the transaction, so
 * that it also works behind a transaction pooler.
 * https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT
 */
export const keptCommit: AliasedExpression<string | null, 'kept_commit'> = sql<
  string | null
>`case when pg_catalog.current_setting('synchronous_commit') in ('off', 'local') then pg_catalog.set_config('synchronous_commit', 'on', true) end`.as(
  'kept_commit',
);

/** The same as a statement, for the message that begins a transaction. */
export const keepCommit =
  "select case when pg_catalog.current_setting('synchronous_commit') in ('off', 'local') then pg_catalog.set_config('synchronous_commit', 'on', true) end";

/** Whether the commits of this user are kept anyway: 1 or 0. */
export const areCommitsKept: RawBuilder<number> = sql<number>`case when pg_catalog.current_setting('synchronous_commit') in ('off', 'local') then 0 else 1 end`;
