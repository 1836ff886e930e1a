import { transformSync } from 'esbuild';
import { testPepper } from '../harness/instance.js';
import { blocksOf, readDocument } from '../docs/markdown.js';
import { commands } from '../../lib/cli/commands.js';
import { makeCommandFolder, type CommandFolder, type ProgramOutcome } from './command-folder.js';

const page = 'docs/guides/command-line.md';

describe('the page about the command line', () => {
  let folder: CommandFolder;
  beforeAll(() => {
    folder = makeCommandFolder();
    const [module] = blocksOf(page).filter(({ language }) => language === 'ts');
    const [file] = blocksOf(page).filter(({ language }) => language === 'text');
    const source = transformSync(module?.text ?? '', { loader: 'ts' }).code;
    folder.write('api-keys.js', source.replace('express-api-keys', './express-api-keys.js'));
    folder.write('keys.csv', file?.text ?? '');
    folder.write(
      'app.js',
      `import express from 'express';
       import { apiKeys } from './api-keys.js';
       export const app = express();
       app.get('/health', (_req, res) => res.end());
       app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => res.end());`,
    );
  });
  afterAll(() => folder.remove());

  const listCommands = (): readonly (readonly string[])[] =>
    blocksOf(page)
      .filter(({ language }) => language === 'sh')
      .map(({ text }) => text.replaceAll('\\\n', ' ').trim().split(/\s+/).slice(2));
  const run = (args: readonly string[]): Promise<ProgramOutcome> =>
    folder.run(args, { API_KEYS_PEPPER: testPepper });

  it('shows commands that do what it says', async () => {
    const [importing = [], observing = [], listing = [], keys = [], ...more] = listCommands();
    expect(more).toEqual([]);
    const shown = blocksOf(page).filter(({ language }) => language === 'text')[1]?.text;
    expect(await run(importing)).toMatchObject({ code: 0, stdout: shown });
    const imported = await run(importing.filter((argument) => argument !== '--dry-run'));
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining('2 imported') });
    expect(await run(observing)).toMatchObject({ code: 0, stdout: '' });
    expect(await run(listing)).toMatchObject({ code: 0, stdout: expect.stringContaining('/orders') });
    expect(await run(keys)).toMatchObject({ code: 0, stdout: expect.stringMatching(/alice +CI +active/) });
  });

  it('names every option of every command', () => {
    const text = readDocument(page);
    const names = commands.flatMap(({ options }) => Object.keys(options));
    expect(names.filter((name) => !text.includes(`--${name}`))).toEqual([]);
  });
});
