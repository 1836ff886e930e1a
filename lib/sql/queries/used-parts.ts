import type { Kysely } from 'kysely';
import { dayMs } from '../../domain/day-ms.js';
import { getPeriodStart } from '../../domain/key-usage.js';
import type { KeyPart, UsedPart } from '../../domain/used-part.js';
import type { KeyUse } from '../../ports/key-store.js';
import { mergeInChunks } from '../merge-in-chunks.js';
import { prepareStatement } from '../prepared-statement.js';
import type { SqlDialect } from '../sql-database.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';
import type { TimeBudget } from '../time-budget.js';
import { writeInBatches } from '../write-in-batches.js';
import { selectJsonRows } from './select-json-rows.js';

/** A part of a key that was used on one day. */
export interface PartUse extends KeyPart {
  readonly keyId: string;
  readonly day: number;
}

/** Records on which days parts of keys were used; keys that do not exist are skipped. */
export type AddUsedParts = (
  on: Kysely<Tables>,
  parts: readonly PartUse[],
  budget: TimeBudget,
) => Promise<void>;

/** Groups the parts by key, each with its last day, in order. */
export function listPartUses(uses: readonly KeyUse[]): Promise<readonly PartUse[]> {
  const parts = uses
    .filter(({ keyId, parts: { length } }) => length > 0 && isStorable(keyId))
    .flatMap(({ keyId, at, parts: used }) =>
      used.map(({ kind, name }) => ({ keyId, kind, name, day: getPeriodStart(dayMs, at) })),
    );
  return mergeInChunks(
    parts,
    ({ keyId, kind, name }) => `${keyId} ${kind} ${name}`,
    (a, b) => (b.day > a.day ? b : a),
  );
}

/** @param database - any connection of the store; the statement can be run on each of them */
export function compileAddUsedParts(database: Kysely<Tables>, dialect: SqlDialect): AddUsedParts {
  const rows = selectJsonRows<PartUse, 'used'>(dialect, 'used', {
    keyId: 'text',
    kind: 'text',
    name: 'text',
    day: 'integer',
  });
  const add = prepareStatement(
    database
      .insertInto('key_used_parts')
      .columns(['key_id', 'kind', 'name', 'first_used_on', 'last_used_on'])
      .expression((on) =>
        on
          .selectFrom(rows)
          .innerJoin('keys', 'keys.id', 'used.keyId')
          .leftJoin('key_used_parts as known', (join) =>
            join
              .onRef('known.key_id', '=', 'used.keyId')
              .onRef('known.kind', '=', 'used.kind')
              .onRef('known.name', '=', 'used.name'),
          )
          .select(['keys.id', 'used.kind', 'used.name', 'used.day', 'used.day as last'])
          // What this day is known of already is not written again, nor locked.
          .where(({ eb, or, ref }) =>
            or([eb('known.last_used_on', 'is', null), eb('known.last_used_on', '<', ref('used.day'))]),
          )
          .orderBy('keys.id')
          .orderBy('used.kind')
          .orderBy('used.name'),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['key_id', 'kind', 'name'])
          .doUpdateSet((eb) => ({ last_used_on: eb.ref('excluded.last_used_on') }))
          .whereRef('key_used_parts.last_used_on', '<', 'excluded.last_used_on'),
      ),
  );
  return (on, parts, budget) => writeInBatches(parts, (json) => add(on, [json]), budget);
}

/** The recorded parts of some keys, by key, kind and name. */
export async function listUsedParts(
  database: Kysely<Tables>,
  keyIds: readonly string[],
): Promise<readonly UsedPart[]> {
  const storable = keyIds.filter((id) => isStorable(id));
  if (storable.length === 0) return [];
  const rows = await database
    .selectFrom('key_used_parts')
    .selectAll()
    .where('key_id', 'in', storable)
    .orderBy('key_id')
    .orderBy('kind')
    .orderBy('name')
    .execute();
  return rows.map((row) => ({
    keyId: row.key_id,
    kind: row.kind,
    name: row.name,
    firstUsedOn: row.first_used_on,
    lastUsedOn: row.last_used_on,
  }));
}

/** Deletes what is recorded of the parts of keys. */
export async function deleteUsedParts(database: Kysely<Tables>, keyIds: readonly string[]): Promise<void> {
  if (keyIds.length === 0) return;
  await database.deleteFrom('key_used_parts').where('key_id', 'in', keyIds).execute();
}
