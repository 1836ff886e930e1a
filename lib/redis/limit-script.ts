import { defineScript, type RedisScript } from './run-script.js';

/**
 * The maximum number of bytes that are read of a value: ten windows with the longest names and numbers fit in several
 * times.
 */
const maxCounterBytes = 2048;

/**
 * Reads and writes the counters of a subject: `name used endsAt;` for each window, the time in epoch milliseconds of
 * this server. A value of another form or type was not written here and counts as none.
 */
const counters = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function read(name)
  local found = {}
  local text = redis.pcall('GETRANGE', name, 0, ${maxCounterBytes - 1})
  if type(text) == 'table' then
    if not string.find(text.err, 'WRONGTYPE', 1, true) then return nil, text end
    text = ''
  end
  for window, used, ends in string.gmatch(text, '([^ ;]+) (%d+) (%d+);') do
    ends = tonumber(ends)
    if ends > now then found[window] = { tonumber(used), ends } end
  end
  return found
end
local function write(name, found)
  local text, last = {}, now + 1
  for window, counter in pairs(found) do
    text[#text + 1] = string.format('%s %.0f %.0f;', window, counter[1], counter[2])
    if counter[2] > last then last = counter[2] end
  end
  redis.call('SET', name, table.concat(text), 'PX', string.format('%.0f', last - now))
end
`;

/**
 * Counts demands one after the other, each completely or not at all. Nothing is written of a refused demand, and a
 * running window keeps its end, unless the window has become shorter. Windows that a subject no longer has are
 * dropped.
 */
const count = `
local function count()
  local known, changed, answer = {}, {}, { now }
  local at = 1
  while at <= #KEYS do
    local demand, isWithin = {}, 1
    local place = #answer + 1
    answer[place] = 0
    repeat
      local name = KEYS[at]
      local cost, goesOn, windows = string.match(ARGV[at + 1], '^(%d+):(%+?)(.*)$')
      cost = tonumber(cost)
      if not known[name] then
        local found, failure = read(name)
        if failure then return failure end
        known[name] = found
      end
      for window, limit, length in string.gmatch(windows, '([^ ;]+) (%d+) (%d+);') do
        local counter = known[name][window]
        local latest = now + length
        local used, ends = 0, latest
        if counter then
          used, ends = counter[1], counter[2]
          if ends > latest then ends = latest end
        end
        local lacks = 0
        if used + cost > tonumber(limit) then lacks, isWithin = 1, 0 end
        demand[#demand + 1] = { name, window, used, ends, lacks, cost }
      end
      at = at + 1
    until goesOn == '' or at > #KEYS
    answer[place] = isWithin
    for _, each in ipairs(demand) do
      local used = each[3]
      if isWithin == 1 then
        used = used + each[6]
        known[each[1]][each[2]] = { used, each[4] }
        changed[each[1]] = changed[each[1]] or {}
        changed[each[1]][each[2]] = known[each[1]][each[2]]
      end
      answer[#answer + 1] = used
      answer[#answer + 1] = each[4]
      answer[#answer + 1] = each[5]
    end
  end
  for name, running in pairs(changed) do write(name, running) end
  return answer
end
`;

/** Gives back what a demand took from windows that are still running. */
const giveBack = `
local function giveBack()
  for at, name in ipairs(KEYS) do
    local found, failure = read(name)
    if failure then return failure end
    local isChanged = false
    for window, ends, cost in string.gmatch(ARGV[at + 1], '([^ ;]+) (%d+) (%d+);') do
      local counter = found[window]
      if counter and counter[2] == tonumber(ends) then
        counter[1] = math.max(0, counter[1] - cost)
        isChanged = true
      end
    end
    if isChanged then write(name, found) end
  end
  return 0
end
`;

/** The commands of the script. */
export type LimitCommand = 'count' | 'give-back';

/**
 * Both commands are one script: giving back follows counting, so the server knows the script already, and it finds
 * the counters as they were when it is sent after it on the same connection.
 *
 * KEYS: subjects, those of a demand one after the other; a subject may occur several times.
 *
 * ARGV: `count`, then for each of KEYS its windows as `name limit windowMs;`, behind `cost:` and, where the next one
 * belongs to the same demand, `+`. Returns a list of numbers: the time; then for each demand 1 or 0 (counted or not),
 * and for each of its windows how much is used, when it ends, and 1 or 0 (not enough left, or enough).
 *
 * ARGV: `give-back`, then for each of KEYS its windows as `name endsAt cost;`.
 */
export const limitScript: RedisScript = defineScript(`${counters}${count}${giveBack}
if ARGV[1] == 'count' then return count() end
return giveBack()
`);
