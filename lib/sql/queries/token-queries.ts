import { sql } from 'kysely';
import type { Kysely, Selectable } from 'kysely';
import { isStorable } from '../../domain/is-storable.js';
import type { RefreshGrant, RevokedToken } from '../../ports/token-store.js';
import type { SqlDialect } from '../sql-database.js';
import type { RefreshGrantsTable, Tables } from '../tables.js';

/** Revokes a token unless it is revoked; returns whether it was revoked now. Run it under the lock of a change. */
export async function insertRevokedToken(
  database: Kysely<Tables>,
  { id, keyId, expiresAt }: RevokedToken,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await database
    .insertInto('revoked_tokens')
    .values({ id, key_id: keyId, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Removes the row of a chain of refresh tokens; does nothing when there is none. */
export async function deleteRefreshGrant(database: Kysely<Tables>, id: string): Promise<void> {
  await database.deleteFrom('refresh_grants').where('id', '=', id).execute();
}

/** Maps a row to a chain of refresh tokens. */
export function toRefreshGrant(row: Selectable<RefreshGrantsTable>): RefreshGrant {
  return {
    id: row.id,
    keyId: row.key_id,
    credentialId: row.credential_id,
    scopes: JSON.parse(row.scopes) as readonly string[],
    session: row.session,
    expiresAt: row.expires_at,
    digest: row.digest,
  };
}

/**
 * Adds a chain of refresh tokens, unless its key is revoked, and returns whether it was added. A revocation that is committed by
 * the time of the lock is found; one that is not does not wait for it.
 */
export async function insertRefreshGrant(
  database: Kysely<Tables>,
  dialect: SqlDialect,
  grant: RefreshGrant,
): Promise<boolean> {
  if (!isStorable(grant.keyId)) return false;
  const { numInsertedOrUpdatedRows = 0n } = await database
    .insertInto('refresh_grants')
    .columns(['id', 'key_id', 'credential_id', 'scopes', 'session', 'expires_at', 'digest'])
    .expression((on) =>
      on
        .selectFrom('keys')
        .select(({ ref, val }) => [
          sql<string>`cast(${grant.id} as text)`.as('id'),
          ref('keys.id').as('key_id'),
          sql<string>`cast(${grant.credentialId} as text)`.as('credential_id'),
          sql<string>`cast(${JSON.stringify(grant.scopes)} as text)`.as('scopes'),
          sql<string | null>`cast(${val(grant.session)} as text)`.as('session'),
          sql<number>`cast(${grant.expiresAt} as bigint)`.as('expires_at'),
          sql<string>`cast(${grant.digest} as text)`.as('digest'),
        ])
        .where('keys.id', '=', grant.keyId)
        .where('keys.revoked_at', 'is', null)
        .$if(dialect === 'postgres', (query) => query.forKeyShare()),
    )
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}
