import { isProblem } from '../errors.js';

/**
 * What went wrong with Redis, in one word, for logs: `ECONNREFUSED`, `NOAUTH`, `OOM`, `timeout`. Errors of ioredis are
 * never logged whole: their `command` holds the arguments, of AUTH too.
 */
export function describeRedisError(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  if (isProblem(error, 'unavailable') || error.message === 'Command timed out') return 'timeout';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return /^[A-Z]{2,20}(?= |$)/.exec(error.message)?.[0] ?? 'no connection';
}
