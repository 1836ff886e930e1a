import type { RateLimitState } from '../domain/rate-limit-state.js';

/**
 * The state of windows as draft-ietf-httpapi-ratelimit-headers writes it: lists of strings with parameters (RFC 9651).
 * Names contain nothing that would have to be escaped.
 */
export function composeRateLimitHeaders(states: readonly RateLimitState[]): Readonly<Record<string, string>> {
  return {
    'RateLimit-Policy': states
      .map(({ name, limit, windowSeconds }) => `"${name}";q=${limit};w=${windowSeconds}`)
      .join(', '),
    RateLimit: states
      .map(({ name, remaining, resetSeconds }) => `"${name}";r=${remaining};t=${resetSeconds}`)
      .join(', '),
  };
}
