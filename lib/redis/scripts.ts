import { defineScript, type RedisScript } from './run-script.js';
import { maxEntryBytes } from './sealed-entry.js';

/** How long an entry stays in Redis at most, in milliseconds. */
export const maxEntryLifetimeMs = 60_000;

/**
 * Reads entries, and of each value no more than an entry can have, however large it is. Another program's value of
 * another type under one of our names is no entry.
 *
 * KEYS: the entries. Returns a text for each, empty where there is none.
 */
export const readScript: RedisScript = defineScript(`
local found = {}
for i, name in ipairs(KEYS) do
  local text = redis.pcall('GETRANGE', name, 0, ${maxEntryBytes - 1})
  if type(text) == 'table' then
    if not string.find(text.err, 'WRONGTYPE', 1, true) then return text end
    text = ''
  end
  found[i] = text
end
return found
`);

/**
 * Puts a version in place of older ones. What is held stays when its version is higher, or when it is the same and was
 * read at a later number of the feed. A value of another type, without an end or with a far one is not from here. The
 * MAC is not looked at: its key must not get to Redis.
 *
 * After a failover that lost changes, versions and numbers are given again, and a script cannot tell the copies of the
 * lost changes from those of the present: one may stay until it runs out, or be put in place of one of the present. That
 * costs readings of the store and nothing else. Entries are kept or replaced whole and never changed or mixed, so each
 * goes on saying, under its MAC, of which place of which timeline it is; a reader takes one whose hash is not that of
 * the present for a miss. Which entry is held never says that it is the newest one.
 *
 * Must be atomic: between looking and writing, a change could put its version there and be overwritten with what it
 * took away.
 *
 * KEYS: the entries, all in one slot. ARGV: version, number of the feed, lifetime in milliseconds, then one entry for
 * each key. Returns how many were written.
 */
export const writeScript: RedisScript = defineScript(`
local version, asOf = tonumber(ARGV[1]), tonumber(ARGV[2])
local function holdsNewer(name)
  if redis.call('TYPE', name).ok ~= 'string' then return false end
  local left = redis.call('PTTL', name)
  if left < 0 or left > ${maxEntryLifetimeMs} then return false end
  local v, n = string.match(redis.call('GETRANGE', name, 0, 99), '^[%w_-]+%.(%d+)%.(%d+)%.')
  if not v then return false end
  v, n = tonumber(v), tonumber(n)
  return v > version or (v == version and n > asOf)
end
local written = 0
for i, name in ipairs(KEYS) do
  if not holdsNewer(name) then
    redis.call('SET', name, ARGV[i + 3], 'PX', ARGV[3])
    written = written + 1
  end
end
return written
`);
