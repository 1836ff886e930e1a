// @ts-check
// What a fleet does in a database, as PostgreSQL's own statistics have it.
import pg from 'pg';

/** Reads by this role are not counted. */
const observer = 'bench_observer';

/**
 * Everything is counted from the start of the server.
 * @typedef {object} Activity
 * @property {number} transactions
 * @property {number} statements of all roles but the observer
 * @property {number} rowsReturned by scans of the tables of the package and by index
 * @property {number} rowsWritten
 * @property {number} updates of the list of processes
 * @property {number} hotUpdates of these, without a new entry in the index
 * @property {number} vacuums
 * @property {ReadonlyMap<string, { calls: number, tookMs: number }>} byStatement how often each was run, and how long all that took
 */
/**
 * @typedef {object} InstancesTable
 * @property {number} rows
 * @property {number} deadRows
 * @property {number} bytes with its index
 */

/**
 * Connects as a role of its own to a database with the tables of the package.
 * @param {string} databaseUrl of a superuser
 */
export async function openDatabaseActivity(databaseUrl) {
  const setUp = new pg.Client({ connectionString: databaseUrl });
  await setUp.connect();
  await setUp.query('create extension if not exists pg_stat_statements');
  const { rowCount } = await setUp.query('select 1 from pg_roles where rolname = $1', [observer]);
  if (rowCount === 0) await setUp.query(`create role ${observer} login superuser`);
  await setUp.end();
  const url = new URL(databaseUrl);
  url.username = observer;
  const client = new pg.Client({ connectionString: url.href, application_name: observer });
  await client.connect();

  /** @param {string} text @param {unknown[]} [values] @returns {Promise<any>} the first row */
  const first = async (text, values = []) => (await client.query(text, values)).rows[0];

  return {
    end: () => client.end(),

    /** @returns {Promise<Activity>} */
    async read() {
      const { transactions } = await first(
        `select (xact_commit + xact_rollback)::float8 as transactions from pg_stat_database where datname = current_database()`,
      );
      const tables = await first(
        `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as "rowsReturned",
           sum(n_tup_ins + n_tup_upd + n_tup_del)::float8 as "rowsWritten",
           sum(n_tup_upd) filter (where relname = 'instances')::float8 as updates,
           sum(n_tup_hot_upd) filter (where relname = 'instances')::float8 as "hotUpdates",
           sum(autovacuum_count) filter (where relname = 'instances')::float8 as vacuums
         from pg_stat_user_tables where schemaname = 'api_keys'`,
      );
      const { rows } = await client.query(
        `select query, sum(calls)::float8 as calls, sum(total_exec_time) as "tookMs" from pg_stat_statements
         where dbid = (select oid from pg_database where datname = current_database())
           and userid <> (select oid from pg_roles where rolname = current_user) group by query`,
      );
      const byStatement = new Map(rows.map(({ query, calls, tookMs }) => [query, { calls, tookMs }]));
      const statements = [...byStatement.values()].reduce((sum, { calls }) => sum + calls, 0);
      return { transactions, ...tables, statements, byStatement };
    },

    /** @returns {Promise<number>} of everybody but the observer */
    async countConnections() {
      const { count } = await first(
        `select count(*)::int as count from pg_stat_activity
         where datname = current_database() and application_name <> $1 and backend_type = 'client backend'`,
        [observer],
      );
      return count;
    },

    /** @param {string} [table] @returns {Promise<InstancesTable>} */
    async readTable(table = 'instances') {
      const { rows } = await first(`select count(*)::int as rows from api_keys.${table}`);
      return await first(
        `select n_dead_tup::float8 as "deadRows", pg_total_relation_size(relid)::float8 as bytes, $2::int as rows
         from pg_stat_user_tables where schemaname = 'api_keys' and relname = $1`,
        [table, rows],
      );
    },

    /** Copies the list of processes, to be aged when they are gone. */
    async copyList() {
      await client.query('drop table if exists api_keys.instances_aged');
      await client.query('create table api_keys.instances_aged (like api_keys.instances including all)');
      await client.query('alter table api_keys.instances_aged set (autovacuum_enabled = off)');
      await client.query('insert into api_keys.instances_aged select * from api_keys.instances');
    },

    /**
     * Repeats the heartbeats of all processes on the copy, each in a transaction of its own. Nothing vacuums it meanwhile, which
     * is the worst that there can be.
     * @param {number} rounds heartbeats of each process
     */
    async ageCopy(rounds) {
      await client.query('set synchronous_commit = off');
      await client.query(
        `do $$ declare listed text; ids text[] := array(select id from api_keys.instances_aged order by random()); begin
           for round in 1..${rounds} loop foreach listed in array ids loop
             update api_keys.instances_aged set beat = beat + 1, acked = greatest(acked, acked) where id = listed;
             commit;
           end loop; end loop;
         end $$`,
      );
      await client.query('reset synchronous_commit');
      await client.query('select pg_stat_force_next_flush()');
      const aged = await this.readTable('instances_aged');
      const { share } = await first(
        `select n_tup_hot_upd::float8 / greatest(n_tup_upd, 1) as share from pg_stat_user_tables
         where schemaname = 'api_keys' and relname = 'instances_aged'`,
      );
      const start = performance.now();
      await client.query('vacuum api_keys.instances_aged');
      const vacuumMs = performance.now() - start;
      await client.query('drop table api_keys.instances_aged');
      return { ...aged, hotShare: share, vacuumMs };
    },
  };
}
