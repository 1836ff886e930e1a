import type { Kysely, Selectable } from 'kysely';
import type { RefreshGrant, RevokedToken } from '../../ports/token-store.js';
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

/** Maps a chain of refresh tokens to its row. */
export function toRefreshGrantRow(grant: RefreshGrant): RefreshGrantsTable {
  return {
    id: grant.id,
    key_id: grant.keyId,
    credential_id: grant.credentialId,
    scopes: JSON.stringify(grant.scopes),
    session: grant.session,
    expires_at: grant.expiresAt,
    digest: grant.digest,
  };
}
