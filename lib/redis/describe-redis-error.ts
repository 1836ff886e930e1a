import { redisRefusal } from './redis-refusal.js';

/**
 * What went wrong with Redis, in one word, for logs: `ECONNREFUSED`, `NOAUTH`, `OOM`, `timeout`. Errors of ioredis are
 * never logged whole: their `command` holds the arguments, of AUTH too.
 */
export function describeRedisError(error: unknown): string {
  // No instanceof: a client that was handed in may come from another realm, as in tests under jest.
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Partial<
    Record<'code' | 'message', unknown>
  >;
  if (message === 'Command timed out') return 'timeout';
  if (typeof code === 'string') return code;
  return redisRefusal(error) ?? 'no connection';
}
