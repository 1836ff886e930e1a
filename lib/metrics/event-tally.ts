/** The lanes of slow hashes: secrets of new keys, and those that are compared, ours and imported ones. */
export type HashLane = 'minting' | 'matching' | 'importedMatching';

/** Each with its name in metrics. */
export const hashLanes: Readonly<Record<HashLane, string>> = {
  minting: 'minting',
  matching: 'matching',
  importedMatching: 'imported_matching',
};

/** Counts what does not happen at every request. */
export class EventTally {
  /** Changes that every process has applied in time: answered with 200. */
  confirmed = 0;
  /** Changes that not every process confirmed in time: answered with 202. */
  unconfirmed = 0;
  readonly #hashes: Record<HashLane, { done: number; failed: number }> = {
    minting: { done: 0, failed: 0 },
    matching: { done: 0, failed: 0 },
    importedMatching: { done: 0, failed: 0 },
  };

  countConfirmation(isConfirmed: boolean): void {
    if (isConfirmed) this.confirmed += 1;
    else this.unconfirmed += 1;
  }

  /** @param isDone - `false` when the hash was refused, or took too long */
  countHash(lane: HashLane, isDone: boolean): void {
    if (isDone) this.#hashes[lane].done += 1;
    else this.#hashes[lane].failed += 1;
  }

  hashesOf(lane: HashLane): Readonly<{ done: number; failed: number }> {
    return this.#hashes[lane];
  }
}
