import { randomBytes } from 'node:crypto';
import { readString, refuseAnswer } from './read-answer.js';
import type { ManagedRedis } from './managed-redis.js';
import { defineScript, runScript, type RedisScript } from './run-script.js';

/**
 * KEYS: where the name of the place is stored. ARGV: the name to store when there is none yet, or when another
 * program has written there: a name that cannot be read would keep processes apart for good. Returns the name, which
 * two processes have in common when they use the same data of one Redis under one prefix, by whatever address they
 * reach it.
 */
const placeScript: RedisScript = defineScript(`
local name = redis.pcall('GETRANGE', KEYS[1], 0, 63)
if type(name) == 'string' and #name == 32 and not string.find(name, '[^0-9a-f]') then return name end
redis.call('SET', KEYS[1], ARGV[1])
return ARGV[1]
`);

/** Reads the name that all processes have for this Redis; `null` when it does not respond, or accepts no writes. */
export function readRedisPlace(redis: ManagedRedis, keyPrefix: string): Promise<string | null> {
  if (!redis.isUsable()) return Promise.resolve(null);
  return new Promise((resolve) => {
    redis.exchange(
      () => runScript(redis.client, placeScript, [`${keyPrefix}place`], [randomBytes(16).toString('hex')]),
      (answer) => {
        const name = readString(answer);
        return /^[0-9a-f]{32}$/.test(name) ? `redis ${name}` : refuseAnswer();
      },
      resolve,
      () => resolve(null),
    );
  });
}
