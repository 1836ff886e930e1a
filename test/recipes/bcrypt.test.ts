import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import Database from 'libsql';
import { theApp } from '../harness/the-app.js';
import { openRecipe, type Recipe } from './open-recipe.js';

/** A table that an app has written by hand; test/moving moves a whole app with one. */
describe('a table of bcrypt hashes', () => {
  let recipe: Recipe;
  let environment: Record<string, string>;
  const keys: Record<string, string> = {};

  beforeAll(async () => {
    recipe = await openRecipe('import-recipes.md');
    const file = join(recipe.folder, 'shop.sqlite');
    environment = { OLD_DATABASE: `sqlite:${file}` };
    const database = new Database(file);
    database.exec(
      'create table api_keys (id text, key_hash text, customer_id integer, label text, permissions text, expires_at integer, revoked_at integer)',
    );
    for (const [label, permissions, expiresAt, revokedAt] of [
      ['writer', ['orders:read', 'orders:write'], null, null],
      ['reader', ['orders:read'], Date.now() + 86_400_000, null],
      ['expired', ['orders:read'], Date.now() - 86_400_000, null],
      ['revoked', ['orders:read'], null, Date.now()],
    ] as const) {
      const [id, secret] = [randomBytes(4).toString('hex'), randomBytes(16).toString('hex')];
      keys[label] = `shop_${id}_${secret}`;
      database
        .prepare('insert into api_keys values (?, ?, 7, ?, ?, ?, ?)')
        .run([id, await hash(secret, 4), label, JSON.stringify(permissions), expiresAt, revokedAt]);
    }
    database.close();
  });
  afterAll(() => recipe.close());

  it('is imported by the command of the page, once', async () => {
    const change = (command: string) => command.replace('--dry-run ', '');
    expect((await recipe.run({ environment })).out).toContain('3 would be imported');
    expect((await recipe.run({ environment, change })).out).toContain('3 imported, 0 already there, 0 left');
    expect((await recipe.run({ environment, change })).out).toContain('0 imported, 3 already there');
  });

  it('has keys that are accepted and refused as before', async () => {
    const { writer = '', reader = '', expired = '', revoked = '' } = keys;
    expect(await recipe.ask(writer, 'post')).toBe('200 7');
    expect(await recipe.ask(reader)).toBe('200 7');
    expect(await recipe.ask(reader, 'post')).toBe('403 insufficient_scope');
    expect(await recipe.ask(expired)).toBe('401 key_expired');
    expect(await recipe.ask(revoked)).toBe('401 invalid_token');
    expect(await recipe.ask(writer.slice(0, -1) + (writer.endsWith('a') ? 'b' : 'a'))).toBe(
      '401 invalid_token',
    );
  });

  it('gives keys a secret of the new format under the same id', async () => {
    const api = recipe.apiKeys.keys.as(theApp);
    const found = (await api.list({ ownerId: '7' })).items.find(({ name }) => name === 'writer');
    const { id, key } = await api.rotate({ id: found?.id ?? '' });
    expect(id).toBe(found?.id);
    expect(await recipe.ask(key, 'post')).toBe('200 7');
    expect(await recipe.ask(keys['writer'] ?? '')).toMatch(/^401 /);
  });
});
