import { sql, type AliasedExpression, type Kysely } from 'kysely';
import { listAncestors, maxAncestors, type KeyAncestor } from '../../domain/key-ancestor.js';
import type { RateLimit } from '../../domain/rate-limit.js';
import type { ResourceBinding } from '../../domain/resource-binding.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

/** One key above another one, as the statement writes it; lists are JSON in JSON, as they are stored. */
type AncestorRow = readonly [
  id: string,
  parentId: string | null,
  version: number,
  enabled: number,
  revokedAt: number | null,
  expiresAt: number | null,
  createdAt: number,
  activatedAt: number,
  lastUsedAt: number | null,
  maxIdleDays: number | null,
  scopes: string,
  features: string,
  ipAllowlist: string | null,
  resources: string | null,
  rateLimits: string,
  hasCredits: number,
];

/**
 * The keys above the row `key`, as a JSON list in any order; null for a key without a parent, for which nothing is read. As a
 * column it comes with the key in one statement: a copy of a key is as recent as its copies of the keys above it.
 */
export function selectAncestors(
  database: Kysely<Tables>,
  dialect: SqlDialect,
): AliasedExpression<string | null, 'ancestors'> {
  const parentOfKey = sql<string | null>`${sql.ref('key.parent_id')}`;
  const chain = database
    .withRecursive('chain', (builder) =>
      builder
        .selectFrom('keys as parent')
        .where('parent.id', '=', parentOfKey)
        .selectAll('parent')
        .select(sql<number>`1`.as('depth'))
        .unionAll(
          builder
            .selectFrom('chain')
            .innerJoin('keys as above', 'above.id', 'chain.parent_id')
            .where('chain.depth', '<', sql<number>`${sql.lit(maxAncestors)}`)
            .selectAll('above')
            .select(sql<number>`chain.depth + 1`.as('depth')),
        ),
    )
    .selectFrom('chain')
    .leftJoin('key_uses as above_use', 'above_use.key_id', 'chain.id')
    .select(selectRows(dialect).as('rows'));
  return sql<string | null>`case when ${parentOfKey} is not null then ${chain} end`.as('ancestors');
}

function selectRows(dialect: SqlDialect) {
  const listColumns = (columns: readonly string[]) => columns.map((column) => sql.ref(`chain.${column}`));
  const columns = sql.join([
    ...listColumns(['id', 'parent_id', 'version', 'enabled', 'revoked_at', 'expires_at', 'created_at']),
    sql`coalesce(${sql.ref('chain.activated_at')}, ${sql.ref('chain.created_at')})`,
    sql.ref('above_use.last_used_at'),
    ...listColumns([
      'max_idle_days',
      'scopes',
      'features',
      'ip_allowlist',
      'resources',
      'rate_limits',
      'has_credits',
    ]),
  ]);
  return dialect === 'postgres'
    ? sql<string>`pg_catalog.json_agg(pg_catalog.json_build_array(${columns}))::text`
    : sql<string>`json_group_array(json_array(${columns}))`;
}

/** Reads the column. */
export function parseAncestors(parentId: string, column: string | null): readonly KeyAncestor[] {
  const rows = column === null ? [] : (JSON.parse(column) as readonly AncestorRow[]);
  const byId = new Map(rows.map((row) => [row[0], toAncestor(row)]));
  return listAncestors(parentId, (id) => byId.get(id));
}

function toAncestor(row: AncestorRow): KeyAncestor {
  const [id, parentId, version, enabled, revokedAt, expiresAt, createdAt, activatedAt, ...others] = row;
  const [lastUsedAt, maxIdleDays, scopes, features, ipAllowlist, resources, rateLimits, hasCredits] = others;
  return {
    id,
    parentId,
    version,
    enabled: enabled === 1,
    revokedAt,
    expiresAt,
    createdAt,
    activatedAt,
    lastUsedAt,
    maxIdleDays,
    scopes: JSON.parse(scopes) as string[],
    features: JSON.parse(features) as string[],
    ipAllowlist: ipAllowlist === null ? null : (JSON.parse(ipAllowlist) as string[]),
    resources: resources === null ? null : (JSON.parse(resources) as ResourceBinding),
    rateLimits: JSON.parse(rateLimits) as RateLimit[],
    hasCredits: hasCredits === 1,
  };
}
