import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { hash } from 'bcryptjs';
import { findServerProgram } from '../servers/install-servers.cjs';
import { createInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { openRecipe, type Recipe } from './open-recipe.js';

type Name = 'CI' | 'Upgraded' | 'Revoked' | 'Expired' | 'Expiring';
interface MadeKeys {
  readonly keys: Readonly<Record<Name, string>>;
  /** What the library itself says of them. */
  readonly usable: Readonly<Record<Exclude<Name, 'Upgraded'>, boolean>>;
}

describe('keys that djangorestframework-api-key has made', () => {
  let recipe: Recipe;
  let made: MadeKeys;
  let environment: Record<string, string>;

  beforeAll(async () => {
    // The package of Debian; its Python is not the one of another installation.
    findServerProgram('rest_framework_api_key');
    recipe = await openRecipe('import-django.md', ['read-api-key-scheme.ts']);
    const file = join(recipe.folder, 'django.sqlite');
    environment = { OLD_DATABASE: `sqlite:${file}` };
    const program = join(__dirname, 'make-django-keys.py');
    const { stdout } = await promisify(execFile)('/usr/bin/python3', [program, file]);
    made = JSON.parse(stdout) as MadeKeys;
    // The first run installs Django.
  }, 400_000);
  afterAll(() => recipe.close());

  /** 260,000 iterations can take longer than their deadline on a busy machine: a client waits then, and sends the request again. */
  async function askAsClientsDo(key: string, method?: 'get' | 'post'): Promise<string> {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await recipe.ask(key, method, ['Authorization', `Api-Key ${key}`]);
      if (answer !== '503 unavailable' || attempt === 10) return answer;
      await setTimeout(1_000);
    }
  }

  it('are imported by the commands of the page, once', async () => {
    const change = (command: string) => command.replace('--dry-run ', '');
    for (const [index, count] of [1, 3].entries()) {
      const run = (changed = change) => recipe.run({ index, environment, change: changed });
      const trial = await run((command) => command);
      expect(trial).toMatchObject({ code: 0, err: '' });
      expect(trial.out).toContain(`: ${count} would be imported, 0 already there, 0 left out.`);
      expect((await run()).out).toContain(`${count} imported, 0 already there, 0 left out.`);
      expect((await run()).out).toContain(`0 imported, ${count} already there, 0 left out.`);
    }
    expect((await recipe.apiKeys.keys.as(theApp).list({ tag: 'imported' })).items).toHaveLength(4);
  });

  it('are accepted and refused as Django does, in the header of its clients', async () => {
    const { keys, usable } = made;
    expect(usable).toEqual({ CI: true, Revoked: false, Expired: false, Expiring: true });
    for (const name of ['CI', 'Upgraded', 'Expiring'] as const) {
      expect(await askAsClientsDo(keys[name])).toBe('200 partners');
      expect(await askAsClientsDo(keys[name])).toBe('200 partners');
    }
    expect(await askAsClientsDo(keys.CI, 'post')).toBe('403 insufficient_scope');
    expect(await askAsClientsDo(keys.Revoked)).toBe('401 invalid_token');
    expect(await askAsClientsDo(keys.Expired)).toBe('401 key_expired');
    const last = (key: string) => key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
    expect(await askAsClientsDo(last(keys.Upgraded))).toBe('401 invalid_token');
    expect(await askAsClientsDo(last(keys.Expiring))).toBe('401 invalid_token');
    // The scheme is Django's: sent as Bearer, it is what the guard reads by itself.
    expect(await recipe.ask(keys.CI, 'get', ['Authorization', `Bearer ${keys.CI}`])).toBe('200 partners');
  });

  it('are imported as well where Django hashes with bcrypt_sha256', async () => {
    const key = `${'p'.repeat(8)}.${'s'.repeat(32)}`;
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    // `BCryptSHA256PasswordHasher.encode`.
    const hashedKey = `bcrypt_sha256$${await hash(sha256(key), 4)}`;
    const { apiKeys } = createInstance({
      foreignFormats: [
        {
          name: 'django-bcrypt',
          pattern: /^[A-Za-z0-9]{8}\.[A-Za-z0-9]{32}$/,
          hash: 'bcrypt',
          idOf: (text) => text.slice(0, 8),
          secretOf: sha256,
        },
      ],
    });
    const row = { hash: hashedKey.slice(14), visiblePart: 'p'.repeat(8), ownerId: 'alice', name: 'CI' };
    await apiKeys.keys
      .as(theApp)
      .import({ format: 'django-bcrypt', rows: [{ ...row, scopes: ['orders:read'] }] });
    expect(await apiKeys.keys.verify({ key })).toMatchObject({ allowed: true });
    const other = `${'p'.repeat(8)}.${'t'.repeat(32)}`;
    expect(await apiKeys.keys.verify({ key: other })).toMatchObject({ allowed: false });
    await apiKeys.close();
  });

  it('get a secret of the new format under the same id', async () => {
    const keys = recipe.apiKeys.keys.as(theApp);
    for (const name of ['CI', 'Upgraded'] as const) {
      const found = (await keys.list({ tag: 'imported' })).items.find((each) => each.name === name);
      const { id, key } = await keys.rotate({ id: found?.id ?? '' });
      expect(id).toBe(found?.id);
      expect(key).toMatch(/^acme_live_/);
      expect(await askAsClientsDo(key)).toBe('200 partners');
      expect(await askAsClientsDo(made.keys[name])).toMatch(/^401 /);
    }
  });
});
