import { defineScript, type RedisScript } from './run-script.js';

/**
 * Runs every command that is used within scripts, on names that nothing else has, so that the access list can refuse it.
 *
 * KEYS: a string, a sorted set. ARGV: the channel. Returns for each refusal the command and the error.
 */
export const examineScript: RedisScript = defineScript(`
local commands = {
  {'GETRANGE', KEYS[1], 0, 0}, {'SET', KEYS[1], '1', 'PX', 1000}, {'TYPE', KEYS[1]}, {'PTTL', KEYS[1]}, {'TIME'},
  {'ZADD', KEYS[2], 0, 'a'}, {'ZSCORE', KEYS[2], 'a'}, {'ZREMRANGEBYSCORE', KEYS[2], '-inf', '+inf'},
  {'PUBLISH', ARGV[1], ''}
}
local refused = {}
for _, command in ipairs(commands) do
  local answer = redis.pcall(unpack(command))
  if type(answer) == 'table' and answer.err then
    refused[#refused + 1] = command[1]
    refused[#refused + 1] = answer.err
  end
end
return refused
`);
