import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createApiKeys } from '../../lib/index.js';
import { scopes, testPepper } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { blocksOf } from '../docs/markdown.js';
import { makeCommandFolder, type CommandFolder } from './command-folder.js';

jest.setTimeout(180_000);

describe('the page about a key that has leaked', () => {
  let folder: CommandFolder;
  beforeAll(() => {
    folder = makeCommandFolder();
    folder.writeInstance();
  });
  afterAll(() => folder.remove());

  it('shows commands that end the key, say what it did, and make a new one', async () => {
    const database = `file:${folder.path('keys.sqlite')}`;
    const apiKeys = createApiKeys({
      ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, database },
      logger: { warn: () => undefined, error: () => undefined },
    });
    const keys = apiKeys.keys.as(theApp);
    const leaked = await keys.create({ ownerId: 'alice', name: 'CI', scopes: ['orders:read'] });
    await keys.create({ ownerId: 'alice', name: 'Shop', scopes: ['orders:read'] });
    const verify = async (key: string): Promise<string> => {
      const verdict = await apiKeys.keys.verify({ key, scopes: 'orders:read', address: '192.0.2.1' });
      return verdict.allowed ? 'allowed' : verdict.code;
    };
    expect(await verify(leaked.key)).toBe('allowed');
    // The id stands where the page says.
    expect(leaked.key.slice('acme_live_'.length, 'acme_live_'.length + 16)).toBe(leaked.id);

    // Not synchronously: this process holds locks of the file as well.
    const run = async (text: string): Promise<{ out: string; err: string }> => {
      const program = `npx() { shift; '${process.execPath}' dist/esm/cli/bin.js "$@"; }`;
      const child = spawn('bash', ['--norc', '-c', `set -e; ${program}\n${text}`], {
        cwd: folder.path('.'),
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], DATABASE: database, KEY_ID: leaked.id },
      });
      let [out, err] = ['', ''];
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
      const [status] = (await once(child, 'close')) as [number | null];
      expect({ text, err, status }).toEqual({ text, err, status: 0 });
      return { out, err };
    };
    const blocks = blocksOf('docs/guides/leaked-key.md').filter(({ language }) => language === 'sh');
    const [
      show = '',
      revoke = '',
      usage = '',
      changes = '',
      others = '',
      suspend = '',
      create = '',
      record = '',
    ] = blocks.map(({ text }) => text);
    expect(blocks).toHaveLength(8);

    expect((await run(show)).out).toMatch(/^ownerId +alice$/m);
    expect((await run(revoke)).out).toMatch(/^revocationReason +keyCompromise$/m);
    expect(await verify(leaked.key)).toBe('key_revoked');
    await run(usage);
    expect(await run(changes)).toMatchObject({ out: '', err: expect.stringContaining('no such entry') });
    const rest = await run(others);
    expect(rest.out).toContain('Shop');
    expect(rest.err).toContain('1 would be revoked.');
    await run(suspend);
    await run(create);
    const made = readFileSync(folder.path('key.txt'), 'utf8').trim();
    expect(statSync(folder.path('key.txt')).mode & 0o077).toBe(0);
    expect(await verify(made)).toBe('allowed');
    expect((await run(record)).err).toContain('no problem');
    const lines = readFileSync(folder.path('leaked-key.jsonl'), 'utf8').trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { action: string }).action)).toEqual([
      'key.created',
      'key.revoked',
    ]);
    await apiKeys.close();
  });
});
