/** One window of a key's limits: at most `limit` requests (or their cost) in `windowSeconds`. */
export interface RateLimit {
  /** What it is called in headers and answers, for example `minute`. Unique within a key. */
  readonly name: string;
  /** 1 to 1,000,000,000. */
  readonly limit: number;
  /** 1 second to 366 days. A window begins with its first request, and no later one extends it. */
  readonly windowSeconds: number;
}

/** Most windows that one key can have. */
export const maxRateLimits = 10;
/** Largest number of requests in a window. */
export const maxLimit = 1_000_000_000;
/** Longest window: 366 days, in seconds. */
export const maxWindowSeconds: number = 366 * 24 * 60 * 60;

/** What a window can be called; such a name needs no escaping in a header (RFC 9651). */
export const rateLimitNamePattern: RegExp = /^[a-z][a-z0-9_-]{0,31}$/;
