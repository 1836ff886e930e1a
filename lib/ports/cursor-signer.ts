/** The maximum length of a cursor, in characters: longer ones are neither created nor opened. */
export const maxCursorLength = 1000;

/** The maximum length of the `resume` of a verification in parts, in characters. */
export const maxResumeLength = 65_536;

/** The same over HTTP, where it has to fit into a query beside an anchor. */
export const maxSentResumeLength = 3_900;

/** Creates list cursors that cannot be forged or used for another list. */
export interface CursorSigner {
  /**
   * @param position - where the next page begins
   * @param binding - the owner and the filter of the list; the cursor opens only with the same string
   */
  sign(position: string, binding: string): string;
  /** The position, or `null` when the cursor was not created here or was created for another list. */
  open(cursor: string, binding: string): string | null;
}
