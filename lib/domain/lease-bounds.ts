/** The longest lease that can be configured, in seconds. */
export const maxLeaseSeconds = 60;

/** How much longer than its lease the beat of a process must stay the same before it is removed, in milliseconds. */
export const leaseMarginMs = 1_000;

/**
 * How long a process may go on with its caches that is missing on the list, in milliseconds: a server that took over may
 * lack the row of a process that joined the one before, or the last beat in it. Its lease may be the longest there is.
 */
export const maxUnlistedLeaseMs: number = maxLeaseSeconds * 1_000 + leaseMarginMs;
