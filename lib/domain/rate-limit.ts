/** One rate limit window of a key: at most `limit` requests (or units of cost) per `windowSeconds`. */
export interface RateLimit {
  /** Its name in headers and responses, for example `minute`. Unique within a key. */
  readonly name: string;
  /** Maximum number of requests (or units of cost) in a window, 1 to 1,000,000,000. */
  readonly limit: number;
  /** Length in seconds, 1 to 31,622,400 (366 days). A window begins with its first request; later ones never extend it. */
  readonly windowSeconds: number;
}

/** Maximum number of windows per key. */
export const maxRateLimits = 10;
/** Maximum value of `limit`. */
export const maxLimit = 1_000_000_000;
/** Maximum length of a window: 366 days, in seconds. */
export const maxWindowSeconds: number = 366 * 24 * 60 * 60;

/** Grammar of window names; such a name needs no escaping in a header (RFC 9651). */
export const rateLimitNamePattern: RegExp = /^[a-z][a-z0-9_-]{0,31}$/;
