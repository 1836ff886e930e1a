import { quoteName } from './quote-name.js';

/** What is known about a statement that PostgreSQL refused for want of a privilege (SQLSTATE 42501). */
export interface RefusedStatement {
  /** PostgreSQL's own sentence. */
  readonly message: string;
  /** Whether connecting was refused. */
  readonly isConnecting: boolean;
  /** The statement; empty when connecting. */
  readonly text: string;
  /** The user of the connection, where it is known. */
  readonly user: string | null;
}

/** What a statement of the app needs on tables that it hardly ever changes; on all others it needs everything. */
const narrowTables: Readonly<Record<string, (statement: string) => string>> = {
  audit_events: listAuditPrivileges,
  schema_versions: () => 'SELECT',
};

/** Retention of the audit log deletes entries, and an erasure updates two columns. */
function listAuditPrivileges(statement: string): string {
  if (/^\s*delete\b/i.test(statement)) return 'DELETE';
  return /^\s*update\b/i.test(statement) ? 'UPDATE (personal, member_id)' : 'SELECT, INSERT';
}

const migrateElsewhere =
  "or let another user apply migrations, and set database: { connection, migrate: 'check' }";

/** Explains which GRANT is missing; as far as it can be read from the sentence, which may be in another language. */
export function describeMissingPrivilege(refused: RefusedStatement): string {
  const { user } = refused;
  const grants = findGrants(refused, user === null ? 'the user of the app' : quoteName(user));
  const who = user === null ? 'The database user' : `The database user ${user}`;
  return `${who} lacks a privilege on PostgreSQL (${refused.message}). ${grants} See docs/production/postgresql.md, "Roles and GRANTs"`;
}

function findGrants({ message, isConnecting, text }: RefusedStatement, grantee: string): string {
  const [, kind = '', quoted = ''] =
    /^(?:permission denied for|must be owner of) (\w+) (.+)$/.exec(message) ?? [];
  const name = quoteName(quoted.replaceAll('"', ''));
  const isDefining = /^\s*(?:create|alter|drop)\b/i.test(text);
  const schema = quoteName(findSchema(text, name));
  if (message.startsWith('must be owner')) {
    return `Migrations change tables, so they must be applied by the owner of ${kind} ${name}: start once as that user, ${migrateElsewhere}.`;
  }
  switch (kind) {
    case 'schema':
      return isDefining
        ? `Write: GRANT USAGE, CREATE ON SCHEMA ${name} TO ${grantee}; ${migrateElsewhere}.`
        : `Write: GRANT USAGE ON SCHEMA ${name} TO ${grantee};`;
    case 'database':
      return isConnecting
        ? `Write: GRANT CONNECT ON DATABASE ${name} TO ${grantee};`
        : `Write: GRANT CREATE ON DATABASE ${name} TO ${grantee}; or: CREATE SCHEMA ${readCreatedSchema(text)} AUTHORIZATION ${grantee};`;
    case 'table': {
      const privileges = narrowTables[name]?.(text) ?? 'SELECT, INSERT, UPDATE, DELETE';
      return `Write: GRANT ${privileges} ON ${schema}.${name} TO ${grantee};`;
    }
    case 'sequence':
      return `Write: GRANT USAGE, SELECT ON SEQUENCE ${schema}.${name} TO ${grantee};`;
    case 'function':
      return `Write: GRANT EXECUTE ON FUNCTION ${name} TO ${grantee};`;
    default:
      return `Grant USAGE on the schema ${schema}, and SELECT, INSERT, UPDATE and DELETE on its tables, to ${grantee}; without row-level security.`;
  }
}

/** Columns are qualified too, so only what stands before the name itself is a schema. */
function findSchema(text: string, name: string): string {
  const [before] = text.split(`"."${name}"`);
  return (before === text ? undefined : before?.split('"').at(-1)) ?? 'api_keys';
}

function readCreatedSchema(text: string): string {
  return quoteName(/create schema "([^"]+)"/i.exec(text)?.[1] ?? 'api_keys');
}
