import { spawnSync } from 'node:child_process';
import { commands } from '../../lib/cli/commands.js';
import { keyStates } from '../../lib/domain/key-state.js';
import { runHere } from './run-here.js';

/** What bash offers for the last of some words. */
function complete(script: string, ...words: readonly string[]): readonly string[] {
  const source =
    'eval "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _api_keys; printf "%s\\n" "${COMPREPLY[@]}"';
  const given = ['--norc', '-c', source, 'bash', script, 'api-keys', ...words];
  const { stdout, stderr } = spawnSync('bash', given, { encoding: 'utf8', cwd: __dirname });
  return [...stdout.split('\n').filter((line) => line !== ''), ...(stderr === '' ? [] : [stderr])];
}

describe('completion in bash', () => {
  let script: string;
  beforeAll(async () => {
    const outcome = await runHere(['completion', 'bash']);
    if (outcome.code !== 0) throw new Error(outcome.err);
    script = outcome.out;
  });

  it('offers every command, and those that begin so', () => {
    const names = commands.map(({ name }) => name);
    expect(complete(script, '')).toEqual([...names, '--help', '--version']);
    expect(complete(script, 'revoke')).toEqual(['revoke', 'revoke-all']);
  });

  it.each(commands)('offers every option of $name', ({ name, options, operand }) => {
    const offered = complete(script, name, '');
    const expected = [...Object.keys(options), 'help'].map((option) => `--${option}`);
    expect(offered).toEqual([...(operand?.choices ?? []), ...expected]);
  });

  it('offers what can stand behind an option', () => {
    expect(complete(script, 'list', '--state', '')).toEqual(keyStates);
    expect(complete(script, 'revoke', '--reason', 'key')).toEqual(['keyCompromise']);
    expect(complete(script, 'list', '--app', 'completion.')).toEqual(['completion.test.ts']);
    expect(complete(script, 'list', '--owner', '')).toEqual([]);
    expect(complete(script, 'completion', 'f')).toEqual(['fish']);
    expect(complete(script, 'no-such-command', '')).toEqual([]);
  });
});

it('refuses a shell that it does not know', async () => {
  expect(await runHere(['completion'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('bash, zsh, fish'),
  });
  expect(await runHere(['completion', 'cmd'])).toMatchObject({ code: 2, out: '' });
});
