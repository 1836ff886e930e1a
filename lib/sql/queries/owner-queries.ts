import type { Kysely, SelectQueryBuilder, Selectable } from 'kysely';
import type { OwnerRecord } from '../../domain/owner.js';
import type { PlanMembers } from '../../domain/plan.js';
import type { OwnerQuery } from '../../ports/owner-store.js';
import { isStorable } from '../../domain/is-storable.js';
import type { OwnersTable, Tables } from '../tables.js';
import { matchPart } from './match-part.js';

/** Overrides as they are stored: JSON. */
export function parseOverrides(stored: string | null): PlanMembers | null {
  return stored === null ? null : (JSON.parse(stored) as PlanMembers);
}

/** Selects the record of one owner. */
export function selectOwner(
  database: Kysely<Tables>,
  ownerId: string,
): SelectQueryBuilder<Tables, 'owners', Selectable<OwnersTable>> {
  return database.selectFrom('owners').selectAll().where('owner_id', '=', ownerId);
}

/** Reads what is known of one owner. */
export async function findOwner(database: Kysely<Tables>, ownerId: string): Promise<OwnerRecord | null> {
  if (!isStorable(ownerId)) return null;
  const row = await selectOwner(database, ownerId).executeTakeFirst();
  return row === undefined ? null : toOwner(row);
}

/** Reads one page of owners, by their ids. */
export async function listOwners(
  database: Kysely<Tables>,
  { isSuspended, q, after, until, limit }: OwnerQuery,
): Promise<readonly OwnerRecord[]> {
  if (!isStorable(q, after, until)) return [];
  let page = database.selectFrom('owners').selectAll();
  if (isSuspended !== undefined) page = page.where('suspended_at', isSuspended ? 'is not' : 'is', null);
  if (q !== undefined && q !== '') page = page.where(matchPart('owners.owner_id', q));
  if (after !== undefined) page = page.where('owner_id', '>', after);
  if (until !== undefined) page = page.where('owner_id', '<=', until);
  const rows = await page.orderBy('owner_id').limit(limit).execute();
  return rows.map(toOwner);
}

/** Finds the id of the last of the next `rows` owners, from the primary key alone. */
export async function findOwnerScanEnd(
  database: Kysely<Tables>,
  after: string | undefined,
  rows: number,
): Promise<string | null> {
  if (!isStorable(after)) return null;
  let owners = database.selectFrom('owners').select('owner_id');
  if (after !== undefined) owners = owners.where('owner_id', '>', after);
  const end = await owners
    .orderBy('owner_id')
    .offset(rows - 1)
    .limit(1)
    .executeTakeFirst();
  return end?.owner_id ?? null;
}

/** Reads one page of the ids of owners that have keys, from an index alone, with one lookup for each owner. */
export async function listOwnersWithKeys(
  database: Kysely<Tables>,
  { after, limit }: Pick<OwnerQuery, 'after' | 'limit'>,
): Promise<readonly string[]> {
  if (!isStorable(after)) return [];
  const rows = await database
    .withRecursive('found(owner_id, place)', (builder) =>
      builder
        .selectFrom('keys')
        .select(({ fn, lit }) => [
          fn.min<string | null>('keys.owner_id').as('owner_id'),
          lit(1).$castTo<number>().as('place'),
        ])
        .$if(after !== undefined, (query) => query.where('keys.owner_id', '>', after ?? ''))
        .unionAll(
          builder
            .selectFrom('found')
            .where('found.owner_id', 'is not', null)
            .where('found.place', '<', limit)
            .select((eb) => [
              eb
                .selectFrom('keys')
                .select(({ fn }) => fn.min<string | null>('keys.owner_id').as('owner_id'))
                .whereRef('keys.owner_id', '>', 'found.owner_id')
                .as('owner_id'),
              eb('found.place', '+', 1).as('place'),
            ]),
        ),
    )
    .selectFrom('found')
    .select('found.owner_id')
    .where('found.owner_id', 'is not', null)
    .orderBy('found.place')
    .execute();
  return rows.flatMap(({ owner_id: ownerId }) => ownerId ?? []);
}

/** Adds or replaces a record; rejects when the stored version is not the previous one. */
export async function writeOwner(database: Kysely<Tables>, record: OwnerRecord): Promise<void> {
  const row = toRow(record);
  if (record.version === 1) {
    await database.insertInto('owners').values(row).execute();
    return;
  }
  const { owner_id: ownerId, ...columns } = row;
  const result = await database
    .updateTable('owners')
    .set(columns)
    .where('owner_id', '=', ownerId)
    .where('version', '=', record.version - 1)
    .executeTakeFirst();
  if (result.numUpdatedRows === 1n) return;
  throw new Error(`The owner ${ownerId} is not stored at version ${record.version - 1}`);
}

/** Converts a row of {@link selectOwner}. */
export function toOwner(row: Selectable<OwnersTable>): OwnerRecord {
  return {
    ownerId: row.owner_id,
    plan: row.plan,
    overrides: parseOverrides(row.overrides),
    suspendedAt: row.suspended_at,
    suspensionReason: row.suspension_reason,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

function toRow(record: OwnerRecord): Selectable<OwnersTable> {
  return {
    owner_id: record.ownerId,
    plan: record.plan,
    overrides: record.overrides === null ? null : JSON.stringify(record.overrides),
    suspended_at: record.suspendedAt,
    suspension_reason: record.suspensionReason,
    version: record.version,
    created_at: record.createdAt,
    updated_at: record.updatedAt,
  };
}
