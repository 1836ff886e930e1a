import { FailureLog } from '../domain/failure-log.js';
import type { Change } from '../domain/key-change.js';
import { hourMs, getPeriodStart } from '../domain/key-usage.js';
import { addObserved, overflowCode, type ObservedRefusal } from '../domain/observed-refusal.js';
import { maxRowsPerWrite, WriteInProgress } from '../domain/write-in-progress.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { ObservationLog } from '../ports/observation-log.js';
import { WindowWriter } from './window-writer.js';

/** One request that a guard in observe mode has let through. */
export type Observation = Pick<ObservedRefusal, 'method' | 'route' | 'code' | 'keyId' | 'ownerId'>;

/** What is known of a request before it has a route. */
export type UnroutedObservation = Omit<Observation, 'route'>;

/** Whose request it was. */
type ObservedOf = Pick<Observation, 'keyId' | 'ownerId'>;

/** A request that is counted when its route is known. */
interface Waiting extends ObservedOf {
  readonly timer: NodeJS.Timeout;
  readonly count: () => void;
}

/** How long a request waits for its route at most, in milliseconds: a stream may stay open for days. */
export const routeWaitMs = 3_000;
/** How long requests are counted before the counts are written, in milliseconds. */
export const observationWindowMs = 10_000;
/** Maximum number of counts that wait to be written; requests beyond them are counted as one overflow. */
export const maxWaitingCounts = 1_000;
/** How long counts are kept, in milliseconds: 30 days. */
const keptMs = 30 * 24 * 60 * 60 * 1000;
/** Maximum number of counts that are kept. */
const keptRows = 100_000;
/** Longer routes are cut: a database cannot have them in a primary key. */
const maxRouteLength = 300;
/** Counts that are removed in one step. */
const removedAtOnce = 500;

/**
 * Counts what guards in observe mode would have refused, and writes the counts in the background. Counting a request costs one map
 * lookup, and however many requests come, the number of counts is bounded, in memory and in the database. When the process is
 * killed, one window is lost at most, while the database is available.
 */
export class ObservationRecorder {
  readonly #clock: Clock;
  readonly #failures: FailureLog;
  readonly #writer: WindowWriter<ObservationLog>;
  readonly #waiting = new Set<Waiting>();
  #counts = new Map<string, ObservedRefusal>();
  /** Those that are being written, and wait again if that fails. */
  #taken = new Map<string, ObservedRefusal>();
  readonly #adding = new WriteInProgress<ObservedRefusal>();

  constructor(ports: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = ports.clock;
    this.#failures = new FailureLog(ports.logger, {
      begins: 'observed requests are not written yet',
      ends: () => 'observed requests are written again; some may be counted twice',
    });
    this.#writer = new WindowWriter(ports, {
      windowMs: observationWindowMs,
      write: (log) => this.#write(log),
      kept: {
        keptMs,
        keptRows,
        messages: {
          begins: 'old counts of observed requests are not removed yet',
          ends: () => 'old counts of observed requests are removed again',
        },
      },
    });
  }

  /** Sets the log to write to. @param ensureLease - see {@link WindowWriter.start} */
  start(log: ObservationLog, ensureLease?: () => Promise<void>): void {
    this.#writer.start(log, ensureLease);
  }

  /** Writes the remaining counts, also of requests that wait for their route. Never rejects. */
  stop(): Promise<void> {
    for (const each of this.#waiting) this.#end(each).count();
    return this.#writer.stop();
  }

  /** Counts one request. */
  note(observation: Observation): void {
    this.#noteAt(this.#clock.now(), observation);
  }

  /**
   * Counts one request whose route is not known yet: when the returned function is called, after a few seconds, or when the recorder
   * stops, whichever comes first. Its time is that of this call.
   *
   * @param readRoute - returns what is known of the route by then; must not throw
   */
  noteLater(observation: UnroutedObservation, readRoute: () => string): () => void {
    const at = this.#clock.now();
    const count = (): void => this.#noteAt(at, { ...observation, route: readRoute() });
    const countOnce = (): void => {
      if (this.#waiting.has(waiting)) this.#end(waiting).count();
    };
    const timer = setTimeout(countOnce, routeWaitMs).unref();
    const { keyId, ownerId } = observation;
    const waiting: Waiting = { keyId, ownerId, timer, count };
    this.#waiting.add(waiting);
    return countOnce;
  }

  #noteAt(at: number, { method, route, code, keyId, ownerId }: Observation): void {
    const [hour, shortRoute] = [getPeriodStart(hourMs, at), route.slice(0, maxRouteLength)];
    this.#count({
      ...{ hour, method, route: shortRoute, code, keyId, ownerId },
      ...{ count: 1, firstAt: at, lastAt: at },
    });
    this.#writer.schedule();
  }

  #end(waiting: Waiting): Waiting {
    clearTimeout(waiting.timer);
    this.#waiting.delete(waiting);
    return waiting;
  }

  /**
   * Drops what is not written yet of a key or of an owner whose data was erased.
   *
   * @returns resolves when what was handed to the log before is written, or has failed; `null` when there is nothing of it
   */
  forget(change: Change): Promise<unknown> | null {
    const { keyId } = change;
    return this.#drop(keyId === null ? (of) => of.ownerId === change.ownerId : (of) => of.keyId === keyId);
  }

  /** Drops everything that names an owner or a key: which of them were erased is not known. */
  forgetAll(): Promise<unknown> | null {
    return this.#drop(({ ownerId, keyId }) => ownerId !== null || keyId !== null);
  }

  #drop(isErased: (of: ObservedOf) => boolean): Promise<unknown> | null {
    for (const each of this.#waiting) if (isErased(each)) this.#end(each);
    for (const counts of [this.#counts, this.#taken]) {
      for (const [name, each] of counts) if (isErased(each)) counts.delete(name);
    }
    return this.#adding.findEndOf(isErased);
  }

  /** Writes what was counted. Never rejects. */
  flush(): Promise<void> {
    return this.#writer.flush();
  }

  /** Deletes all counts, here and in the database; other processes may still write those of their last window. */
  async clear(): Promise<void> {
    for (const each of this.#waiting) this.#end(each);
    for (const counts of [this.#counts, this.#taken]) counts.clear();
    const log = await this.#writer.settle();
    if (log === null) return;
    while ((await log.prune(0, 0, removedAtOnce)) >= removedAtOnce);
  }

  #count(added: ObservedRefusal): void {
    const name = deriveName(added);
    const known = this.#counts.get(name);
    if (known !== undefined) this.#counts.set(name, addObserved(known, added));
    else if (this.#counts.size < maxWaitingCounts || added.code === overflowCode)
      this.#counts.set(name, added);
    else this.#count({ ...added, ...overflow });
  }

  async #write(log: ObservationLog | null): Promise<boolean> {
    if (log === null || this.#counts.size === 0) return false;
    this.#taken = this.#counts;
    this.#counts = new Map();
    let hasWritten = false;
    try {
      while (this.#taken.size > 0) {
        // Others may have stopped waiting for this process while counts were written.
        await this.#writer.ensureLease();
        const some = [...this.#taken].slice(0, maxRowsPerWrite);
        if (some.length === 0) break;
        await this.#adding.run(
          some.map(([, each]) => each),
          (counts) => log.add(counts),
        );
        for (const [name] of some) this.#taken.delete(name);
        hasWritten = true;
      }
      this.#failures.worked();
    } catch (error) {
      this.#failures.failed(error);
      // Retried with the next window, even when no request comes; what may have been written is rather counted twice than lost.
      for (const each of this.#taken.values()) this.#count(each);
      this.#writer.schedule();
    } finally {
      this.#taken = new Map();
    }
    return hasWritten;
  }
}

const overflow = { method: '', route: '', code: overflowCode, keyId: null, ownerId: null } as const;

function deriveName({ hour, method, route, code, keyId }: ObservedRefusal): string {
  return `${hour}\n${method}\n${route}\n${code}\n${keyId ?? ''}`;
}
