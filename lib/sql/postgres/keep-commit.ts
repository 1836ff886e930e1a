import { sql } from 'kysely';
import type { AliasedExpression, RawBuilder } from 'kysely';

/**
 * Lets the transaction of a statement be committed when it is on disk, and on the synchronous standby where there is one,
 * though the database or the user is set to `synchronous_commit` `off` or `local`: what was answered is not lost in a crash
 * or a failover. Other values stay. It is part of a statement, so it costs no round trip, and ends with the transaction, so
 * that it also works behind a transaction pooler.
 * https://www.postgresql.org/docs/current/runtime-config-wal.html#GUC-SYNCHRONOUS-COMMIT
 */
const keeping =
  "case when pg_catalog.current_setting('synchronous_commit') in ('off', 'local') then pg_catalog.set_config('synchronous_commit', 'on', true) end";

/** A column that keeps the commit of a statement which is a transaction by itself. */
export const keptCommit: AliasedExpression<string | null, 'kept_commit'> = sql<
  string | null
>`${sql.raw(keeping)}`.as('kept_commit');

/** A statement at the beginning of a transaction. */
export const keepCommit: string = `select ${keeping}`;

/** Whether the commits of this user are kept anyway: 1 or 0. */
export const areCommitsKept: RawBuilder<number> = sql<number>`case when pg_catalog.current_setting('synchronous_commit') in ('off', 'local') then 0 else 1 end`;
