import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

  const listCommands = (document: string = page): readonly (readonly string[])[] =>
    blocksOf(document)
      .filter(({ language }) => language === 'sh')
      .map(({ text }) => text.replaceAll('\\\n', ' ').trim().split(/\s+/).slice(2));
  const run = (args: readonly string[]): Promise<ProgramOutcome> =>
    folder.run(args, { API_KEYS_PEPPER: testPepper });

  it('shows commands that do what it says', async () => {
    const [importing = [], observing = [], listing = [], keys = [], remote = [], migrating = [], ...more] =
      listCommands();
    expect(more).toEqual([]);
    const shown = blocksOf(page).filter(({ language }) => language === 'text')[1]?.text;
    expect(await run(importing)).toMatchObject({ code: 0, stdout: shown });
    const imported = await run(importing.filter((argument) => argument !== '--dry-run'));
    expect(imported).toMatchObject({ code: 0, stdout: expect.stringContaining('2 imported') });
    expect(await run(observing)).toMatchObject({ code: 0, stdout: '' });
    expect(await run(listing)).toMatchObject({ code: 0, stdout: expect.stringContaining('/orders') });
    expect(await run(keys)).toMatchObject({ code: 0, stdout: expect.stringMatching(/alice +CI +active/) });
    expect(await run(migrating)).toMatchObject({
      code: 0,
      stderr: expect.stringContaining('Nothing is pending'),
    });
    // test/cli/connections.test.ts has a server behind the address.
    const unreachable = remote.map((each) => each.replace('"$API_KEYS_URL"', 'http://127.0.0.1:1/api-keys'));
    expect(await folder.run(unreachable, { API_KEYS_TOKEN: 'x' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be reached'),
    });
  });

  it('has a neighbor that shows how a set-up is checked', async () => {
    const [checking = [], asking = [], ...more] = listCommands('docs/production/doctor.md');
    expect(more).toEqual([]);
    // test/cli/doctor-proxies.test.ts has a server behind the address.
    const unreachable = asking.map((each) => each.replace('"$API_KEYS_URL"', 'http://127.0.0.1:1/api-keys'));
    expect(await folder.run(unreachable, { API_KEYS_TOKEN: 'x' })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be reached'),
    });
    const before = await run(checking);
    // Folders of tests may be in memory, which is an error.
    expect(before.code).toBe(before.stdout.includes('[file-on-memory]') ? 1 : 0);
    expect(before.stdout).toContain('[node-env]');
  });

  it('has a page behind every finding', () => {
    const root = join(__dirname, '..', '..');
    const folderOfChecks = join(root, 'lib', 'cli', 'doctor');
    const pages = readdirSync(folderOfChecks).flatMap((file) => [
      ...readFileSync(join(folderOfChecks, file), 'utf8').matchAll(
        /'((?:docs\/|README)[^'#]*\.md)(?:#([^']*))?'/g,
      ),
    ]);
    expect(pages.length).toBeGreaterThan(15);
    for (const [, file = '', anchor] of pages) {
      const headings = [...readFileSync(join(root, file), 'utf8').matchAll(/^#+ (.*)$/gm)].map(
        ([, heading = '']) =>
          heading
            .toLowerCase()
            .replace(/[^a-z0-9 -]/g, '')
            .replaceAll(' ', '-'),
      );
      if (anchor !== undefined)
        expect({ file, headings }).toMatchObject({ headings: expect.arrayContaining([anchor]) });
    }
  });

  it('names every finding of a check, and no other', () => {
    const checks = join(__dirname, '..', '..', 'lib', 'cli', 'doctor');
    const sources = readdirSync(checks).map((file) => readFileSync(join(checks, file), 'utf8'));
    const written = sources.flatMap((text) =>
      [...text.matchAll(/^ *id: ([^\n]*),$/gm)].flatMap(([, value = '']) =>
        [...value.matchAll(/'([a-z-]+)'/g)].map(([, id = '']) => id),
      ),
    );
    const ids = [...written, ...['network', 'memory', 'container'].map((kind) => `file-on-${kind}`)];
    const rows = [...readDocument('docs/production/doctor.md').matchAll(/^\| `([a-z-]+)`/gm)];
    expect(ids.length).toBeGreaterThan(20);
    expect(rows.map(([, id = '']) => id).toSorted()).toEqual([...new Set(ids)].toSorted());
  });

  it('names every option of every command', () => {
    const text = readDocument(page);
    const names = commands.flatMap(({ options }) => Object.keys(options));
    expect(names.filter((name) => !text.includes(`--${name}`))).toEqual([]);
  });
});
