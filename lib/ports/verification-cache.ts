import type { VerifiableKey } from '../domain/api-key.js';

/**
 * Short-lived copies of keys, shared by processes. It only makes things faster: whatever is doubtful is a miss, and
 * no method ever rejects.
 *
 * Every copy carries the moment until which it may be used, counted from before the store was read, so that a copy
 * that is written late (a command that timed out and was carried out afterwards) is dead on arrival.
 */
export interface VerificationCache {
  /** How long after a change an older copy can still be used at the worst, in milliseconds. */
  readonly maxStalenessMs: number;
  /** A copy that may be used now, or `null`. */
  get(keyId: string): Promise<VerifiableKey | null>;
  /**
   * Offers a copy read from the store; taken only where no newer version is held. Not waited for.
   *
   * @param readStartedAt - wall clock in milliseconds, taken before the store was asked
   */
  fill(key: VerifiableKey, readStartedAt: number): void;
  /**
   * Writes a key's new version after a change.
   *
   * @param changedAt - wall clock in milliseconds, taken before the change was committed
   * @returns whether every later `get` of every process sees this version or a newer one
   */
  publish(key: VerifiableKey, changedAt: number): Promise<boolean>;
  /** In which state the cache is, for health answers. */
  status(): 'up' | 'down';
  open(): Promise<void>;
  close(): Promise<void>;
}
