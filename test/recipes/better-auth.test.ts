import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { installTools } from '../harness/install-tools.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { openRecipe, type Recipe } from './open-recipe.js';

interface MadeKeys {
  readonly userId: string;
  readonly ids: Readonly<Record<string, string>>;
  readonly keys: Readonly<Record<'writer' | 'reader' | 'withoutAny' | 'disabled' | 'expired', string>>;
  readonly verdicts: Readonly<Record<string, boolean>>;
  readonly expiresAt: string;
}

/** The commands of the page, from 0, and the databases that they read. */
const commands = ['PostgreSQL', 'SQLite'] as const;
let tools: string;

beforeAll(async () => {
  tools = await installTools('better-auth', join(__dirname, 'better-auth', 'package.json'));
  // The first run downloads the packages.
}, 300_000);

describe.each(commands)('keys that better-auth has made in %s', (kind) => {
  const index = commands.indexOf(kind);
  let recipe: Recipe;
  let made: MadeKeys;
  let environment: Record<string, string>;
  let removeDatabase: () => Promise<void> = () => Promise.resolve();

  beforeAll(async () => {
    recipe = await openRecipe('import-better-auth.md');
    const database = await makeOwnDatabase(kind);
    const address = database.url.replace(/^file:/, '');
    removeDatabase = database.remove;
    environment = { OLD_DATABASE: kind === 'SQLite' ? `sqlite:${address}` : address };
    const program = join(__dirname, 'better-auth', 'make-keys.mjs');
    const { stdout } = await promisify(execFile)(process.execPath, [program, tools, address]);
    made = JSON.parse(stdout) as MadeKeys;
  }, 90_000);
  afterAll(async () => {
    await recipe.close();
    await removeDatabase();
  });

  it('are imported by the command of the page, once', async () => {
    const trial = await recipe.run({ index, environment });
    expect(trial).toMatchObject({
      code: 0,
      out: '5 rows read: 5 would be imported, 0 already there, 0 left out.',
    });
    const change = (command: string) => command.replace('--dry-run ', '');
    const imported = await recipe.run({ index, environment, change });
    expect(imported).toMatchObject({
      err: '',
      out: '5 rows read: 5 imported, 0 already there, 0 left out.',
    });
    const again = await recipe.run({ index, environment, change });
    expect(again.out).toBe('5 rows read: 0 imported, 5 already there, 0 left out.');
    expect((await recipe.apiKeys.keys.as(theApp).list()).items).toHaveLength(5);
  });

  it('are accepted and refused as better-auth does', async () => {
    const { keys, userId, verdicts } = made;
    expect(verdicts).toEqual({
      ...{ writer: true, reader: true },
      ...{ readerWriting: false, withoutAny: false, disabled: false },
    });
    expect(await recipe.ask(keys.writer)).toBe(`200 ${userId}`);
    expect(await recipe.ask(keys.writer, 'post')).toBe(`200 ${userId}`);
    expect(await recipe.ask(keys.reader)).toBe(`200 ${userId}`);
    expect(await recipe.ask(keys.reader, 'post')).toBe('403 insufficient_scope');
    expect(await recipe.ask(keys.withoutAny)).toBe('403 insufficient_scope');
    expect(await recipe.ask(keys.disabled)).toBe('401 key_disabled');
    expect(await recipe.ask(keys.expired)).toBe('401 key_expired');
    const last = keys.writer.endsWith('a') ? 'b' : 'a';
    expect(await recipe.ask(keys.writer.slice(0, -1) + last)).toBe('401 invalid_token');
  });

  it('have their limits, credits, metadata and times', async () => {
    const { items } = await recipe.apiKeys.keys.as(theApp).list({ ownerId: made.userId, tag: 'imported' });
    const find = (name: string) => items.find((each) => each.name === name);
    expect(find('CI')).toMatchObject({
      rateLimits: [{ name: 'better-auth', limit: 100, windowSeconds: 60 }],
      metadata: { team: 'checkout', betterAuthId: made.ids['writer'] },
      expiresAt: new Date(made.expiresAt),
      lastUsedAt: expect.any(Date),
    });
    const { apiKeys } = recipe;
    // 50, less the check of better-auth and the two requests above.
    expect(find('CI')?.credits).toEqual({ remaining: 47, refillAmount: 50, refillIntervalSeconds: 86_400 });
    expect(find('Reports')).toMatchObject({ rateLimits: [], credits: null, expiresAt: null });
    expect(find(made.keys.withoutAny.slice(0, 6))).toMatchObject({ scopes: [], state: 'active' });
    expect(find('Old')?.state).toBe('expired');

    const id = find('Reports')?.id ?? '';
    const { key } = await apiKeys.keys.as(theApp).rotate({ id });
    expect(key).toMatch(/^acme_live_/);
    expect(await recipe.ask(key)).toBe(`200 ${made.userId}`);
    expect(await recipe.ask(made.keys.reader)).toMatch(/^401 /);
    expect((await apiKeys.keys.as(theApp).get({ id }))?.name).toBe('Reports');
  });
});
