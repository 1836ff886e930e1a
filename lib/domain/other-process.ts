/** How many other processes a status lists at most. */
export const maxOthersShown = 100;

/** Another process on the same database, as this one sees it. */
export interface OtherProcess {
  /** Random, another one at each start. */
  readonly id: string;
  /** For how long it had shown no sign of life when it was looked at last, in milliseconds. */
  readonly silentMs: number;
  /** How many of the changes that this process has applied it had not acknowledged when the list was read last. */
  readonly changesBehind: number;
}
