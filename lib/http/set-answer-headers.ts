import type { ServerResponse } from 'node:http';
import { appendRateLimitHeader } from './append-rate-limit-header.js';

/**
 * Sets headers of an answer. What another limiter in front has written about its own windows stays: `RateLimit` and
 * `RateLimit-Policy` are appended to, and of two values of `Retry-After` the later one counts.
 */
export function setAnswerHeaders(
  res: ServerResponse,
  headers: Iterable<readonly [name: string, value: string]>,
): void {
  for (const [name, value] of headers) {
    if (name === 'RateLimit' || name === 'RateLimit-Policy') appendRateLimitHeader(res, name, value);
    else if (name === 'Retry-After') setRetryAfter(res, value);
    else res.setHeader(name, value);
  }
}

/** Ours is in seconds; that of others may be a date (RFC 9110 section 10.2.3). What is neither is replaced. */
function setRetryAfter(res: ServerResponse, value: string): void {
  const before = String(res.getHeader('Retry-After') ?? '');
  const seconds = /^\d+$/.test(before) ? Number(before) : (Date.parse(before) - Date.now()) / 1000;
  if (!(seconds > Number(value))) res.setHeader('Retry-After', value);
}
