import { dayMs } from '../domain/day-ms.js';
import { FailureLog } from '../domain/failure-log.js';
import { getPeriodStart } from '../domain/key-usage.js';
import {
  maxRouteLength,
  maxRoutesPerDay,
  otherRoutes,
  statusClasses,
  type DailyRouteCount,
  type StatusClass,
} from '../domain/route-usage.js';
import type { Change } from '../domain/key-change.js';
import { maxRowsPerWrite, WriteInProgress } from '../domain/write-in-progress.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { UsageLog } from '../ports/usage-log.js';
import { ErasureMarks, type CountedFor } from './erasure-marks.js';

/** A request that is counted when it has been answered. */
export interface RequestBegun extends CountedFor {
  /** What {@link RouteUsageRecorder.mark} was before its key was authenticated. */
  readonly mark: number;
}

/** A count, and whose it is. */
interface OwnedCount extends DailyRouteCount, CountedFor {}

/** The counts of one key on one day: route -> one count for each class of status. */
interface CountedDay extends CountedFor {
  readonly day: number;
  readonly routes: Map<string, number[]>;
}

/** How long requests are counted before the counts are written, in milliseconds. */
export const routeUsageWindowMs = 10_000;
/** The number of routes of keys that are counted before the end of the window is not waited for. */
export const maxWaitingRoutes = 10_000;

/**
 * Counts requests of keys by route and class of status, and writes the counts in the background. Only requests of keys that were
 * authenticated are counted, and however many there are, the number of counts is bounded, in memory and in the database. When the
 * process is killed, one window is lost at most, while the database is available.
 */
export class RouteUsageRecorder {
  readonly #clock: Clock;
  readonly #failures: FailureLog;
  #log: Pick<UsageLog, 'addRoutes'> | null = null;
  /** By key. */
  #days = new Map<string, CountedDay>();
  /** Days that are over. */
  #past: CountedDay[] = [];
  #routes = 0;
  #lost = 0;
  #timer: NodeJS.Timeout | null = null;
  /** Whether a write is due before the end of the window: not again until it has succeeded. */
  #isHurried = false;
  #writing: Promise<void> = Promise.resolve();
  readonly #erasures = new ErasureMarks();
  readonly #adding = new WriteInProgress<OwnedCount>();
  #ensureLease: () => Promise<void> = () => Promise.resolve();
  #isStopped = false;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#failures = new FailureLog(logger, {
      begins: 'usage by route is not written yet',
      ends: (lost) => `usage by route is written again; ${lost} requests were not counted`,
    });
  }

  /**
   * Sets the log to write to.
   *
   * @param ensureLease - resolves when all changes up to now are known here, erasures among them; rejects when that is unknown
   */
  start(log: Pick<UsageLog, 'addRoutes'>, ensureLease?: () => Promise<void>): void {
    this.#log = log;
    if (ensureLease !== undefined) this.#ensureLease = ensureLease;
  }

  /** Writes what is left. Never rejects. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.flush();
    this.#log = null;
    this.#cancel();
  }

  /** To be read before a request is decided, and kept until it is answered. */
  get mark(): number {
    return this.#erasures.last;
  }

  /** Counts one request that has been answered; not where its key or owner was erased meanwhile. */
  note({ keyId, ownerId, mark }: RequestBegun, route: string, status: StatusClass): void {
    if (this.#erasures.hasSince(mark, { keyId, ownerId })) return;
    const day = getPeriodStart(dayMs, this.#clock.now());
    this.#add({ keyId, ownerId, day, route: route.slice(0, maxRouteLength), status, count: 1 });
    this.#timer ??= setTimeout(() => void this.flush(), routeUsageWindowMs).unref();
    if (this.#routes < maxWaitingRoutes || this.#isHurried) return;
    this.#isHurried = true;
    void this.flush();
  }

  /**
   * Drops what is not written yet of a key or of an owner whose data was erased, and what requests that are being answered would add.
   *
   * @returns resolves when what was handed to the log before is written, or has failed; `null` when there is nothing of it
   */
  forget(change: Change): Promise<unknown> | null {
    this.#erasures.note(change);
    return this.#drop(
      change.keyId === null
        ? ({ ownerId }) => ownerId === change.ownerId
        : ({ keyId }) => keyId === change.keyId,
    );
  }

  /** The same for all keys: which of them were erased is not known. */
  forgetAll(): Promise<unknown> | null {
    this.#erasures.noteAll();
    return this.#drop(() => true);
  }

  #drop(isErased: (of: CountedFor) => boolean): Promise<unknown> | null {
    for (const [keyId, day] of this.#days) {
      if (!isErased(day)) continue;
      this.#routes -= day.routes.size;
      this.#days.delete(keyId);
    }
    for (const past of this.#past) if (isErased(past)) this.#routes -= past.routes.size;
    this.#past = this.#past.filter((past) => !isErased(past));
    return this.#adding.findEndOf(isErased);
  }

  /** Writes what was counted. Never rejects. */
  flush(): Promise<void> {
    this.#cancel();
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #add({ keyId, ownerId, day, route, status, count }: OwnedCount): void {
    const known = this.#days.get(keyId);
    // The database does not take what was counted.
    const isFull = this.#routes >= 2 * maxWaitingRoutes;
    if (isFull && (known?.day !== day || !known.routes.has(route))) {
      this.#lost += count;
      return;
    }
    const { routes } = known?.day === day ? known : this.#startDay({ keyId, ownerId }, day, known);
    const name = routes.has(route) || routes.size < maxRoutesPerDay ? route : otherRoutes;
    const counts = routes.get(name) ?? this.#addRoute(routes, name);
    counts[statusClasses.indexOf(status)]! += count;
  }

  #startDay({ keyId, ownerId }: CountedFor, day: number, before: CountedDay | undefined): CountedDay {
    if (before !== undefined) this.#past.push(before);
    const started = { keyId, ownerId, day, routes: new Map<string, number[]>() };
    this.#days.set(keyId, started);
    return started;
  }

  #addRoute(routes: Map<string, number[]>, route: string): number[] {
    const counts = statusClasses.map(() => 0);
    routes.set(route, counts);
    this.#routes += 1;
    return counts;
  }

  #take(): readonly OwnedCount[] {
    const days = [...this.#past, ...this.#days.values()];
    this.#days = new Map();
    this.#past = [];
    this.#routes = 0;
    return days.flatMap(listCounts);
  }

  async #write(): Promise<void> {
    const log = this.#log;
    if (log === null || this.#routes === 0) return;
    try {
      await this.#ensureLease();
    } catch (error) {
      this.#retryLater(error);
      return;
    }
    const [counts, mark] = [this.#take(), this.mark];
    let hasFailed = false;
    for (let start = 0; start < counts.length; start += maxRowsPerWrite) {
      const select = (end?: number): readonly OwnedCount[] =>
        counts.slice(start, end).filter((each) => !this.#erasures.hasSince(mark, each));
      const selectBatch = (): readonly OwnedCount[] => select(start + maxRowsPerWrite);
      try {
        // Others may have stopped waiting for this process during the batch before.
        if (start > 0) await this.#ensureLease();
      } catch (error) {
        this.#keep(select(), error);
        return;
      }
      try {
        const batch = selectBatch();
        if (batch.length > 0) {
          await this.#adding.run(batch, (rows) => log.addRoutes(rows.map(removeOwner)));
        }
      } catch (error) {
        hasFailed = true;
        // A process that shuts down does not wait for the deadline of each batch.
        this.#keep(this.#isStopped ? select() : selectBatch(), error);
        if (this.#isStopped) return;
      }
    }
    if (hasFailed) return;
    this.#isHurried = false;
    // Also what was lost since the last failure, or because a write took too long.
    if (this.#lost > 0) this.#reportLost(null);
    this.#failures.worked();
  }

  /** Retried with the next window, as far as there is room; what may have been written is rather counted twice than lost. */
  #keep(counts: readonly OwnedCount[], error: unknown): void {
    for (const each of counts) this.#add(each);
    this.#retryLater(error);
  }

  #retryLater(error: unknown): void {
    this.#reportLost(error);
    this.#timer ??= setTimeout(() => void this.flush(), routeUsageWindowMs).unref();
  }

  #reportLost(error: unknown): void {
    this.#failures.failed(error, this.#lost);
    this.#lost = 0;
  }
}

/** Without what only this process has to know. */
function removeOwner({ ownerId: _, ...count }: OwnedCount): DailyRouteCount {
  return count;
}

function listCounts({ keyId, ownerId, day, routes }: CountedDay): readonly OwnedCount[] {
  return Array.from(routes, ([route, counts]) =>
    statusClasses.flatMap((status, index) => {
      const count = counts[index] ?? 0;
      return count === 0 ? [] : [{ keyId, ownerId, day, route, status, count }];
    }),
  ).flat();
}
