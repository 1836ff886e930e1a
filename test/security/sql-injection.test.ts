import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createDatabase } from '../servers/postgres.cjs';
import { root, startAdminApp } from '../admin/admin-app.js';
import { theApp } from '../harness/the-app.js';

/** Texts that mean something to SQLite, PostgreSQL, LIKE, JSON paths or drivers. */
const injections: readonly string[] = [
  "'",
  "''",
  '"',
  '`',
  '\\',
  "\\'",
  "\\'; --",
  "' --",
  "' #",
  "'/*",
  '*/',
  "';",
  "'; --",
  "' or '1'='1",
  "' or 1=1 --",
  "') or ('1'='1",
  '" or ""="',
  "' or true --",
  "' union select 1 --",
  "' union all select null,null,null --",
  "'; drop table keys; --",
  "'; delete from keys; --",
  "'; update keys set enabled = 0; --",
  '1; select pg_sleep(5)',
  "' and 1=(select count(*) from sqlite_master) --",
  "' and pg_sleep(5) is null --",
  "'||(select version())||'",
  "' || 'a",
  "a' collate nocase --",
  "' escape '!",
  '%',
  '%%',
  '_',
  '__',
  '%25',
  '!',
  '!%',
  '!_',
  '[a-z]',
  '*',
  '?',
  '$1',
  '$$',
  '$a$',
  ':name',
  '@p1',
  '?1',
  '{"a":1}',
  '["a"]',
  '$.scopes',
  '$[0]',
  "$'",
  '0x27',
  'char(39)',
  'null',
  'NULL',
  'true',
  "E'\\\\'",
  "U&'\\0027'",
  "x'27'",
  '１＝１',
  '＇ or 1=1',
  'ʼ or 1=1 --',
  '; shutdown',
  '-- -',
  'a\'b"c`d\\e',
];

describe.each(['SQLite', 'PostgreSQL'])('hostile texts in %s', (kind) => {
  let database = '';
  let remove: () => Promise<void> | void;
  beforeAll(async () => {
    if (kind === 'PostgreSQL') {
      const created = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
      database = created.url;
      remove = created.drop;
    } else {
      const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-sql-'));
      database = `file:${join(folder, 'keys.db')}`;
      remove = () => rmSync(folder, { recursive: true, force: true });
    }
  });
  let toClose: () => Promise<void>;
  afterAll(async () => {
    await toClose();
    await remove();
  });

  it('R58 are names like any other: what was written is read, and finds itself only', async () => {
    const adminApp = await startAdminApp({ database });
    const { apiKeys } = adminApp;
    toClose = () => adminApp.close();
    expect(injections.length).toBeGreaterThanOrEqual(60);
    for (const text of injections) {
      await apiKeys.keys.as(theApp).create({
        ownerId: text,
        name: text,
        scopes: [],
        description: text,
        metadata: { [text]: text },
      });
    }
    const list = async (query: string): Promise<Record<string, unknown>[]> => {
      const answer = await adminApp.as(root).get(`/keys?limit=100${query}`).expect(200);
      return (answer.body as { items: Record<string, unknown>[] }).items;
    };
    expect(await list('')).toHaveLength(injections.length);
    for (const text of injections) {
      const value = encodeURIComponent(text);
      const ofOwner = await list(`&ownerId=${value}`);
      expect(ofOwner).toMatchObject([
        { ownerId: text, name: text, description: text, metadata: { [text]: text } },
      ]);
      const lower = text.toLowerCase();
      const holding = injections.filter((each) => each.toLowerCase().includes(lower));
      expect((await list(`&q=${value}`)).map(({ name }) => name).toSorted()).toEqual(holding.toSorted());
      for (const name of ['keyspace', 'tag']) expect(await list(`&${name}=${value}`)).toEqual([]);
      for (const query of [
        `cursor=${value}`,
        `limit=${value}`,
        `scope=${value}`,
        `state=${value}`,
        `sort=${value}`,
      ]) {
        const { status } = await adminApp.as(root).get(`/keys?${query}`);
        expect([query, status]).toEqual([query, query === 'scope=*' ? 200 : 400]);
      }
      const audit = await adminApp.as(root).get(`/audit?ownerId=${value}`).expect(200);
      expect((audit.body as { items: unknown[] }).items).toMatchObject([{ ownerId: text }]);
      await adminApp.as(root).get(`/keys/${value}`).expect(404);
      expect(await apiKeys.keys.verify({ key: `acme_live_${text}` })).toMatchObject({
        allowed: false,
        code: 'invalid_token',
      });
    }
    expect(await list('')).toHaveLength(injections.length);
  }, 180_000);
});

describe('the sources of sql/', () => {
  const folder = join(__dirname, '..', '..', 'lib', 'sql');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => [basename(path), readFileSync(join(folder, path), 'utf8')] as const);

  /** What is put into SQL as text: constants of these files, and the schema's name, which is checked and quoted. */
  const allowed =
    /^(?:true|1|maxAncestors|migrationLock|routesLock|otherRoutes|applicationId|by === 'day' \? dayMs : hourMs|`\$\.\$\{name\}`)$/;

  it('R58 put nothing into a statement but bound parameters, constants and names from fixed lists', () => {
    expect(sources.length).toBeGreaterThan(20);
    for (const [name, source] of sources) {
      expect([name, source.match(/\bsql\s*\.\s*(?:raw|unsafe)\b/g)]).toEqual([name, null]);
      const literals = [...source.matchAll(/sql\.lit\((.+?)\)(?=[,})\s;]|$)/gm)].map(
        ([, argument = '']) => argument,
      );
      expect([name, literals.filter((each) => !allowed.test(each))]).toEqual([name, []]);
      // `written` has a position of the feed in it: a whole number and hexadecimal digits, or it throws.
      const unbound = [...source.matchAll(/CompiledQuery\.raw\(\s*(['"`][^]*?)\)/g)].map(
        ([, text = '']) => text,
      );
      expect([
        name,
        unbound.filter((text) => /\$\{(?!(?:limit|keepCommit|begin|idleMs|written)\})/.test(text)),
      ]).toEqual([name, []]);
    }
  });
});
