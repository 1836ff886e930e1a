import type { Kysely } from 'kysely';
import type { PlaceAnswer, PlaceClaim } from '../../ports/change-feed.js';
import type { SqlDialect } from '../sql-database.js';
import type { Tables } from '../tables.js';

/**
 * Claims a place; run it in a transaction, which locks the row of the place (on SQLite, everything).
 *
 * @param isListComplete - while a process may be missing on the list, which may be elsewhere, no other place is granted
 */
export async function claimPlace(
  on: Kysely<Tables>,
  dialect: SqlDialect,
  { instanceId, place, takesSignatures, now }: PlaceClaim,
  isListComplete: () => Promise<boolean>,
): Promise<PlaceAnswer> {
  const row = on.selectFrom('signature_place').select(['place', 'since']).where('id', '=', 1);
  const granted = await (dialect === 'postgres' ? row.forUpdate() : row).executeTakeFirstOrThrow();
  const { numUpdatedRows } = await on
    .updateTable('instances')
    .set({ place, takes_signatures: takesSignatures ? 1 : 0 })
    .where('id', '=', instanceId)
    .executeTakeFirst();
  if (numUpdatedRows === 0n) return { isListed: false, since: null };
  if (!takesSignatures) return { isListed: true, since: null };
  if (granted.place === place) return { isListed: true, since: granted.since };
  const elsewhere = await on
    .selectFrom('instances')
    .select('id')
    .where('id', '<>', instanceId)
    .where('takes_signatures', '=', 1)
    .where('place', '<>', place)
    .limit(1)
    .execute();
  if (elsewhere.length > 0 || !(await isListComplete())) return { isListed: true, since: null };
  const since = granted.place === null ? 0 : Math.max(now, granted.since);
  await on.updateTable('signature_place').set({ place, since }).where('id', '=', 1).execute();
  return { isListed: true, since };
}
