import type { ObservedProxies } from './observed-proxies.js';
import type { OtherProcess } from './other-process.js';

/** The state of an instance, for readiness probes and monitoring. */
export interface ApiKeysStatus {
  /** `true` from the end of `ready()` until `close()`. */
  readonly ready: boolean;
  /**
   * `degraded`: requests are answered, but more slowly or not for all keys, because something is `down`; or rate limits are
   * not counted in the Redis that is configured.
   */
  readonly state: 'not_ready' | 'normal' | 'degraded';
  /** `down`: it has not responded for longer than `cache.leaseSeconds`, so that cached keys are refused with 503. */
  readonly database: 'up' | 'down';
  /**
   * `true` after `cache.quietAfterSeconds` without a request or a call: this process is off the list of processes and sends the
   * database nothing; the next request joins the list again. `database` is then as it was last known to be.
   */
  readonly quiet: boolean;
  /** `none`: not configured. `down`: keys that this process has not cached are read from the database. */
  readonly redis: 'up' | 'down' | 'none';
  /** How changes by other processes arrive: `push` at once, `poll` by queries several times a second. */
  readonly wakeMode: 'push' | 'poll' | 'none';
  /**
   * How many processes share the database, this one included, when the list was read last: the call has it read in the background,
   * once a second at most. 0 before `ready()` and while `quiet`. One that was killed counts until its lease is over.
   */
  readonly processes: number;
  /**
   * How old what this process knows of changes is, in milliseconds: since it asked the database for them the last time and has
   * applied all that it got. Up to a quarter of `cache.leaseSeconds` where all is well; `null` before `ready()`, while it
   * starts over, and while `quiet`.
   */
  readonly lagMs: number | null;
  /** The other processes that share the database, those that were silent longest first: 100 at most. */
  readonly others: readonly OtherProcess[];
  /** The number of keys that this process caches. */
  readonly cachedKeys: number;
  /**
   * Where requests with limited keys are counted: `shared` for all processes together; `split` while other processes on the
   * same database count in another Redis or in none; `process` in each process separately; `refused` while they are answered
   * with 503, because Redis is unreachable and `limits.onOutage` is `deny`.
   */
  readonly limits: 'shared' | 'split' | 'process' | 'refused';
  /** What has arrived from proxies, in a sample of the requests of this process, against what `trust proxy` says. */
  readonly proxies: ObservedProxies;
}

/** The state without what requests are needed for. */
export type InstanceStatus = Omit<ApiKeysStatus, 'proxies'>;
