import type { Kysely, Selectable } from 'kysely';
import type { RefreshGrant, RevokedToken } from '../../ports/token-store.js';
import type { RefreshGrantsTable, Tables } from '../tables.js';

/** Rows past their end that are removed with each one that is added. */
const mostRemoved = 100;

/** Takes a token back unless that was done; whether it was not. To be run under the lock of a change. */
export async function insertRevokedToken(
  database: Kysely<Tables>,
  { id, keyId, expiresAt }: RevokedToken,
  now: number,
): Promise<boolean> {
  await removeEnded(database, 'revoked_tokens', now);
  const { numInsertedOrUpdatedRows = 0n } = await database
    .insertInto('revoked_tokens')
    .values({ id, key_id: keyId, expires_at: expiresAt })
    .onConflict((conflict) => conflict.column('id').doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows === 1n;
}

/** Removes some of the rows whose end has come, in an order in which no two processes wait for each other in a circle. */
export async function removeEnded(
  database: Kysely<Tables>,
  table: 'revoked_tokens' | 'refresh_grants',
  now: number,
): Promise<void> {
  // The two tables have these columns in common; the compiler cannot tell from the union.
  const name = table as 'revoked_tokens';
  await database
    .deleteFrom(name)
    .where('id', 'in', (ended) =>
      ended
        .selectFrom(`${name} as old`)
        .select('old.id')
        .where('old.expires_at', '<=', now)
        .orderBy('old.expires_at')
        .orderBy('old.id')
        .limit(mostRemoved),
    )
    .execute();
}

/** One chain of refresh tokens as its row has it. */
export function refreshGrantFromRow(row: Selectable<RefreshGrantsTable>): RefreshGrant {
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

/** The row of one chain of refresh tokens. */
export function rowOfRefreshGrant(grant: RefreshGrant): RefreshGrantsTable {
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
