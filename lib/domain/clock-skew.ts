/**
 * How far the clocks of processes and servers may be apart, in milliseconds: what must not be used twice is recorded for so much
 * longer than any of them accepts it.
 */
export const maxClockSkewMs: number = 60_000;
