/** How many other processes a status lists at most. */
export const maxOthersShown = 100;

/** Another process on the same database, as this one sees it. */
export interface OtherProcess {
  /** Random, another one at each start. */
  readonly id: string;
  /** For how long this process has seen no sign of life of it, in milliseconds. */
  readonly silentMs: number;
  /** How many of the changes that this process has applied it had not acknowledged when it was last seen, up to a second ago. */
  readonly changesBehind: number;
}
