import { sql, type Kysely } from 'kysely';
import type { Tables } from '../tables.js';
import { quoteName } from './quote-name.js';

/** What the app needs on tables that it hardly ever changes; on all others it needs everything. */
const narrowTables: Readonly<Record<string, readonly string[]>> = {
  audit_events: ['SELECT', 'INSERT', 'UPDATE'],
  schema_versions: ['SELECT'],
};
const everything = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;
/** An erasure updates these. */
const erasedColumns = 'UPDATE (personal, member_id)';

/** Which rights are to be looked at. */
export interface ExaminedRights {
  readonly schema: string;
  /** Whether the user is going to create or change tables. */
  readonly createsTables: boolean;
  /** Whether the user deletes entries of the audit trail. */
  readonly trimsAudit: boolean;
}

/** Returns the statements that give the connected user what it lacks. It reads the catalog, which needs no right. */
export async function listMissingGrants(database: Kysely<Tables>, rights: ExaminedRights): Promise<string[]> {
  const { rows: schemas } = await sql<{ user: string; database: string; usage: number; create: number }>`
    select current_user as "user", current_database() as "database",
      case when n.oid is null or pg_catalog.has_schema_privilege(n.oid, 'USAGE') then 1 else 0 end as "usage",
      case when pg_catalog.has_schema_privilege(n.oid, 'CREATE')
        or n.oid is null and pg_catalog.has_database_privilege(current_database(), 'CREATE') then 1 else 0 end as "create"
    from (select 1) as one left join pg_catalog.pg_namespace as n on n.nspname = ${rights.schema}`.execute(
    database,
  );
  const [found] = schemas;
  if (found === undefined) return [];
  const grantee = quoteName(found.user);
  const schema = quoteName(rights.schema);
  const grants = found.usage === 1 ? [] : [`GRANT USAGE ON SCHEMA ${schema} TO ${grantee};`];
  if (rights.createsTables && found.create === 0) {
    grants.push(
      found.usage === 1 && (await hasNoSchema(database, rights.schema))
        ? `CREATE SCHEMA ${schema} AUTHORIZATION ${grantee};`
        : `GRANT CREATE ON SCHEMA ${schema} TO ${grantee};`,
    );
  }
  const { rows } = await sql<{ table: string; privilege: string }>`
    select c.relname as "table", p.privilege from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      cross join pg_catalog.unnest(array['SELECT', 'INSERT', 'UPDATE', 'DELETE']) as p(privilege)
    where n.nspname = ${rights.schema} and c.relkind in ('r', 'p')
      and not case when c.relname = 'audit_events' and p.privilege = 'UPDATE'
        then not exists (select 1 from pg_catalog.pg_attribute as a
          where a.attrelid = c.oid and a.attname in ('personal', 'member_id')
            and not pg_catalog.has_column_privilege(c.oid, a.attnum, 'UPDATE'))
        else pg_catalog.has_table_privilege(c.oid, p.privilege) end
    order by c.relname`.execute(database);
  for (const table of new Set(rows.map((row) => row.table))) {
    const missing = listNeeded(table, rights.trimsAudit).filter((each) =>
      rows.some((row) => row.table === table && row.privilege === each),
    );
    if (missing.length === 0) continue;
    const written = missing.map((each) =>
      table === 'audit_events' && each === 'UPDATE' ? erasedColumns : each,
    );
    grants.push(`GRANT ${written.join(', ')} ON ${schema}.${quoteName(table)} TO ${grantee};`);
  }
  return grants;
}

function listNeeded(table: string, trimsAudit: boolean): readonly string[] {
  if (table === 'audit_events' && trimsAudit) return everything;
  return narrowTables[table] ?? everything;
}

async function hasNoSchema(database: Kysely<Tables>, schema: string): Promise<boolean> {
  const { rows } = await sql`select 1 from pg_catalog.pg_namespace where nspname = ${schema}`.execute(
    database,
  );
  return rows.length === 0;
}
