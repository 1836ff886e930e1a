import { createHash } from 'node:crypto';
import type { RedisClient } from './redis-client.js';
import { readRedisRefusal } from './redis-refusal.js';

/** A Lua script and the digest that Redis knows it by. */
export interface RedisScript {
  readonly source: string;
  readonly sha1: string;
}

export function defineScript(source: string): RedisScript {
  return { source, sha1: createHash('sha1').update(source).digest('hex') };
}

/**
 * Runs a script by its digest, and sends its source where Redis does not know it: after a restart, or a flush of
 * scripts.
 */
export async function runScript(
  client: RedisClient,
  { source, sha1 }: RedisScript,
  names: readonly string[],
  values: readonly string[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha1, names.length, ...names, ...values);
  } catch (error) {
    if (readRedisRefusal(error) !== 'NOSCRIPT') throw error;
    return client.eval(source, names.length, ...names, ...values);
  }
}
