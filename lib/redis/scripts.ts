import { defineScript, type RedisScript } from './run-script.js';
import { maxEntryBytes } from './sealed-entry.js';

/** The maximum lifetime of an entry in Redis, in milliseconds. */
export const maxEntryLifetimeMs = 60_000;

/**
 * Reads entries, and of each value no more than an entry can have, however large it is. Another program's value of
 * another type under one of our names is no entry.
 *
 * KEYS: the entries. Returns a string for each, empty where there is none.
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
 * Replaces older versions with a version. A stored entry stays when its version is higher, or when it is the same and
 * was read at a later sequence number of the feed. A value of another type, without an expiry or with a distant one
 * was not written here. The MAC is not checked, because its key must not reach Redis.
 *
 * After a failover that lost changes, versions and sequence numbers are given again, and a script cannot tell the
 * copies of the lost changes from those of the present: one may stay until it expires, or replace one of the present.
 * That costs reads of the store and nothing else. Entries are kept or replaced whole and never changed or mixed, so
 * each still says, under its MAC, to which position of which timeline it belongs; for a reader, an entry whose hash
 * is not that of the present is a miss. That an entry is stored never proves that it is the newest one.
 *
 * Must be atomic: between the check and the write, a change could store its version and be overwritten with what it
 * revoked.
 *
 * KEYS: the entries, all in one slot. ARGV: version, sequence number of the feed, lifetime in milliseconds, then one
 * entry for each key. Returns how many were written.
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
