/** What time it is. */
export interface Clock {
  /** Wall clock, epoch milliseconds. */
  now(): number;
}
