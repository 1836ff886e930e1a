import { sql } from 'kysely';
import type { DurabilitySetting } from '../../domain/setup-facts.js';
import type { DatabaseInspector } from '../../ports/database-inspector.js';
import type { Logger } from '../../ports/logger.js';
import type { MigrateMode } from '../sql-database.js';
import { postgresTime } from '../queries/database-clock.js';
import { canReadHistory } from '../server-history.js';
import { createSqlInspector } from '../sql-inspector.js';
import { listMissingGrants } from './list-missing-grants.js';
import { createPostgresDatabase } from './postgres-database.js';
import type { PgPool } from './postgres-pool.js';

/** What is looked at. */
export interface PostgresInspectorOptions {
  readonly connection: string | PgPool;
  readonly schema: string;
  readonly migrate: MigrateMode;
  readonly logger: Logger;
  /** Describes an error for operators. */
  readonly describeError: (error: unknown) => string;
}

const durabilitySettings: readonly DurabilitySetting[] = ['fsync', 'full_page_writes', 'synchronous_commit'];

type ServerFacts = { readonly now: number; readonly read_only: number } & Readonly<
  Record<DurabilitySetting, string>
>;

/** Looks at a schema of PostgreSQL. */
export function createPostgresInspector(options: PostgresInspectorOptions): DatabaseInspector {
  const { connection, schema, migrate, logger, describeError } = options;
  const database = createPostgresDatabase({
    ...{ connection, schema, logger, deadlineMs: 2000, readDeadlineMs: 2000, maxConnections: 2 },
  });
  return createSqlInspector({
    database,
    mode: migrate,
    describeError,
    look: () => ({ isThere: true, facts: {} }),
    async readOwn(reader, createsTables, { now, trimsAudit }) {
      const sentAt = now();
      const { rows } = await sql<ServerFacts>`
        select ${postgresTime} as now,
          case when pg_catalog.pg_is_in_recovery()
            or pg_catalog.current_setting('default_transaction_read_only') = 'on' then 1 else 0 end as read_only,
          pg_catalog.current_setting('fsync') as fsync,
          pg_catalog.current_setting('full_page_writes') as full_page_writes,
          pg_catalog.current_setting('synchronous_commit') as synchronous_commit`.execute(reader);
      const receivedAt = now();
      const [server] = rows;
      return {
        clockAheadMs: server === undefined ? null : Math.round((sentAt + receivedAt) / 2 - server.now),
        isReadOnly: server?.read_only === 1,
        // A standby cannot say; that it takes no changes is said already.
        noticesFailovers: server?.read_only === 1 || (await canReadHistory(reader, 'postgres')),
        durabilityOff: durabilitySettings.filter((name) => server?.[name] === 'off'),
        missingGrants: await listMissingGrants(reader, { schema, createsTables, trimsAudit }),
      };
    },
  });
}
