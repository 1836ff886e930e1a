import type { Change } from '../domain/key-change.js';

/** The maximum number of keys, and of owners, whose erasure is remembered. */
export const maxRememberedErasures = 10_000;

/** Whom a request is counted for. */
export interface CountedFor {
  readonly keyId: string;
  readonly ownerId: string;
}

/**
 * Which keys and owners were erased after something began, however long ago that is: the answer to a request may take hours. Of
 * older erasures than can be remembered, only the last number is, and everything that began before counts as erased.
 */
export class ErasureMarks {
  readonly #keys = new Map<string, number>();
  readonly #owners = new Map<string, number>();
  #last = 0;
  #floor = 0;

  /** The number of erasures up to now. */
  get last(): number {
    return this.#last;
  }

  note(change: Change): void {
    this.#last += 1;
    const [noted, id] =
      change.keyId === null ? [this.#owners, change.ownerId] : ([this.#keys, change.keyId] as const);
    // Inserted again, so that the last one comes last.
    noted.delete(id);
    noted.set(id, this.#last);
    if (noted.size <= maxRememberedErasures) return;
    const [oldest] = noted;
    if (oldest === undefined) return;
    noted.delete(oldest[0]);
    this.#floor = Math.max(this.#floor, oldest[1]);
  }

  /** Which of them were erased is not known. */
  noteAll(): void {
    this.#last += 1;
    this.#floor = this.#last;
    this.#keys.clear();
    this.#owners.clear();
  }

  /** @param mark - what {@link last} was at the beginning */
  hasSince(mark: number, { keyId, ownerId }: CountedFor): boolean {
    if (mark === this.#last) return false;
    return (
      mark < this.#floor || (this.#keys.get(keyId) ?? 0) > mark || (this.#owners.get(ownerId) ?? 0) > mark
    );
  }
}
