import { sql } from 'kysely';
import type { Kysely } from 'kysely';
import type {
  RefreshGrantStore,
  SigningAlgorithm,
  SigningKeyStore,
  TokenStore,
} from '../ports/token-store.js';
import {
  createStaleServerError,
  isServerCurrent,
  isFromStaleServer,
  listPositionParameters,
  selectFromCurrentServer,
} from './position-check.js';
import type { ServerCheck } from './position-check.js';
import { prepareStatement, type PreparedStatement } from './prepared-statement.js';
import type { SeenPosition } from './seen-position.js';
import type { WithinDeadline } from './sql-change-feed.js';
import type { CheckedDatabases } from './checked-database.js';
import type { SqlDatabase, SqlDialect } from './sql-database.js';
import { isStorable } from '../domain/is-storable.js';
import type { Tables } from './tables.js';
import { deleteRefreshGrant, insertRefreshGrant, toRefreshGrant } from './queries/token-queries.js';

/** Runs a read that every request with a token may wait for, with the shorter deadline of reads of keys. */
export type Lookup = <T>(what: string, work: (database: Kysely<Tables>) => Promise<T>) => Promise<T>;

/** The token store on SQLite and PostgreSQL. */
export class SqlTokenStore implements TokenStore {
  readonly signingKeys: SigningKeyStore;
  readonly refreshGrants: RefreshGrantStore;
  readonly #lookUp: Lookup;
  readonly #seen: SeenPosition;
  readonly #dialect: SqlDialect;
  #isRevoked: PreparedStatement<ServerCheck & { readonly is_revoked: number }> | undefined;

  /**
   * @param lookups - `unchecked`: for a read that checks in its own statement which server answers
   * @param seen - the change that this server must have
   */
  constructor(
    { checked, unchecked }: CheckedDatabases,
    within: WithinDeadline,
    lookups: { readonly checked: Lookup; readonly unchecked: Lookup },
    seen: SeenPosition,
  ) {
    this.#lookUp = lookups.unchecked;
    this.#seen = seen;
    this.#dialect = unchecked.dialect;
    this.signingKeys = createSigningKeyStore(checked, within, lookups.checked);
    this.refreshGrants = createRefreshGrantStore({ checked, unchecked }, within, seen);
  }

  async isRevoked(tokenId: string): Promise<boolean> {
    if (!isStorable(tokenId)) return false;
    return this.#lookUp('Reading whether a token was revoked', async (database) => {
      const isRevoked = (this.#isRevoked ??= compileIsRevoked(database, this.#dialect));
      const { rows } = await isRevoked(database, [...listPositionParameters(this.#seen.current), tokenId]);
      if (isFromStaleServer(rows)) throw createStaleServerError();
      return rows[0]?.is_revoked === 1;
    });
  }
}

function compileIsRevoked(
  database: Kysely<Tables>,
  dialect: SqlDialect,
): PreparedStatement<ServerCheck & { readonly is_revoked: number }> {
  const token = database.selectFrom('revoked_tokens').select('id').where('id', '=', '');
  const isRevoked = sql<number>`case when exists ${token} then 1 else 0 end`.as('is_revoked');
  return prepareStatement(database.selectNoFrom([isServerCurrent(database, dialect), isRevoked]));
}

function createSigningKeyStore(
  database: SqlDatabase,
  within: WithinDeadline,
  lookUp: Lookup,
): SigningKeyStore {
  return {
    list: () =>
      lookUp('Reading the signing keys', async (on) => {
        const rows = await on
          .selectFrom('signing_keys')
          .selectAll()
          .orderBy('active_from')
          .orderBy('id')
          .execute();
        return rows.map((row) => ({
          id: row.id,
          algorithm: row.algorithm as SigningAlgorithm,
          sealedKey: row.sealed_key,
          createdAt: row.created_at,
          activeFrom: row.active_from,
        }));
      }),

    add: ({ id, algorithm, sealedKey, createdAt, activeFrom }) =>
      within('Adding a signing key', (budget) =>
        database.write(budget, async (on) => {
          await on
            .insertInto('signing_keys')
            .values({
              id,
              algorithm,
              sealed_key: sealedKey,
              created_at: createdAt,
              active_from: activeFrom,
            })
            .execute();
        }),
      ),

    async remove(ids) {
      if (ids.length === 0) return;
      await within('Removing signing keys', (budget) =>
        database.write(budget, (on) => on.deleteFrom('signing_keys').where('id', 'in', ids).execute()),
      );
    },
  };
}

function createRefreshGrantStore(
  { checked: database, unchecked }: CheckedDatabases,
  within: WithinDeadline,
  seen: SeenPosition,
): RefreshGrantStore {
  return {
    add: (grant) =>
      within('Adding a refresh token', (budget) =>
        database.write(budget, (on) => insertRefreshGrant(on, unchecked.dialect, grant), {
          lane: 'requests',
        }),
      ),

    async find(id) {
      if (!isStorable(id)) return null;
      return within('Reading a refresh token', (budget) =>
        unchecked.readForRequest(budget, async (on) => {
          const grant = on.selectFrom('refresh_grants').selectAll().where('id', '=', id);
          const { current } = seen;
          const [row] = await selectFromCurrentServer(on, unchecked.dialect, current, grant, 'id');
          return row === undefined ? null : toRefreshGrant(row);
        }),
      );
    },

    async replace(id, digest, next) {
      if (!isStorable(id)) return false;
      return within('Replacing a refresh token', (budget) =>
        // Not repeated after it began, because the second time it would find its own token.
        database.spend(budget, async (on) => {
          const { numUpdatedRows } = await on
            .updateTable('refresh_grants')
            .set({ digest: next })
            .where('id', '=', id)
            .where('digest', '=', digest)
            .executeTakeFirstOrThrow();
          return numUpdatedRows === 1n;
        }),
      );
    },

    async remove(id) {
      if (!isStorable(id)) return;
      await within('Ending a chain of refresh tokens', (budget) =>
        database.write(budget, (on) => deleteRefreshGrant(on, id), {
          lane: 'requests',
        }),
      );
    },

    sessions: (keyId, now) =>
      within('Reading the sessions of a key', (budget) =>
        database.readForRequest(budget, async (on) => {
          const rows = await on
            .selectFrom('refresh_grants')
            .selectAll()
            .where('key_id', '=', keyId)
            .where('session', 'is not', null)
            .where('expires_at', '>', now)
            .orderBy('expires_at')
            .orderBy('id')
            .execute();
          return rows.map(toRefreshGrant);
        }),
      ),
  };
}
