import { defineScript, type RedisScript } from './run-script.js';

/**
 * Takes a name once. All names of one place are members of one sorted set, and so is the mark that says since when this
 * server has all of them: whatever loses names (an eviction, a flush, an empty replica that was promoted) loses the mark
 * too. The mark has the id of this run of the server: after a restart, or on another server after a failover, the names
 * that were written last may be missing, however much of the set is there, so it begins anew. What was signed before
 * then, by clocks that may be ahead, may have been used before.
 *
 * Two servers that both believe to be the primary cannot know of each other. Of two clocks, this server's and the
 * asking process's, the more careful one counts.
 *
 * Must be atomic: of two who take a name at once, one is first.
 *
 * KEYS: the set. ARGV: now, and to take a name: the name, until when to remember it, when it was signed, and by how much
 * clocks of signers may be ahead; all in milliseconds. Returns 0 for the first, 1 for used, 2 for not known,
 * 3 when that is because the set begins just now.
 */
export const replayScript: RedisScript = defineScript(`
local set, now = KEYS[1], tonumber(ARGV[1])
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if not run then return redis.error_reply('ERR INFO names no run_id') end
local time = redis.call('TIME')
local here = time[1] * 1000 + math.floor(time[2] / 1000)
local mark = 'since:' .. run
local since = redis.call('ZSCORE', set, mark)
local begins = not since
if begins then
  redis.call('ZREMRANGEBYSCORE', set, '-inf', '+inf')
  since = -math.max(here, now)
  redis.call('ZADD', set, string.format('%.0f', since), mark)
end
if begins then return 3 end
if not ARGV[2] then return 2 end
if tonumber(ARGV[4]) <= -tonumber(since) + tonumber(ARGV[5]) then return 2 end
redis.call('ZREMRANGEBYSCORE', set, 0, string.format('(%.0f', math.min(here, now)))
return 1 - redis.call('ZADD', set, 'NX', ARGV[3], ARGV[2])
`);
