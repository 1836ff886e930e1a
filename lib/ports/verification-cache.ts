import type { VerifiableKey } from '../domain/api-key.js';
import type { FeedPosition } from './change-feed.js';

/** A copy of a key, and the change of the feed up to which it is complete. */
export interface CachedCopy {
  readonly key: VerifiableKey;
  /** The copy contains every change up to this one. The hash reveals copies from before the database was restored. */
  readonly asOf: FeedPosition;
}

/**
 * Copies of keys that processes share. It only makes things faster: whatever is doubtful is a miss, no method ever
 * rejects, and an outdated copy that reappears is harmless, because its reader compares it with the changes that it
 * knows (`feed/recent-versions.ts`).
 */
export interface VerificationCache {
  /** A copy that was written by one of our processes and has not expired, or `null`. */
  get(keyId: string): Promise<CachedCopy | null>;
  /**
   * Offers a copy read from the store; stored only where there is no newer version. Not waited for.
   *
   * @param readAt - wall clock in milliseconds, read before the store was queried
   */
  fill(copy: CachedCopy, readAt: number): void;
  /** Writes a key's new version after a change. Not waited for. */
  publish(copy: CachedCopy, changedAt: number): void;
  /** Drops what this process has memoized of the copies of a key. */
  forget(keyId: string): void;
  /** Notifies the other processes that the feed has grown. Only a hint; not waited for. */
  notifyOthers(): void;
  /** Calls back when another process has done so. One listener, to be set before `open`. */
  onInvalidation(listener: () => void): void;
  /** The state of the cache, for health checks. */
  status(): 'up' | 'down';
  open(): Promise<void>;
  close(): Promise<void>;
}
