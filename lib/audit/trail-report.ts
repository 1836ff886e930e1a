/** What can be wrong with a stored audit trail. */
export type TrailProblemKind =
  /** Numbers are left out: entries were removed, or never belonged here. */
  | 'missing_entry'
  /** The hash is not that of the entry's bytes and of the entry before: one of them was changed, or both were swapped. */
  | 'broken_chain'
  /** The bytes are no entry, or one with another number. */
  | 'wrong_entry'
  /** What the entry is found by (key, owner, action, actor, time) is not what its bytes say. */
  | 'wrong_copy'
  /** The MAC does not fit: whoever wrote the entry did not know the pepper. */
  | 'wrong_mac'
  /** An entry without a MAC behind one that has one. */
  | 'missing_mac'
  /**
   * From this entry on, some have no MAC that can be checked here: none at all, or one under a pepper that is not known.
   * Anybody could have written them. Only an anchor behind them vouches for them.
   */
  | 'unvouched_entries'
  /** The trail does not end where its head says. */
  | 'wrong_head'
  /** The trail does not hold the anchor: it was cut, rewritten, or replaced by an older copy. */
  | 'wrong_anchor'
  /** A key is not at the version of the last entry about it, or there is none. */
  | 'wrong_key_version';

/** One thing that is wrong. */
export interface TrailProblem {
  readonly kind: TrailProblemKind;
  /** The number of the entry; `null` where it is about a key. */
  readonly sequence: number | null;
  /** `null` where it is about an entry. */
  readonly keyId: string | null;
}

/** What checking a trail has found. */
export interface TrailReport {
  /** Whether nothing is wrong. */
  readonly valid: boolean;
  /** Entries that were checked. */
  readonly entries: number;
  /** Keys that were compared with the last entry about them. */
  readonly keys: number;
  /** Entries without a MAC. Only an anchor can vouch for them. */
  readonly unsealed: number;
  /** Entries with a MAC under a pepper that is not configured here. Only an anchor can vouch for them. */
  readonly unknownPeppers: number;
  /** The first 100 problems, in the order of the trail. */
  readonly problems: readonly TrailProblem[];
  /** How many there are. */
  readonly problemCount: number;
  /**
   * Where the trail ended when it was read, `<sequence>.<hash>`; `null` when something is wrong. Kept somewhere else, it
   * is what a later check is given, to see that nothing up to here was cut off or rewritten.
   */
  readonly anchor: string | null;
}
