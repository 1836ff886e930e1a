import { deleteSome } from './delete-some.js';
import type { NonceStore } from '../ports/nonce-store.js';

/** Names of one process. */
export class MemoryNonceStore implements NonceStore {
  readonly #taken = new Map<string, number>();

  async take(name: string, expiresAt: number, now: number): Promise<boolean> {
    if ((this.#taken.get(name) ?? -Infinity) > now) return false;
    this.#taken.set(name, expiresAt);
    return true;
  }

  /** Removes names that expired at a time or earlier, up to a number of them; how many were removed. */
  removeExpired(time: number, limit: number): number {
    return deleteSome(this.#taken, limit, (end) => end <= time);
  }
}
