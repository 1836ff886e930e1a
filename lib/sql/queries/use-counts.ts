import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type { KeyUse } from '../../ports/key-store.js';
import { mergeInChunks } from '../merge-in-chunks.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import type { TimeBudget } from '../time-budget.js';
import { writeInBatches } from '../write-in-batches.js';
import { selectJsonRows } from './select-json-rows.js';

type UsedRow = Pick<KeyUse, 'keyId' | 'at' | 'count' | 'address'>;

/** Adds uses and moves the times of last use forward; keys that do not exist are skipped. */
export type AdvanceUses = (on: Kysely<Tables>, uses: readonly KeyUse[], budget: TimeBudget) => Promise<void>;

/** Groups the allowed uses by key, each key once, in the order of the ids. */
export function mergeUses(uses: readonly KeyUse[]): Promise<readonly KeyUse[]> {
  const allowed = uses.filter(({ keyId, verdict }) => verdict === 'allowed' && isStorable(keyId));
  return mergeInChunks(allowed, ({ keyId }) => keyId, sum);
}

function sum(a: KeyUse, b: KeyUse): KeyUse {
  const [earlier, later] = b.at >= a.at ? [a, b] : [b, a];
  return { ...later, address: later.address ?? earlier.address, count: a.count + b.count };
}

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileAdvanceUses(database: Kysely<Tables>, dialect: SqlDialect): AdvanceUses {
  const rows = selectJsonRows<UsedRow, 'used'>(dialect, 'used', {
    keyId: 'text',
    at: 'integer',
    count: 'integer',
    address: 'text',
  });
  const advance = prepareStatement(
    database
      .insertInto('key_uses')
      .columns(['key_id', 'last_used_at', 'use_count', 'last_used_address'])
      .expression((on) =>
        on
          .selectFrom(rows)
          .innerJoin('keys', 'keys.id', 'used.keyId')
          .select(['keys.id', 'used.at', 'used.count', 'used.address'])
          // Without a condition, SQLite takes the "on conflict" for one of the join.
          .where(sql.lit(true))
          .orderBy('keys.id'),
      )
      .onConflict((conflict) =>
        conflict.column('key_id').doUpdateSet((eb) => ({
          last_used_at: eb
            .case()
            .when('excluded.last_used_at', '>', eb.ref('key_uses.last_used_at'))
            .then(eb.ref('excluded.last_used_at'))
            .else(eb.ref('key_uses.last_used_at'))
            .end(),
          last_used_address: eb
            .case()
            .when('excluded.last_used_at', '>=', eb.ref('key_uses.last_used_at'))
            .then(eb.fn.coalesce('excluded.last_used_address', 'key_uses.last_used_address'))
            .else(eb.ref('key_uses.last_used_address'))
            .end(),
          use_count: eb('key_uses.use_count', '+', eb.ref('excluded.use_count')),
        })),
      ),
  );
  return (on, uses, budget) => writeInBatches(uses, (json) => advance(on, [json]), budget);
}
