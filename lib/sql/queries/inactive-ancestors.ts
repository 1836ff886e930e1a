import { sql, type Expression, type Kysely, type SqlBool } from 'kysely';
import { maxAncestors } from '../../domain/key-ancestor.js';
import type { Tables } from '../tables.js';
import type { LifetimeConditions } from './lifetime-conditions.js';

/**
 * Whether a row of `keys` has a key above it that is missing or not active. The rules of `findInactiveAncestor`
 * (lib/domain/inactive-ancestor.ts).
 */
export function hasInactiveAncestor(
  database: Kysely<Tables>,
  now: number,
  lifetime: LifetimeConditions,
): Expression<SqlBool> {
  // Behind the common table expression, `keys` are the keys above; before it, the row that is asked about.
  const isActive = sql`keys.revoked_at is null and keys.enabled = 1 and not ${lifetime.isExpired(now)}`;
  const areAllActive = database
    .withRecursive('chain', (builder) =>
      builder
        .selectFrom('keys as parent')
        .where('parent.id', '=', sql<string>`keys.parent_id`)
        .select(['parent.id', 'parent.parent_id', sql<number>`1`.as('depth')])
        .unionAll(
          builder
            .selectFrom('chain')
            .innerJoin('keys as above', 'above.id', 'chain.parent_id')
            .where('chain.depth', '<', sql<number>`${sql.lit(maxAncestors)}`)
            .select(['above.id', 'above.parent_id', sql<number>`chain.depth + 1`.as('depth')]),
        ),
    )
    .selectFrom('chain')
    .innerJoin('keys', 'keys.id', 'chain.id')
    .select(
      // The last one has no parent, unless a row is missing.
      sql<number>`min(case when ${isActive} then 1 else 0 end) * max(case when chain.parent_id is null then 1 else 0 end)`.as(
        'are_active',
      ),
    );
  return sql`(keys.parent_id is not null and coalesce(${areAllActive}, 0) = 0)`;
}
