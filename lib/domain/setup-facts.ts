import type { InstanceStatus } from './api-keys-status.js';

/** The version of the tables, and what is missing from it. */
export interface SchemaFacts {
  /** How many migrations were applied; 0: there are no tables. */
  readonly version: number;
  /** How many this version of the package knows. */
  readonly known: number;
  /** The names of those that were not applied, in their order. */
  readonly pending: readonly string[];
}

/** Under which peppers secrets were digested, of a sample of the keys that are not revoked. */
export interface DigestFacts {
  readonly sampled: number;
  /** How many of them have a digest under a pepper that is configured. */
  readonly known: number;
}

/** The processes on a database. */
export interface ProcessFacts {
  readonly count: number;
  /** Milliseconds; 0 without any. */
  readonly longestLeaseMs: number;
}

/** An embedded file. */
export interface FileFacts {
  readonly path: string;
  readonly exists: boolean;
  /** Why it, or its folder, cannot be written to: an error code; `null` when it can. */
  readonly notWritable: string | null;
  /** The kind of file system that does not suit a database; `null` when it does. */
  readonly unsuitable: 'network' | 'memory' | 'container' | null;
  /** Whether other users of the machine may read it. */
  readonly isOpenToOthers: boolean;
  /** `wal` where all is well; `null` when it was not opened. */
  readonly journalMode: string | null;
}

/** What PostgreSQL does so that a confirmed commit lasts. */
export type DurabilitySetting = 'fsync' | 'full_page_writes' | 'synchronous_commit';

/** What was found out about the database without changing it. */
export interface DatabaseFacts {
  readonly kind: 'postgres' | 'sqlite';
  /** Its name in messages, without address and password. */
  readonly label: string;
  /** Why it cannot be used, for operators; `null` when it can. */
  readonly error: string | null;
  /** `null` when it could not be read. */
  readonly schema: SchemaFacts | null;
  /** How far the clock of this process is ahead of that of the server, in milliseconds; `null` on the same machine. */
  readonly clockAheadMs: number | null;
  /** Whether the server accepts reads only. */
  readonly isReadOnly: boolean;
  /** The settings that are off without which a crash can undo what was confirmed, or damage the tables. Empty on SQLite. */
  readonly durabilityOff: readonly DurabilitySetting[];
  /** Whether a failover to another server is noticed, so that no change is confirmed too early after it. */
  readonly noticesFailovers: boolean;
  /** The GRANT statements that the user lacks. */
  readonly missingGrants: readonly string[];
  /** `null` when it could not be read. */
  readonly digests: DigestFacts | null;
  /** The processes that were listed before this one; `null` when they could not be read. */
  readonly processes: ProcessFacts | null;
  /** `null` on PostgreSQL. */
  readonly file: FileFacts | null;
}

/** What was found out about Redis. */
export interface RedisFacts {
  /** Why it cannot be used: an error code; `null` when it can. */
  readonly error: string | null;
  readonly version: string | null;
  /** The median of a few reads, in milliseconds; `null` without an answer. */
  readonly latencyMs: number | null;
  readonly isReplica: boolean;
  /** `noeviction` and the like, where memory is bounded; else `null`. */
  readonly evictionPolicy: string | null;
  /** Whether it writes an append-only file, or has saved a snapshot since it was started. */
  readonly isPersistent: boolean;
  /** Whether the last attempt to save has failed: by default, Redis then refuses writes. */
  readonly isSavingBroken: boolean;
  /** The commands that the access list refuses, in lower case. */
  readonly refusedCommands: readonly string[];
  readonly keyPrefix: string;
}

/** A set-up as far as an instance can examine it by itself. */
export interface SetupFacts {
  /** `null`: a store of the app. */
  readonly database: DatabaseFacts | null;
  /** `null` without the option `redis`. */
  readonly redis: RedisFacts | null;
  /** Whether pending migrations are applied at start. */
  readonly appliesMigrations: boolean;
  readonly leaseSeconds: number;
  /** The longest window of a rate limit that the options name, in seconds; 0: none. */
  readonly longestWindowSeconds: number;
  /** Why the instance did not start; `null` when it did, or was not started because of its tables. */
  readonly startError: string | null;
  /** After the start. */
  readonly status: InstanceStatus;
  /** What the instance has logged meanwhile. */
  readonly logged: readonly string[];
}
