import { readRedisRefusal } from '../../lib/redis/redis-refusal.js';
import { client, start, stopAll } from './server-fixture.js';

afterEach(stopAll);

const script = 'f_0123456789abcdef0123456789abcdef01234567';
const inOldScript = `ERR Error running script (call to ${script}): @user_script:5: @user_script: 5: `;
const inScript = ` script: ${script}, on @user_script:5.`;
const command = "The user executing the script can't run this command or subcommand";
const names =
  "The user executing the script can't access at least one of the keys mentioned in the command arguments";
const channel = "The user executing the script can't publish to the channel mentioned in the command";

it.each<readonly [string, string | null]>([
  ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
  ['NOAUTH Authentication required.', 'NOAUTH'],
  ["ERR unknown command 'EVALSHA'", 'ERR'],
  [`${inOldScript}-READONLY You can't write against a read only replica.`, 'READONLY'],
  ["NOPERM this user has no permissions to run the 'set' command", 'NOPERM'],
  [
    `NOPERM ACL failure in script: User default has no permissions to run the 'set' command${inScript}`,
    'NOPERM',
  ],
  ...[command, names, channel].flatMap((text) => [
    [`ERR ${text}${inScript}`, 'NOPERM'] as const,
    [`ERR ${text}`, 'NOPERM'] as const,
    [`${inOldScript}${text}`, 'NOPERM'] as const,
    [`@user_script: 5: ${text}`, 'NOPERM'] as const,
  ]),
  [`ERR unknown command 'x' with args: ${command}`, 'ERR'],
  ['Connection is closed.', null],
])('finds in %p the word %p', (message, word) => {
  expect(readRedisRefusal({ message })).toBe(word);
});

it.each([undefined, null, 'OOM', {}, { message: 1 }])('finds no word in %p', (error) => {
  expect(readRedisRefusal(error)).toBeNull();
});

it.each([
  ['a command', '+@all -set ~* &*', "return redis.call('SET', KEYS[1], 'x')"],
  ['a command that it tries', '+@all -set ~* &*', "return redis.pcall('SET', KEYS[1], 'x')"],
  ['a name', '+@all resetkeys ~ours &*', "return redis.call('GET', 'foreign')"],
  ['a channel', '+@all ~* resetchannels', "return redis.call('PUBLISH', 'foreign', 'x')"],
])('is NOPERM of a Redis whose access list forbids a script %s', async (_, rules, source) => {
  const server = await start();
  const admin = client(server.url);
  await admin.call('ACL', 'SETUSER', 'default', ...rules.split(' '));
  const error: unknown = await admin.eval(source, 1, 'ours').catch((refusal: unknown) => refusal);
  expect(readRedisRefusal(error)).toBe('NOPERM');
});
