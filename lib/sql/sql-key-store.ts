import type { Expression, Kysely, Transaction } from 'kysely';
import { withDeadline } from '../deadline.js';
import type { ApiKeyRecord } from '../domain/api-key.js';
import type { AuditEntry } from '../domain/audit-entry.js';
import { ApiKeysError } from '../errors.js';
import type { AccessLog } from '../ports/access-log.js';
import type { AuditTrail } from '../ports/audit-trail.js';
import type { ChangeFeed, FeedPosition } from '../ports/change-feed.js';
import type { CreditLedger } from '../ports/credit-ledger.js';
import type { Erasure } from '../ports/erasure.js';
import type { EventStore } from '../ports/event-store.js';
import type { IdempotencyClaims } from '../ports/idempotency-claims.js';
import type { Housekeeping } from '../ports/housekeeping.js';
import type { Logger } from '../ports/logger.js';
import type { ObservationLog } from '../ports/observation-log.js';
import type { OwnerStore } from '../ports/owner-store.js';
import type { NonceStore } from '../ports/nonce-store.js';
import type { TokenStore } from '../ports/token-store.js';
import type { UsageLog } from '../ports/usage-log.js';
import type {
  AuditQuery,
  AuditScan,
  ChangeLane,
  ChangeQueuing,
  EventBounds,
  KeyPosition,
  KeyQuery,
  KeyStore,
  KeyStoreTransaction,
  KeyUse,
} from '../ports/key-store.js';
import { listAuditEvents } from './queries/audit-queries.js';
import { findEventBounds, findEventScanEnd } from './queries/audit-scan.js';
import { selectClaim, toClaim } from './queries/claim-queries.js';
import { compileSpendCredits, type SpendCredits } from './queries/credit-queries.js';
import { compileFindExisting } from './queries/existing-keys.js';
import type { FindExisting } from './queries/existing-keys.js';
import { findTakenIds } from './queries/taken-ids.js';
import { readClock } from './queries/database-clock.js';
import { deleteExpired } from './queries/expired-rows.js';
import { deleteUsage } from './queries/delete-usage.js';
import { deleteRouteCounts } from './queries/route-counts.js';
import { insertDigest } from './queries/key-changes.js';
import { compileFindKey, countKeysOfOwner, findScanEnd, listKeys } from './queries/key-queries.js';
import type { FindKeyById } from './queries/key-queries.js';
import { findSpent } from './queries/owner-credit-queries.js';
import {
  selectOwner,
  findOwnerScanEnd,
  listOwners,
  listOwnersWithKeys,
  toOwner,
} from './queries/owner-queries.js';
import { findEndedKeys } from './queries/removed-keys.js';
import { deleteTrimmed } from './queries/trail-start.js';
import { migrate } from './migrate.js';
import type { MigrateMode, SqlDatabase } from './sql-database.js';
import { asUnavailable } from './as-unavailable.js';
import { createCheckedDatabase } from './checked-database.js';
import { createStaleServerError, selectFromCurrentServer } from './position-check.js';
import { PriorityMutex } from './priority-mutex.js';
import { SeenPosition } from './seen-position.js';
import { ServerHistory } from './server-history.js';
import { SqlAccessLog } from './sql-access-log.js';
import { SqlAuditTrail } from './sql-audit-trail.js';
import { SqlChangeFeed } from './sql-change-feed.js';
import type { WithinDeadline } from './sql-change-feed.js';
import { SqlErasure } from './sql-erasure.js';
import { SqlEventStore } from './sql-event-store.js';
import { SqlObservationLog } from './sql-observation-log.js';
import { SqlNonceStore } from './sql-nonce-store.js';
import { SqlTokenStore, type Lookup } from './sql-token-store.js';
import { SqlUsageLog } from './sql-usage-log.js';
import { SqlTransaction } from './sql-transaction.js';
import { isStorable } from '../domain/is-storable.js';
import type { Tables } from './tables.js';
import { TimeBudget } from './time-budget.js';
import { compileAdvanceUses, mergeUses } from './queries/use-counts.js';
import type { AdvanceUses } from './queries/use-counts.js';
import { compileAddUsage, countByHour } from './queries/usage-counts.js';
import type { AddUsage } from './queries/usage-counts.js';
import { compileAddUsedParts, listPartUses, type AddUsedParts } from './queries/used-parts.js';

/** Settings of {@link SqlKeyStore}, defaults filled in. */
export interface SqlKeyStoreSettings {
  /** Milliseconds. */
  readonly deadlineMs: number;
  /** The deadline of the read that verification waits for, in milliseconds. */
  readonly readDeadlineMs: number;
  readonly migrate: MigrateMode;
  readonly logger: Logger | undefined;
}

/** The key store on SQLite and PostgreSQL alike. */
export class SqlKeyStore implements KeyStore {
  readonly feed: ChangeFeed;
  readonly accessLog: AccessLog;
  readonly observations: ObservationLog;
  readonly trail: AuditTrail;
  readonly usage: UsageLog;
  readonly nonces: NonceStore;
  readonly tokens: TokenStore;
  readonly erasure: Erasure;
  readonly events: EventStore;
  readonly housekeeping: Housekeeping = {
    readClock: () =>
      this.#within('Reading the clock of the database', (budget) =>
        this.#database.read(budget, (database) => readClock(database, this.#database.dialect)),
      ),
    removeExpired: (rows, time, limit) =>
      this.#within('Removing expired rows', (budget) =>
        this.#database.writeOnce(budget, (database) =>
          deleteExpired(database, this.#database.dialect, rows, time, limit),
        ),
      ),
    findEndedKeys: (time, limit) =>
      this.#within('Looking for ended keys', (budget) =>
        this.#database.readForRequest(budget, (database) => findEndedKeys(database, time, limit)),
      ),
    removeUsage: (keyIds, limit) =>
      this.#within('Removing counts of uses', (budget) =>
        this.#database.writeOnce(budget, async (database) => {
          const deleted = await deleteUsage(database, this.#database.dialect, { keyIds }, limit);
          return (
            deleted + (await deleteRouteCounts(database, this.#database.dialect, { keyIds }, limit - deleted))
          );
        }),
      ),
    removeTrimmed: (limit) =>
      this.#within('Removing entries of the audit trail', (budget) =>
        this.#database.writeOnce(budget, (database) =>
          deleteTrimmed(database, this.#database.dialect, limit),
        ),
      ),
  };
  readonly owners: OwnerStore = {
    find: async (ownerId) => {
      if (!isStorable(ownerId)) return null;
      const [row] = await this.#readRows(
        'Reading an owner',
        (database) => selectOwner(database, ownerId),
        'owner_id',
      );
      return row === undefined ? null : toOwner(row);
    },
    list: (query) =>
      this.#within('Listing owners', (budget) =>
        this.#database.readForRequest(budget, (database) => listOwners(database, query)),
      ),
    findScanEnd: (after, rows) =>
      this.#within('Listing owners', (budget) =>
        this.#database.readForRequest(budget, (database) => findOwnerScanEnd(database, after, rows)),
      ),
    listWithKeys: (query) =>
      this.#within('Listing owners', (budget) =>
        this.#database.readForRequest(budget, (database) => listOwnersWithKeys(database, query)),
      ),
    countKeys: (...keys) =>
      this.#within('Counting keys', (budget) =>
        this.#database.readForRequest(
          budget,
          async (database) => (await countKeysOfOwner(database, ...keys, undefined)).unrevoked,
        ),
      ),
  };
  readonly claims: IdempotencyClaims = {
    find: async (name) => {
      const [row] = await this.#readRows(
        'Reading a repeated change',
        (database) => selectClaim(database, name),
        'name',
      );
      return row === undefined ? null : toClaim(row);
    },
  };
  readonly credits: CreditLedger = {
    spend: (...payment) =>
      this.#within('Spending credits', (budget) =>
        this.#database.spend(budget, (database) =>
          (this.#spendCredits ??= compileSpendCredits(database, this.#database.dialect))(
            database,
            ...payment,
          ),
        ),
      ),
    findSpent: (...owner) =>
      this.#within('Reading spent credits', (budget) =>
        this.#database.readForRequest(budget, (database) => findSpent(database, ...owner)),
      ),
  };
  readonly #feed: SqlChangeFeed;
  readonly #database: SqlDatabase;
  readonly #seen = new SeenPosition();
  readonly #history: ServerHistory;
  readonly #settings: SqlKeyStoreSettings;
  /** Changes wait for each other anyway; while they wait here, they occupy no connection that reads could use. */
  readonly #changes = new PriorityMutex();
  /** For reads that check in their own statement which server answers. */
  readonly #unchecked: SqlDatabase;
  #findById: FindKeyById | undefined;
  #advanceUses: AdvanceUses | undefined;
  #addUsage: AddUsage | undefined;
  #addUsedParts: AddUsedParts | undefined;
  #findExisting: FindExisting | undefined;
  #spendCredits: SpendCredits | undefined;
  #opening: Promise<void> | undefined;
  #isOpen = false;

  constructor(database: SqlDatabase, settings: SqlKeyStoreSettings) {
    const checked = createCheckedDatabase(database, this.#seen);
    this.#database = checked;
    this.#unchecked = database;
    this.#settings = settings;
    const runWithin: WithinDeadline = (what, work) => this.#within(what, work);
    this.#history = new ServerHistory(database.dialect);
    this.feed = this.#feed = new SqlChangeFeed(
      { checked, unchecked: database },
      runWithin,
      this.#seen,
      this.#history,
    );
    this.accessLog = new SqlAccessLog(checked, runWithin);
    this.observations = new SqlObservationLog(checked, runWithin);
    this.trail = new SqlAuditTrail(checked, runWithin);
    this.usage = new SqlUsageLog(checked, runWithin);
    this.nonces = new SqlNonceStore(checked, runWithin, this.#history);
    this.erasure = new SqlErasure(checked, runWithin);
    this.events = new SqlEventStore(checked, runWithin);
    const createLookup =
      (on: SqlDatabase): Lookup =>
      (what, work) =>
        this.#within(what, (budget) => on.lookUp(budget, work), settings.readDeadlineMs);
    const lookups = { checked: createLookup(checked), unchecked: createLookup(database) };
    this.tokens = new SqlTokenStore({ checked, unchecked: database }, runWithin, lookups, this.#seen);
  }

  async open(): Promise<void> {
    this.#opening ??= this.#open();
    try {
      await this.#opening;
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  /** Takes longer than the deadline only while a migration runs, here or in another process. */
  async #open(): Promise<void> {
    await this.#database.open();
    const { migrate: mode, deadlineMs, logger } = this.#settings;
    const { isNew } = await migrate(this.#unchecked, mode, new TimeBudget(deadlineMs));
    await this.#history.open(this.#unchecked, new TimeBudget(deadlineMs));
    this.#isOpen = true;
    const { label } = this.#database;
    if (isNew)
      logger?.warn(`api-keys: new tables were created in ${label}; keys stored elsewhere are unknown here`);
    else logger?.info?.(`api-keys: opened ${label}`);
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#opening = undefined;
    const closing = this.#feed
      .close()
      .then(() => this.#changes.empty())
      .then(() => this.#database.close());
    await withDeadline(closing, this.#settings.deadlineMs, 'Closing the key store');
  }

  find(id: string, ownerId?: string): Promise<ApiKeyRecord | null> {
    const find = (database: Kysely<Tables>): Promise<ApiKeyRecord | null> =>
      (this.#findById ??= compileFindKey(database, this.#database.dialect))(
        database,
        this.#seen.current,
        id,
        ownerId,
      );
    const { readForRequest, lookUp } = this.#unchecked;
    // The statement reads the audit trail as well; without the trail nothing is trusted.
    const readKey = (budget: TimeBudget): Promise<ApiKeyRecord | null> =>
      asUnavailable(() => (ownerId === undefined ? lookUp : readForRequest)(budget, find));
    const { readDeadlineMs } = this.#settings;
    if (ownerId === undefined) return this.#within('Reading a key', readKey, readDeadlineMs);
    return this.#within('Reading a key', readKey);
  }

  existing(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#within('Looking for keys', (budget) =>
      this.#unchecked.readForRequest(budget, (database) => {
        const find = (this.#findExisting ??= compileFindExisting(database, this.#database.dialect));
        return asUnavailable(() => find(database, this.#seen.current, ids));
      }),
    );
  }

  findTaken(ids: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#within('Looking for keys', (budget) =>
      this.#database.readForRequest(budget, (database) =>
        findTakenIds(database, this.#database.dialect, ids),
      ),
    );
  }

  list(query: KeyQuery): Promise<readonly ApiKeyRecord[]> {
    return this.#within('Listing keys', (budget) =>
      this.#database.readForRequest(budget, (database) => listKeys(database, this.#database.dialect, query)),
    );
  }

  findScanEnd(
    query: Pick<KeyQuery, 'ownerId' | 'createdByMember' | 'after'>,
    rows: number,
  ): Promise<KeyPosition | null> {
    return this.#within('Listing keys', (budget) =>
      this.#database.readForRequest(budget, (database) => findScanEnd(database, query, rows)),
    );
  }

  listEvents(query: AuditQuery): Promise<readonly AuditEntry[]> {
    return this.#within('Listing the audit trail', (budget) =>
      this.#database.readForRequest(budget, (database) => listAuditEvents(database, query)),
    );
  }

  findEventScanEnd(query: AuditScan, rows: number): Promise<number | null> {
    return this.#within('Listing the audit trail', (budget) =>
      this.#database.readForRequest(budget, (database) => findEventScanEnd(database, query, rows)),
    );
  }

  findEventBounds(time: Pick<AuditQuery, 'from' | 'to'>, rows: number): Promise<EventBounds> {
    return this.#within('Listing the audit trail', (budget) =>
      this.#database.readForRequest(budget, (database) => findEventBounds(database, time, rows)),
    );
  }

  transact<T>(
    work: (transaction: KeyStoreTransaction) => Promise<T>,
    queuing: ChangeQueuing = {},
  ): Promise<T> {
    return this.#within('A change', (budget) =>
      this.#changes.pass(budget, queuing, () => this.#change(budget, work, queuing.lane)),
    );
  }

  countWaitingChanges(): ReturnType<PriorityMutex['countWaiting']> {
    return this.#changes.countWaiting();
  }

  async #change<T>(
    budget: TimeBudget,
    work: (transaction: KeyStoreTransaction) => Promise<T>,
    lane: ChangeLane | undefined,
  ): Promise<T> {
    type Committed = { readonly result: T; readonly position: FeedPosition };
    const run = async (database: Transaction<Tables>): Promise<Committed> => {
      const { dialect, channel } = this.#database;
      const locked = await asUnavailable(() => this.#history.lockHead(database, this.#seen.current));
      if (!locked.isCurrent) {
        this.#feed.hint();
        throw createStaleServerError();
      }
      const transaction = new SqlTransaction(database, dialect, locked, channel);
      try {
        const value = await withDeadline(work(transaction), budget.remainingMs, 'The work of a change');
        await transaction.finish();
        budget.check();
        return { result: value, position: transaction.position };
      } catch (error) {
        await transaction.abandon();
        throw error;
      }
    };
    const { result, position } = await this.#database.write(budget, run, { lane });
    this.#seen.note(position);
    return result;
  }

  addDigest(keyId: string, credentialId: string, pepperId: string, digest: string): Promise<void> {
    const row = { key_id: keyId, credential_id: credentialId, pepper_id: pepperId, digest };
    if (!isStorable(keyId, credentialId)) return Promise.resolve();
    return this.#within('Adding a digest', (budget) =>
      this.#database.write(budget, (database) => insertDigest(database, this.#database.dialect, row), {
        lane: 'requests',
      }),
    );
  }

  recordUse(uses: readonly KeyUse[]): Promise<void> {
    return this.#within('Recording uses', async (budget) => {
      const allowed = await mergeUses(uses);
      const counts = await countByHour(uses);
      const parts = await listPartUses(uses);
      if (counts.length === 0) return;
      const addAll = async (database: Kysely<Tables>): Promise<void> => {
        const { dialect } = this.#database;
        this.#advanceUses ??= compileAdvanceUses(database, dialect);
        this.#addUsage ??= compileAddUsage(database, dialect);
        this.#addUsedParts ??= compileAddUsedParts(database, dialect);
        await this.#advanceUses(database, allowed, budget);
        await this.#addUsage(database, counts, budget);
        await this.#addUsedParts(database, parts, budget);
        // An erasure that waits for this write has stopped waiting at the deadline.
        budget.check();
      };
      await this.#database.write(budget, addAll, { mayBeLost: true });
    });
  }

  /** Runs a query that checks in its own statement which server answers. */
  #readRows<O>(
    what: string,
    select: (database: Kysely<Tables>) => Expression<O>,
    key: keyof O,
  ): Promise<readonly O[]> {
    return this.#within(what, (budget) =>
      this.#unchecked.readForRequest(budget, (on) =>
        selectFromCurrentServer(on, this.#unchecked.dialect, this.#seen.current, select(on), key),
      ),
    );
  }

  #within<T>(
    what: string,
    work: (budget: TimeBudget) => Promise<T>,
    deadlineMs: number = this.#settings.deadlineMs,
  ): Promise<T> {
    if (!this.#isOpen) {
      return Promise.reject(
        new ApiKeysError('unavailable', { cause: new Error('The key store is not open') }),
      );
    }
    return withDeadline(work(new TimeBudget(deadlineMs)), deadlineMs, what);
  }
}
