import { deleteSome } from './delete-some.js';
import type { NonceStore } from '../ports/nonce-store.js';

/** The nonces of one process. */
export class MemoryNonceStore implements NonceStore {
  readonly #taken = new Map<string, number>();

  async take(name: string, expiresAt: number, now: number): Promise<boolean> {
    if (this.#isTaken(name, now)) return false;
    this.#taken.set(name, expiresAt);
    return true;
  }

  async has(name: string, now: number): Promise<boolean> {
    return this.#isTaken(name, now);
  }

  #isTaken(name: string, now: number): boolean {
    return (this.#taken.get(name) ?? -Infinity) > now;
  }

  /** Removes up to `limit` names that expired at a time or earlier, and returns how many were removed. */
  removeExpired(time: number, limit: number): number {
    return deleteSome(this.#taken, limit, (end) => end <= time);
  }
}
