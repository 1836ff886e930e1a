import type { VerifiableKey } from '../domain/api-key.js';
import type { FeedPosition } from './change-feed.js';

/** A copy of a key, and up to which change of the feed it is known to be complete. */
export interface CachedCopy {
  readonly key: VerifiableKey;
  /** Every change up to this one is in the copy. The hash tells copies of a database that was restored since. */
  readonly asOf: FeedPosition;
}

/**
 * Copies of keys that processes share. It only makes things faster: whatever is doubtful is a miss, no method ever
 * rejects, and a copy that comes back from the dead is harmless, because whoever reads it compares it with the changes
 * that it knows of (`feed/version-memory.ts`).
 */
export interface VerificationCache {
  /** A copy that was written by one of our processes and has not run out, or `null`. */
  get(keyId: string): Promise<CachedCopy | null>;
  /**
   * Offers a copy read from the store; taken only where no newer version is held. Not waited for.
   *
   * @param readAt - wall clock in milliseconds, taken before the store was asked
   */
  fill(copy: CachedCopy, readAt: number): void;
  /** Writes a key's new version after a change. Not waited for. */
  publish(copy: CachedCopy, changedAt: number): void;
  /** Tells the other processes that the feed has grown. Only a hint; not waited for. */
  notifyOthers(): void;
  /** Calls back when another process has said so. One listener; to be set before `open`. */
  onInvalidation(listener: () => void): void;
  /** In which state the cache is, for health answers. */
  status(): 'up' | 'down';
  open(): Promise<void>;
  close(): Promise<void>;
}
