import { maxEntryBytes } from './sealed-entry.js';

/** How long an entry stays in Redis at most, in milliseconds. */
export const maxEntryLifetimeMs = 5000;

/**
 * The version that is held, 0 for none. A value of another type, without an end or with a far one is not from here.
 * The MAC is not looked at: its key must not get to Redis.
 */
const heldVersion = `
local function heldVersion(name)
  if redis.call('TYPE', name).ok ~= 'string' then return 0 end
  local left = redis.call('PTTL', name)
  if left < 0 or left > ${maxEntryLifetimeMs} then return 0 end
  return tonumber(string.match(redis.call('GETRANGE', name, 0, 99), '^[%w_-]+%.(%d+)%.') or 0)
end
`;

/**
 * Reads an entry from a Redis that takes writes: SET with XX changes nothing where there is no such key, but a replica
 * refuses it, and so does a primary that has lost too many of its replicas (`min-replicas-to-write`), whose place
 * another may have taken. Refusals for other reasons, as for want of memory, do not matter to a read.
 *
 * KEYS: the entry, and a name in the same slot that nobody uses. Returns as much of the value as an entry can have.
 */
export const checkedReadScript: string = `
local written = redis.pcall('SET', KEYS[2], '', 'XX', 'PX', 1)
local refusal = type(written) == 'table' and written.err or ''
for _, word in ipairs({'READONLY', 'NOREPLICAS'}) do
  if string.find(refusal, word, 1, true) then return {err = word .. ' This Redis takes no writes'} end
end
return redis.call('GETRANGE', KEYS[1], 0, ${maxEntryBytes - 1})
`;

/**
 * Takes a copy that was read from the store, unless a newer version is held or the copy comes late. Must be atomic:
 * between looking and writing, a change could put its version there and be overwritten with what it took away.
 *
 * KEYS: the entry. ARGV: version, entry, latest time of acceptance, end of use (wall clock, milliseconds).
 * Returns `written`, `newer` or `late`.
 */
export const fillScript: string = `${heldVersion}
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = math.min(tonumber(ARGV[4]) - now, ${maxEntryLifetimeMs})
if now >= tonumber(ARGV[3]) or left < 1 then return 'late' end
if heldVersion(KEYS[1]) > tonumber(ARGV[1]) then return 'newer' end
redis.call('SET', KEYS[1], ARGV[2], 'PX', left)
return 'written'
`;

/**
 * Puts the version of a change in place of older ones, under every MAC key that a process may be reading with. It stays
 * for the longest time that an older copy could be used, whether or not it can be used itself. Must be atomic for the
 * same reason.
 *
 * KEYS: the entries, all in one slot. ARGV: version, then one entry for each key.
 * Returns for each key an empty text, or the newer entry that is held.
 */
export const publishScript: string = `${heldVersion}
local held = {}
for i, name in ipairs(KEYS) do
  if heldVersion(name) > tonumber(ARGV[1]) then
    held[i] = redis.call('GETRANGE', name, 0, ${maxEntryBytes - 1})
  else
    redis.call('SET', name, ARGV[i + 1], 'PX', ${maxEntryLifetimeMs})
    held[i] = ''
  end
end
return held
`;
