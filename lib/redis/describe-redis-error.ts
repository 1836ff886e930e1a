import { readRedisRefusal } from './redis-refusal.js';

/**
 * Describes an error of Redis in one word, for logs: `ECONNREFUSED`, `NOAUTH`, `OOM`, `timeout`. Errors of ioredis
 * are never logged whole, because their `command` contains the arguments, those of AUTH too.
 */
export function describeRedisError(error: unknown): string {
  // No instanceof: the app's client may come from another realm, as in tests under jest.
  const { code, message } = (typeof error === 'object' && error !== null ? error : {}) as Partial<
    Record<'code' | 'message', unknown>
  >;
  if (message === 'Command timed out') return 'timeout';
  if (typeof code === 'string') return code;
  return readRedisRefusal(error) ?? 'no connection';
}
