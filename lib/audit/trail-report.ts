/** The kinds of problems of a stored audit trail. */
export type TrailProblemKind =
  /** Sequence numbers are missing: entries were removed, or never belonged here. */
  | 'missing_entry'
  /** The hash does not match the bytes of the entry and the previous hash: an entry was modified, or entries were swapped. */
  | 'broken_chain'
  /** The bytes are not an entry, or an entry with another sequence number. */
  | 'wrong_entry'
  /** The columns that the entry is found by (key, owner, action, actor, time) differ from its bytes. */
  | 'wrong_copy'
  /** The personal part of an entry is not the one that was written with it. */
  | 'wrong_personal'
  /** The personal part of an entry was removed, and no later entry records that the data of its owner was erased. */
  | 'missing_personal'
  /** The MAC is invalid: the entry was written without knowledge of the pepper. */
  | 'wrong_mac'
  /** An entry without a MAC after one that has one. */
  | 'missing_mac'
  /**
   * From this entry on, some entries have no MAC that can be verified here: none at all, or one under an unknown pepper.
   * Anybody could have written them. Only a later anchor vouches for them.
   */
  | 'unvouched_entries'
  /** The trail starts later than at its first entry, and no entry records that retention removed what was before. */
  | 'wrong_start'
  /** The trail does not end at its head. */
  | 'wrong_head'
  /** The trail does not contain the anchor: it was truncated, rewritten, or replaced by an older copy. */
  | 'wrong_anchor'
  /** The anchor is older than the oldest kept entry: retention removed what it names. Use one of a later verification, or none. */
  | 'anchor_trimmed'
  /** The version of a key differs from the last entry about it, or there is no entry. */
  | 'wrong_key_version';

/** One problem of the trail. */
export interface TrailProblem {
  readonly kind: TrailProblemKind;
  /** The sequence number of the entry; `null` for a problem of a key. */
  readonly sequence: number | null;
  /** `null` for a problem of an entry. */
  readonly keyId: string | null;
}

/** The part of a trail that retention has removed. */
export interface TrimmedTrail {
  /** The sequence number of its last entry. */
  readonly sequence: number;
  /** When that was decided. */
  readonly at: Date;
}

/** How far a verification is. */
export interface VerificationProgress {
  /** The number of entries that were verified, in all parts so far. */
  readonly entries: number;
  /** How many entries are left to verify. Keys come after them. */
  readonly remaining: number;
  /** The number of keys that were compared with the last entry about them. */
  readonly keys: number;
  /** The number of problems that were found. */
  readonly problemCount: number;
}

/** The result of verifying a trail. */
export interface TrailReport {
  /** Whether there are no problems. */
  readonly valid: boolean;
  /** The number of entries that were verified, in all parts so far. */
  readonly entries: number;
  /** How many entries are left to verify, for progress; 0 for a verification that is complete, or has only keys left. */
  readonly remaining: number;
  /**
   * For a report of a part: pass it to the next call, which goes on from here. `null`: the verification is complete. It is signed, and
   * good for the same `anchor` only. A problem of an earlier part makes the reports of all later ones invalid.
   */
  readonly resume: string | null;
  /** The number of keys that were compared with the last entry about them. */
  readonly keys: number;
  /** The number of entries without a MAC. Only an anchor can vouch for them. */
  readonly unsealed: number;
  /** The number of entries with a MAC under a pepper that is not configured here. Only an anchor can vouch for them. */
  readonly unknownPeppers: number;
  /** The number of entries whose personal part was erased with their owner. */
  readonly erased: number;
  /** What retention has removed, as an entry of the trail records it; `null`: nothing. The trail is verified from there on. */
  readonly trimmed: TrimmedTrail | null;
  /** The first 100 problems, in the order of the trail; those of this part. */
  readonly problems: readonly TrailProblem[];
  /** The total number of problems, those of earlier parts included. */
  readonly problemCount: number;
  /**
   * The end of the trail when it was read, `<sequence>.<hash>`; `null` when there are problems, or a part is left. Store it elsewhere and pass it
   * to a later verification, which then detects whether anything up to here was truncated or rewritten.
   */
  readonly anchor: string | null;
}
