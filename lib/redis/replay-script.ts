import { maxClockSkewMs } from '../domain/clock-skew.js';
import { defineScript, type RedisScript } from './run-script.js';

/**
 * Takes a name once. All names of one place are members of one sorted set, and so is the mark that says since when
 * this server has all of them: whatever loses names (an eviction, a flush, an empty replica that was promoted) loses
 * the mark too. The mark has the id of this run of the server and that of its data: after a restart, on another
 * server after a failover, or on the first one again with the data of the other one, the names that were written last
 * may be missing, however much of the set is there, so recording starts again. A signature from before then, by
 * clocks that may be ahead, may have been used before.
 *
 * Two servers that both consider themselves the primary cannot know of each other. Of two clocks, this server's and
 * the calling process's, the more careful one counts; a mark that is farther ahead than clocks may be apart was
 * set by a wrong clock, and is set again. A
 * process whose clock is behind may take a name that others had removed: its use is then unknown.
 *
 * Must be atomic: of two processes that take a name at once, one is first.
 *
 * KEYS: the set. ARGV: now, and to take a name: the name, until when to record it, when it was signed, and how far
 * clocks of signers may be ahead; all in milliseconds. Returns 0 for the first use, 1 for used, 2 for unknown, 3 when
 * that is because recording has just started.
 */
export const replayScript: RedisScript = defineScript(`
local set, now = KEYS[1], tonumber(ARGV[1])
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
if not run then return redis.error_reply('ERR INFO names no run_id') end
local data = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)') or ''
local time = redis.call('TIME')
local here = time[1] * 1000 + math.floor(time[2] / 1000)
local latest = math.max(here, now)
local mark = 'since:' .. run .. ':' .. data
local since = redis.call('ZSCORE', set, mark)
local begins = not since
if begins then redis.call('ZREMRANGEBYSCORE', set, '-inf', '+inf') end
if begins or -tonumber(since) > latest + ${maxClockSkewMs} then
  since = -latest
  redis.call('ZADD', set, string.format('%.0f', since), mark)
end
if begins then return 3 end
if not ARGV[2] then return 2 end
local rememberUntil, signedAt, skew = tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
if signedAt <= -tonumber(since) + skew then return 2 end
if rememberUntil < -tonumber(redis.call('ZSCORE', set, 'removed') or 0) then return 2 end
local ended = math.min(here, now)
if redis.call('ZREMRANGEBYSCORE', set, 0, string.format('(%.0f', ended)) > 0 then
  redis.call('ZADD', set, 'LT', string.format('%.0f', -ended), 'removed')
end
return 1 - redis.call('ZADD', set, 'NX', ARGV[3], ARGV[2])
`);

/** Returns until when a name is recorded, or nil. KEYS: the set. ARGV: the name. */
export const recordedUntilScript: RedisScript = defineScript(`return redis.call('ZSCORE', KEYS[1], ARGV[1])`);
