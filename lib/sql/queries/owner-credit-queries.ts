import type { Kysely } from 'kysely';
import type { SpentCredits } from '../../domain/plan-credits.js';
import { isStorable } from '../../domain/is-storable.js';
import type { Tables } from '../tables.js';

/** Reads what the keys of an owner have spent of shared credits. */
export async function findSpent(
  database: Kysely<Tables>,
  ownerId: string,
  environment: string,
): Promise<SpentCredits | null> {
  if (!isStorable(ownerId)) return null;
  const row = await database
    .selectFrom('owner_credits')
    .select(['spent', 'since'])
    .where('owner_id', '=', ownerId)
    .where('environment', '=', environment)
    .executeTakeFirst();
  return row ?? null;
}

/** Deletes what the keys of an owner have spent of shared credits. */
export async function deleteSpent(database: Kysely<Tables>, ownerId: string): Promise<number> {
  if (!isStorable(ownerId)) return 0;
  const { numDeletedRows } = await database
    .deleteFrom('owner_credits')
    .where('owner_id', '=', ownerId)
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
