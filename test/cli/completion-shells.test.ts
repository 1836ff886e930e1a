import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commands } from '../../lib/cli/commands.js';
import { keyStates } from '../../lib/domain/key-state.js';
import { findServerProgram } from '../servers/install-servers.cjs';
import { openTerminal } from './in-terminal.js';
import { runHere } from './run-here.js';

jest.setTimeout(300_000);

let folder: string;
let [zsh, fish] = ['', ''];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'completion-'));
  [zsh, fish] = [findServerProgram('zsh'), findServerProgram('fish')];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function writeScript(shell: string): Promise<string> {
  const { code, out } = await runHere(['completion', shell]);
  expect(code).toBe(0);
  const file = join(folder, `api-keys.${shell}`);
  writeFileSync(file, `${out}\n`);
  return file;
}

describe('completion in fish', () => {
  /** What it offers for a line, without descriptions. */
  const complete = (file: string, line: string): readonly string[] => {
    const source = `source ${file}; complete --do-complete '${line}'`;
    const { stdout, stderr, status } = spawnSync(fish, ['--no-config', '--command', source], {
      encoding: 'utf8',
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder },
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout.split('\n').flatMap((offered) => (offered === '' ? [] : [offered.split('\t')[0] ?? '']));
  };

  it('offers commands, their options, and what can stand behind them', async () => {
    const file = await writeScript('fish');
    expect(complete(file, 'api-keys ').toSorted()).toEqual(commands.map(({ name }) => name).toSorted());
    for (const { name, options } of commands) {
      const offered = complete(file, `api-keys ${name} --`);
      expect(offered.toSorted()).toEqual(
        Object.keys(options)
          .map((option) => `--${option}`)
          .toSorted(),
      );
    }
    expect(complete(file, 'api-keys list --state ').toSorted()).toEqual([...keyStates].toSorted());
    expect(complete(file, 'api-keys completion ').toSorted()).toEqual(['bash', 'fish', 'zsh']);
    expect(complete(file, 'api-keys list --app api-keys.f')).toEqual(['api-keys.fish']);
    expect(complete(file, 'api-keys list --owner ')).toEqual([]);
  });
});

describe('completion in zsh', () => {
  it('offers commands, their options, and what can stand behind them', async () => {
    const file = await writeScript('zsh');
    expect(spawnSync(zsh, ['-n', file], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
    const terminal = openTerminal(`${zsh} -f -i`, { cwd: folder, environment: { PS1: 'ready> ' } });
    terminal.type(`PS1='ready> '; autoload -U compinit; compinit -D -u; source ${file}; print loa''ded\n`);
    await terminal.waitFor(/loaded\r\n/);
    const press = async (keys: string, expected: RegExp): Promise<void> => {
      // Ctrl-U empties the line.
      terminal.type('\u0015');
      const before = terminal.screen().length;
      terminal.type(keys);
      await terminal.waitFor(expected, before);
    };
    await press('api-keys pos\t', /posture/);
    await press('api-keys list --unus\t', /--unused-days/);
    await press('api-keys list --owner alice --state dis\t', /disabled/);
    await press('api-keys usage a --by h\t', /hour/);
    await press('api-keys completion f\t', /fish/);
    await press('api-keys list --app api-keys.z\t', /api-keys\.zsh/);
    // What it is for stands beside each of them.
    await press('api-keys revoke --\t', /--comment +-- Shown with the key/);
    terminal.type('\u0015exit\n');
    await terminal.done;
  });
});
