/** Longest cursor, in characters: none is made that is longer, and none that was sent is looked at. */
export const maxCursorLength = 1000;

/** Makes list cursors that cannot be forged or carried to another list. */
export interface CursorSigner {
  /**
   * @param position - where the next page begins
   * @param binding - whose list it is and with which filter; the cursor opens only with the same text
   */
  sign(position: string, binding: string): string;
  /** The position, or `null` when the cursor was not made here or for another list. */
  open(cursor: string, binding: string): string | null;
}
