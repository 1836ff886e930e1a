import {
  startOfFeed,
  type BeatAnswer,
  type ChangeFeed,
  type FeedChange,
  type FeedPosition,
  type FeedWatch,
  type Instance,
  type PlaceAnswer,
  type PlaceClaim,
} from '../ports/change-feed.js';
import { asUnavailable } from './as-unavailable.js';
import type { CheckedDatabases } from './checked-database.js';
import { holdOffChanges } from './queries/audit-queries.js';
import { claimPlace } from './queries/claim-place.js';
import { compileFeedQueries, notListed } from './queries/feed-queries.js';
import type { FeedQueries, SqlBeatAnswer } from './queries/feed-queries.js';
import type { Kysely } from 'kysely';
import type { SeenPosition } from './seen-position.js';
import type { ServerHistory } from './server-history.js';
import type { SqlDatabase, Writing } from './sql-database.js';
import type { Tables } from './tables.js';
import { isReplacedFile } from './sqlite/sqlite-file.js';
import type { TimeBudget } from './time-budget.js';

/** Runs one call of the store within its deadline; rejects while the store is not open. */
export type WithinDeadline = <T>(what: string, work: (budget: TimeBudget) => Promise<T>) => Promise<T>;

/** The change feed on SQLite and PostgreSQL alike. */
export class SqlChangeFeed implements ChangeFeed {
  readonly #database: SqlDatabase;
  /** For reads that do not check in their own statement which server answers. */
  readonly #checked: SqlDatabase;
  readonly #within: WithinDeadline;
  readonly #seen: SeenPosition;
  readonly #history: ServerHistory;
  /** Those that are running, with what each calls back. */
  readonly #watches = new Map<FeedWatch, () => void>();
  #queries: FeedQueries | undefined;
  #isRecordingHistory = false;

  /**
   * @param seen - records the changes that beats return, and is reset when a process starts over
   * @param history - of the server that answers
   */
  constructor(
    { checked, unchecked }: CheckedDatabases,
    within: WithinDeadline,
    seen: SeenPosition,
    history: ServerHistory,
  ) {
    this.#database = unchecked;
    this.#checked = checked;
    this.#within = within;
    this.#seen = seen;
    this.#history = history;
  }

  async join(instance: Pick<Instance, 'id' | 'acked' | 'leaseMs'>): Promise<void> {
    await this.#within('Joining the change feed', (budget) =>
      this.#database.write(
        budget,
        async (on) => {
          await holdOffChanges(on, this.#database.dialect);
          await this.#queriesFor(on).join(on, instance);
        },
        { lane: 'own' },
      ),
    );
    this.#seen.forget();
  }

  leave(instanceId: string): Promise<void> {
    return this.#write('Leaving the change feed', (queries, on) => queries.leave(on, instanceId));
  }

  async beat(instanceId: string, applied: FeedPosition, limit: number): Promise<BeatAnswer> {
    const beat = (queries: FeedQueries, on: Kysely<Tables>): Promise<SqlBeatAnswer> =>
      queries.beat(on, instanceId, applied, limit);
    const beating = this.#write('A beat', beat, { mayBeLost: true });
    const { isHistoryRecorded, ...answer } = await beating.catch((error: unknown): SqlBeatAnswer => {
      // In the database that others use now, this process is not listed, and its lease has expired.
      if (isReplacedFile(error)) return notListed;
      void this.#reopenHistory(error);
      throw error;
    });
    if (!isHistoryRecorded) void this.#recordHistory();
    if (answer.isListed && answer.isKnown) this.#seen.note(answer.changes.at(-1) ?? applied);
    return answer;
  }

  latest(limit: number): Promise<readonly FeedChange[]> {
    return this.#within('Reading the last changes', (budget) =>
      this.#checked.read(budget, (on) => this.#queriesFor(on).latest(on, limit)),
    );
  }

  lastSequence(): Promise<number> {
    return this.#read('Reading the last sequence number', (queries, on) =>
      queries.lastSequence(on, this.#seen.current),
    );
  }

  instances(): Promise<readonly Instance[]> {
    return this.#read('Listing the instances', (queries, on) => queries.instances(on, this.#seen.current));
  }

  remove(instance: Pick<Instance, 'id' | 'beat'>): Promise<boolean> {
    return this.#write('Removing an instance', (queries, on) => queries.remove(on, instance));
  }

  claimPlace(claim: PlaceClaim): Promise<PlaceAnswer> {
    const { dialect } = this.#database;
    return this.#within('Claiming a place', (budget) =>
      this.#database.write(
        budget,
        (on) => claimPlace(on, dialect, claim, () => this.#history.isListComplete(on)),
        {
          lane: 'own',
        },
      ),
    );
  }

  watch(onHint: () => void, onLost: () => void = () => undefined): FeedWatch {
    const running = this.#database.watch(
      {
        readLast: () => this.lastSequence(),
        lastSeen: () => this.#seen.current.sequence,
      },
      onHint,
      onLost,
    );
    const watch: FeedWatch = {
      mode: () => running.mode(),
      isLocal: running.isLocal,
      stop: async () => {
        this.#watches.delete(watch);
        await running.stop();
      },
    };
    this.#watches.set(watch, onHint);
    return watch;
  }

  /** Lets those that follow the feed beat now: by that they find out that the history has changed. */
  hint(): void {
    for (const onHint of this.#watches.values()) onHint();
  }

  /** Stops all watches that are still running. */
  async close(): Promise<void> {
    await Promise.all([...this.#watches.keys()].map((watch) => watch.stop()));
  }

  /**
   * Records that another server has taken over, so that the time in which nothing is confirmed begins then and not with the
   * next change. Nothing waits for it: a change finds out by itself.
   */
  async #recordHistory(): Promise<void> {
    if (this.#isRecordingHistory) return;
    this.#isRecordingHistory = true;
    try {
      await this.#within('Recording that a server has taken over', (budget) =>
        this.#database.write(budget, (on) => this.#history.lockHead(on, startOfFeed), { lane: 'own' }),
      );
    } catch {
      // The next beat tries again.
    } finally {
      this.#isRecordingHistory = false;
    }
  }

  /** After a beat has failed: the next one does without what the server refuses. Never rejects. */
  async #reopenHistory(error: unknown): Promise<void> {
    try {
      const hasChanged = await this.#within('Looking for the history of the server', (budget) =>
        this.#history.reopenAfter(error, this.#checked, budget),
      );
      if (hasChanged) this.#queries = undefined;
    } catch {
      // The next beat that fails tries again.
    }
  }

  /** Runs a read that checks in its own statement which server answers. */
  #read<T>(what: string, work: (queries: FeedQueries, on: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#within(what, (budget) =>
      this.#database.read(budget, (on) => asUnavailable(() => work(this.#queriesFor(on), on))),
    );
  }

  #write<T>(
    what: string,
    work: (queries: FeedQueries, on: Kysely<Tables>) => Promise<T>,
    writing?: Pick<Writing, 'mayBeLost'>,
  ): Promise<T> {
    return this.#within(what, (budget) =>
      this.#database.writeOnce(budget, (on) => work(this.#queriesFor(on), on), writing),
    );
  }

  #queriesFor(on: Kysely<Tables>): FeedQueries {
    return (this.#queries ??= compileFeedQueries(on, this.#database.dialect, this.#history));
  }
}
