import { join } from 'node:path';
import Database from 'libsql';
import { checkAPIKey, generateAPIKey } from 'prefixed-api-key';
import { theApp } from '../harness/the-app.js';
import { openRecipe, type Recipe } from './open-recipe.js';

interface MadeKey {
  readonly token: string;
  readonly shortToken: string;
  readonly longTokenHash: string;
}

async function makeKey(): Promise<MadeKey> {
  const { token, shortToken, longTokenHash } = await generateAPIKey({ keyPrefix: 'shop' });
  if (token === undefined || shortToken === undefined || longTokenHash === undefined) {
    throw new Error('prefixed-api-key has made no key');
  }
  return { token, shortToken, longTokenHash };
}

describe('keys that prefixed-api-key has made', () => {
  let recipe: Recipe;
  let environment: Record<string, string>;
  const made: MadeKey[] = [];
  const count = 40;
  /** The first one is revoked. */
  const valid = count - 1;

  beforeAll(async () => {
    recipe = await openRecipe('import-prefixed-api-key.md');
    const file = join(recipe.folder, 'shop.sqlite');
    environment = { OLD_DATABASE: `sqlite:${file}` };
    const database = new Database(file);
    database.exec(
      'create table api_keys (short_token text, long_token_hash text, customer_id integer, label text, created_at integer, revoked_at integer)',
    );
    for (let index = 0; index < count; index += 1) {
      const key = await makeKey();
      made.push(key);
      database
        .prepare('insert into api_keys values (?, ?, ?, ?, ?, ?)')
        .run([
          key.shortToken,
          key.longTokenHash,
          index,
          'CI',
          1_715_000_000,
          index === 0 ? 1_716_000_000 : null,
        ]);
    }
    database.close();
  });
  afterAll(() => recipe.close());

  it('are imported by the command of the page, once', async () => {
    const change = (command: string) => command.replace('--dry-run ', '');
    expect((await recipe.run({ environment })).out).toContain(`${valid} would be imported`);
    expect((await recipe.run({ environment, change })).out).toContain(
      `${valid} imported, 0 already there, 0 left`,
    );
    expect((await recipe.run({ environment, change })).out).toContain(`0 imported, ${valid} already there`);
    const [found] = (await recipe.apiKeys.keys.as(theApp).list({ ownerId: '7' })).items;
    expect(found).toMatchObject({
      metadata: { shortToken: made[7]?.shortToken },
      createdAt: new Date(1_715_000_000_000),
    });
  });

  it('are accepted and refused as checkAPIKey does', async () => {
    for (const [index, { token, longTokenHash }] of made.entries()) {
      expect(checkAPIKey(token, longTokenHash)).toBe(true);
      expect(await recipe.ask(token)).toBe(index === 0 ? '401 invalid_token' : `200 ${index}`);
    }
    const { token, longTokenHash } = made[1] ?? (await makeKey());
    const changed = token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a');
    expect(checkAPIKey(changed, longTokenHash)).toBe(false);
    expect(await recipe.ask(changed)).toBe('401 invalid_token');
    expect(await recipe.ask((await makeKey()).token)).toBe('401 invalid_token');
    expect(await recipe.ask(token, 'post')).toBe('403 insufficient_scope');
    // Neither looks at the short token.
    const other = token.replace(made[1]?.shortToken ?? '', made[2]?.shortToken ?? '');
    expect(other).not.toBe(token);
    expect(checkAPIKey(other, longTokenHash)).toBe(true);
    expect(await recipe.ask(other)).toBe('200 1');
  });

  it('get a secret of the new format under the same id', async () => {
    const keys = recipe.apiKeys.keys.as(theApp);
    const [found] = (await keys.list({ ownerId: '3' })).items;
    const { id, key } = await keys.rotate({ id: found?.id ?? '' });
    expect(id).toBe(found?.id);
    expect(await recipe.ask(key)).toBe('200 3');
    expect(await recipe.ask(made[3]?.token ?? '')).toMatch(/^401 /);
  });
});
