import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'libsql';
import { theApp } from '../harness/the-app.js';
import { findServerProgram } from '../servers/install-servers.cjs';
import { openRecipe, type Recipe } from './open-recipe.js';

type Row = Readonly<Record<string, string | number | null>>;

/** As Sanctum's migration makes it, on SQLite. */
const table = `create table personal_access_tokens (id integer primary key autoincrement not null, tokenable_type varchar not null,
  tokenable_id integer not null, name varchar not null, token varchar not null unique, abilities text, last_used_at datetime,
  expires_at datetime, created_at datetime, updated_at datetime)`;

describe('tokens of Laravel Sanctum, made by PHP', () => {
  let recipe: Recipe;
  let environment: Record<string, string>;
  let rows: readonly Row[];
  const tokenOf = (name: string): string => String(rows.find((row) => row['name'] === name)?.['plain_text']);

  beforeAll(async () => {
    recipe = await openRecipe('import-sanctum.md');
    const program = join(__dirname, 'make-sanctum-tokens.php');
    const lines = execFileSync(findServerProgram('php'), [program], { encoding: 'utf8' });
    rows = lines
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Row);
    const file = join(recipe.folder, 'laravel.sqlite');
    environment = { OLD_DATABASE: `sqlite:${file}` };
    const database = new Database(file);
    database.exec(table);
    for (const { plain_text: _shownOnce, ...row } of rows) {
      const names = Object.keys(row);
      database
        .prepare(
          `insert into personal_access_tokens (${names.join()}) values (${names.map(() => '?').join()})`,
        )
        .run(Object.values(row));
    }
    database.close();
    // The first run installs PHP.
  }, 400_000);
  afterAll(() => recipe.close());

  const ask = (token: string, method?: 'get' | 'post'): Promise<string> =>
    recipe.ask(token, method, ['Authorization', `Bearer ${token}`]);

  it('are imported by the command of the page, once', async () => {
    const change = (command: string) => command.replace('--dry-run ', '');
    expect((await recipe.run({ environment })).out).toBe(
      '6 rows read: 6 would be imported, 0 already there, 0 left out.',
    );
    expect((await recipe.run({ environment, change })).out).toContain('6 imported, 0 already there');
    expect((await recipe.run({ environment, change })).out).toContain('0 imported, 6 already there');
    const { items } = await recipe.apiKeys.keys.as(theApp).list({ ownerId: 'user-41', tag: 'imported' });
    expect(items).toMatchObject([
      {
        name: 'CI',
        scopes: ['orders:read', 'orders:write'],
        metadata: { sanctumId: '1' },
        lastUsedAt: new Date(`${String(rows[0]?.['last_used_at']).replace(' ', 'T')}Z`),
      },
    ]);
  });

  it('are accepted and refused as Sanctum does', async () => {
    expect(tokenOf('CI')).toMatch(/^1\|shop_[A-Za-z0-9]{40}[0-9a-f]{8}$/);
    expect(await ask(tokenOf('CI'))).toBe('200 user-41');
    expect(await ask(tokenOf('CI'), 'post')).toBe('200 user-41');
    expect(await ask(tokenOf('All'), 'post')).toBe('200 user-42');
    expect(tokenOf('Old form')).toMatch(/^3\|[A-Za-z0-9]{40}$/);
    expect(await ask(tokenOf('Old form'))).toBe('200 user-43');
    expect(await ask(tokenOf('Old form'), 'post')).toBe('403 insufficient_scope');
    expect(await ask(tokenOf('Expired'))).toBe('401 key_expired');
    expect(await ask(tokenOf('Expiring'))).toBe('200 user-45');
    expect(await ask(tokenOf('None'))).toBe('403 insufficient_scope');
    const token = tokenOf('CI');
    expect(await ask(token.slice(0, -1) + (token.endsWith('a') ? 'b' : 'a'))).toBe('401 invalid_token');
  });

  it('end as early as sanctum.expiration says, where the query does so', async () => {
    const soon = "min(coalesce(expires_at, '9999-12-31'), datetime(created_at, '+30 minutes')) as expires_at";
    // In another environment, where these rows are new.
    const outcome = await recipe.run({
      environment,
      change: (command) =>
        command
          .replace(' --dry-run', '')
          .replace(' expires_at,', ` ${soon},`)
          .replace('tags=imported', 'tags=ended --set environment=test'),
    });
    expect(outcome.out).toContain('6 imported');
    const { items } = await recipe.apiKeys.keys.as(theApp).list({ tag: 'ended' });
    expect(items.map(({ state }) => state)).toEqual(Array.from(rows, () => 'expired'));
  });

  it('get a secret of the new format under the same id', async () => {
    const keys = recipe.apiKeys.keys.as(theApp);
    const [found] = (await keys.list({ ownerId: 'user-41', tag: 'imported' })).items;
    const { id, key } = await keys.rotate({ id: found?.id ?? '' });
    expect(id).toBe(found?.id);
    expect(key).toMatch(/^acme_live_/);
    expect(await ask(key)).toBe('200 user-41');
    expect(await ask(tokenOf('CI'))).toMatch(/^401 /);
  });
});
