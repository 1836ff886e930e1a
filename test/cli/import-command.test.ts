import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import pg from 'pg';
import type { ImportedRow } from '../../lib/api/key-inputs.js';
import type { Instance } from '../../lib/cli/instance.js';
import { rowFields, type FieldKind } from '../../lib/cli/row-fields.js';
import { createInstance } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';
import { anyModule, runHere, type CommandOutcome } from './run-here.js';

const format = { name: 'old', pattern: /^old_[A-Za-z0-9]{16}$/ } as const;
const salted = {
  name: 'salted',
  pattern: /^old-[0-9a-f]{8}-[a-z]{8}$/,
  hash: 'sha256',
  idOf: (key: string) => key.slice(4, 12),
} as const;
const keyOf = (index: number): string => `old_${String(index).padStart(16, 'k')}`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
/** One that must never be shown. */
const secret = `old_${'S3cr3t'.repeat(2)}9999`;

describe('api-keys import', () => {
  const folder = mkdtempSync(join(tmpdir(), 'import-command-'));
  const { apiKeys } = createInstance({ foreignFormats: [format, salted] });
  const exported: Instance = { ...apiKeys, close: () => Promise.resolve() };
  afterAll(async () => {
    await apiKeys.close();
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, content: string | Uint8Array): string => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const importFrom = (from: string, ...args: readonly string[]): Promise<CommandOutcome> =>
    runHere(['import', '--app', anyModule, '--format', 'old', '--from', from, ...args], {
      exports: { apiKeys: exported },
    });
  const importText = (
    form: string,
    input: string | Buffer,
    ...args: readonly string[]
  ): Promise<CommandOutcome> =>
    runHere(['import', '--app', anyModule, '--format', 'old', '--from', '-', '--as', form, ...args], {
      exports: { apiKeys: exported },
      input,
    });
  const find = async (key: string) => {
    const verdict = await apiKeys.keys.verify({ key });
    return verdict.allowed ? verdict.apiKey : verdict;
  };

  it('imports CSV, whose keys are accepted as before', async () => {
    const lines = [
      'owner_id;sha256;label;scopes;created_at;gone',
      `7;${sha256(keyOf(1))};"CI; of ""the"" shop";orders:read orders:write;2024-05-06 07:08:09+02;0`,
      `8;${sha256(keyOf(2))};=cmd|'/c calc'!A1;orders:read;1714971600;1`,
    ];
    const file = write('keys.csv', `\uFEFF${lines.join('\r\n')}\r\n`);
    const mapping = [
      '--separator',
      ';',
      '--column',
      'hash=sha256',
      '--column',
      'name=label',
      '--column',
      'disabled=gone',
    ];
    const trial = await importFrom(file, ...mapping, '--dry-run');
    expect(trial).toMatchObject({
      code: 0,
      out: '2 rows read: 2 would be imported, 0 already there, 0 left out.',
    });
    expect((await apiKeys.keys.as(theApp).list()).items).toEqual([]);

    const first = await importFrom(file, ...mapping);
    expect(first).toMatchObject({ code: 0, out: '2 rows read: 2 imported, 0 already there, 0 left out.' });
    expect(await importFrom(file, ...mapping)).toMatchObject({
      code: 0,
      out: '2 rows read: 0 imported, 2 already there, 0 left out.',
    });
    expect(await find(keyOf(1))).toMatchObject({
      ownerId: '7',
      name: 'CI; of "the" shop',
      scopes: ['orders:read', 'orders:write'],
    });
    const { items } = await apiKeys.keys.as(theApp).list({ ownerId: '7' });
    expect(items[0]?.createdAt).toEqual(new Date('2024-05-06T05:08:09Z'));
    expect(await find(keyOf(2))).toMatchObject({ allowed: false, code: 'key_disabled' });
    const [other] = (await apiKeys.keys.as(theApp).list({ ownerId: '8' })).items;
    expect(other).toMatchObject({ name: "=cmd|'/c calc'!A1", createdAt: new Date(1_714_971_600_000) });
  });

  it('imports JSON lines with fields of every kind, from stdin', async () => {
    const row = {
      secret: keyOf(10),
      ownerId: 12,
      name: 'From JSON',
      scopes: ['orders:read'],
      expiresAt: 4_102_444_800_000,
      ipAllowlist: '10.0.0.0/8, 192.0.2.7',
      tags: '{one,"two words"}',
      rateLimits: [{ name: 'minute', limit: 5, windowSeconds: 60 }],
      oldId: 'abc-1',
      team: 4,
    };
    const outcome = await importText(
      'jsonl',
      `${JSON.stringify(row)}\n\n`,
      ...['--column', 'key=secret', '--column', 'metadata.id=oldId', '--column', 'metadata.team=team'],
      ...['--actor', 'olga'],
    );
    expect(outcome).toMatchObject({ code: 0, err: '' });
    const [key] = (await apiKeys.keys.as(theApp).list({ ownerId: '12' })).items;
    expect(key).toMatchObject({
      expiresAt: new Date(4_102_444_800_000),
      ipAllowlist: ['10.0.0.0/8', '192.0.2.7'],
      tags: ['one', 'two words'],
      rateLimits: [{ name: 'minute', limit: 5, windowSeconds: 60 }],
      metadata: { id: 'abc-1', team: '4' },
    });
    const { items } = await apiKeys.audit.as(theApp).list({ ownerId: '12' });
    expect(items[0]?.actor).toMatchObject({ kind: 'admin', id: 'olga' });
  });

  it('imports from SQLite, with blobs and whole numbers beyond 2^53, and never writes to it', async () => {
    const file = join(folder, 'old.sqlite');
    const database = new Database(file);
    database.exec('create table keys (owner integer, hash blob, label text, active integer)');
    const insert = database.prepare('insert into keys values (?, ?, ?, ?)');
    insert.run([BigInt('9007199254740993'), createHash('sha256').update(keyOf(20)).digest(), 'Blob', 1]);
    database.close();
    const read = 'select owner as "ownerId", hash, label as name, active as enabled from keys';
    const source = `sqlite:${file}`;
    expect(await importFrom(source, '--set', 'scopes=orders:read', '--query', read)).toMatchObject({
      code: 0,
    });
    expect(await find(keyOf(20))).toMatchObject({ ownerId: '9007199254740993', name: 'Blob' });

    const before = readFileSync(file);
    for (const query of [
      'delete from keys returning hash',
      'with gone as (select 1) delete from keys returning hash',
      'pragma journal_mode=wal',
      "attach 'other.sqlite' as other",
    ]) {
      expect((await importFrom(source, '--query', query)).code).not.toBe(0);
    }
    expect(readFileSync(file).equals(before)).toBe(true);
    const twice = await importFrom(source, '--query', 'select hash, hash from keys');
    expect(twice).toMatchObject({ code: 2, err: expect.stringContaining('several columns hash') });
    const wrong = await importFrom(source, '--query', 'select nothing from keys');
    expect(wrong).toMatchObject({ code: 1, err: expect.stringContaining('nothing') });
    const missing = await importFrom(`sqlite:${join(folder, 'none.sqlite')}`, '--query', read);
    expect(missing).toMatchObject({ code: 2 });
    expect(() => statSync(join(folder, 'none.sqlite'))).toThrow('ENOENT');
    const again = new Database(file);
    expect(again.prepare('select count(*) as n from keys').get([])).toMatchObject({ n: 1 });
    again.close();
  });

  it('imports from PostgreSQL, with bytes, arrays and times, in one snapshot that cannot write', async () => {
    const database = await makeOwnDatabase('PostgreSQL');
    const client = new pg.Client(database.url);
    await client.connect();
    await client.query(
      'create table keys (id bigint, hash bytea, scopes text[], made timestamptz, local timestamp, ends timestamptz, live boolean)',
    );
    const count = 603;
    await client.query(
      `insert into keys select n, sha256(convert_to('old_' || lpad(n::text, 16, 'p'), 'UTF8')), '{orders:read}',
         '2024-05-06 07:08:09.123456+02', '2024-05-06 07:08:09', null, true from generate_series(1, $1::int) n`,
      [count],
    );
    const environment = { OLD_DATABASE: database.url };
    const run = (query: string, ...args: readonly string[]): Promise<CommandOutcome> =>
      runHere(
        [
          ...[
            'import',
            '--app',
            anyModule,
            '--format',
            'old',
            '--from',
            'env:OLD_DATABASE',
            '--query',
            query,
          ],
          ...['--set', 'name=Old key', '--column', 'ownerId=id', ...args],
        ],
        { exports: { apiKeys: exported }, environment },
      );
    const columns = ['--column', 'createdAt=made', '--column', 'expiresAt=ends', '--column', 'enabled=live'];
    const all = 'select id, hash, scopes, made, ends, live from keys order by id';
    expect(await run(all, ...columns)).toMatchObject({
      code: 0,
      out: `${count} rows read: ${count} imported, 0 already there, 0 left out.`,
    });
    const [key] = (await apiKeys.keys.as(theApp).list({ ownerId: '603' })).items;
    expect(key).toMatchObject({ createdAt: new Date('2024-05-06T05:08:09.123Z'), expiresAt: null });
    expect(await find(`old_${'603'.padStart(16, 'p')}`)).toMatchObject({ ownerId: '603' });

    const local = 'select id, hash, scopes, local as "createdAt" from keys where id = 1';
    expect(await run(local)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/row 1: createdAt: has no time zone/),
    });
    expect(await run(local, '--utc')).toMatchObject({ code: 0 });
    for (const query of [
      "insert into keys (id) values (0) returning id, 'x' as hash",
      'select id, hash from keys; drop table keys',
      "select id, hash, set_config('transaction_read_only', 'off', false) from keys",
    ]) {
      const refused = await run(query);
      expect(refused.code).not.toBe(0);
    }
    // A message of the server that quotes a value.
    const casting = await run(`select id, '${secret}'::int as hash from keys`);
    expect(casting).toMatchObject({ code: 1, err: expect.stringContaining('PostgreSQL refused: 22P02') });
    expect(casting.all).not.toContain(secret);
    const { rows } = await client.query<{ n: string }>('select count(*) as n from keys');
    expect(rows).toEqual([{ n: String(count) }]);
    await client.end();
    await database.remove();
  });

  it('takes no password from the command, and shows none', async () => {
    const password = 'pA55w0rd';
    const given = await importFrom(`postgres://me:${password}@127.0.0.1:1/old`, '--query', 'select 1');
    expect(given).toMatchObject({ code: 2, err: expect.stringContaining('--from env:NAME') });
    const unreachable = await runHere(
      ['import', '--app', anyModule, '--format', 'old', '--from', 'env:OLD', '--query', 'select 1'],
      { exports: { apiKeys: exported }, environment: { OLD: `postgres://me:${password}@127.0.0.1:1/old` } },
    );
    expect(unreachable).toMatchObject({ code: 1, err: expect.stringContaining('ECONNREFUSED') });
    const set = await importText('csv', '', '--set', `key=${secret}`);
    expect(set).toMatchObject({ code: 2, err: expect.stringContaining('each key has its own') });
    const pasted = await importText('csv', '', secret);
    expect(pasted.code).toBe(2);
    for (const { all } of [given, unreachable, set, pasted]) {
      expect(all).not.toContain(password);
      expect(all).not.toContain(secret);
    }
  });

  it('lists every row that is wrong by its line, also beyond what the report in code keeps', async () => {
    const count = 1_020;
    const header = 'key,ownerId,name,scopes,expiresAt,enabled';
    const good = `${keyOf(30)},alice,Good,orders:read,,true`;
    const bad = Array.from({ length: count }, () => `${secret},,Bad,orders:raed,,true`);
    const unreadable = [
      `${secret},bob,No flag,orders:read,,`,
      `${secret},bob,No zone,orders:read,2027-01-31 12:00,true`,
      `${secret},bob,No such day,orders:read,2027-02-30T12:00:00Z,true`,
      `${secret},bob,No scopes,,,true`,
      `${secret},bob,Too many,orders:read,,true,more`,
      `${secret},bob,"Two\nlines",orders:read,tomorrow,true`,
    ];
    const report = join(folder, 'report.jsonl');
    const outcome = await importText(
      'csv',
      [header, ...unreadable, ...bad, good].join('\n'),
      '--report',
      report,
    );
    expect(outcome).toMatchObject({
      code: 1,
      out: '1027 rows read: 1 imported, 0 already there, 1026 left out.',
    });
    const problems = readFileSync(report, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { row: number; line: number; field: string; message: string });
    expect(problems.slice(0, 6).map(({ row, line, field }) => [row, line, field])).toEqual([
      [1, 2, 'enabled'],
      [2, 3, 'expiresAt'],
      [3, 4, 'expiresAt'],
      [4, 5, 'scopes'],
      [5, 6, 'row'],
      [6, 8, 'expiresAt'],
    ]);
    expect(new Set(problems.map(({ row }) => row)).size).toBe(count + unreadable.length);
    expect(problems.at(-1)).toMatchObject({ row: 1026, line: 1028 });
    expect(statSync(report).mode & 0o777).toBe(0o600);
    expect(outcome.err.split('\n').length).toBeLessThan(30);
    expect(outcome.all + readFileSync(report, 'utf8')).not.toContain(secret);
    expect(await find(keyOf(30))).toMatchObject({ name: 'Good' });
  });

  it('counts the line breaks of Windows once, also in cells, and in the line where a file is no CSV any more', async () => {
    const rows = [
      'key,ownerId,name,note,scopes,"environment"',
      `${keyOf(40)},bob,One,"Three\r\nlines\r\nhere",orders:read,live`,
      `${secret},bob,One,"Two\r\nlines",orders:read,`,
      '',
      `${secret},bob,One,,orders:raed,live`,
      `${secret},bob,One,"Two\r\nlines",orders:read,live,more`,
    ];
    const importLines = (lines: readonly string[]): Promise<CommandOutcome> =>
      importText('csv', lines.join('\r\n'), '--column', 'metadata.note=note');
    const outcome = await importLines(rows);
    expect(outcome).toMatchObject({
      code: 1,
      out: '4 rows read: 1 imported, 0 already there, 3 left out.',
    });
    expect([...outcome.err.matchAll(/line (\d+)/g)].map(([, line]) => Number(line)).toSorted()).toEqual([
      10, 6, 8,
    ]);
    expect(outcome.err).toContain(
      'environment: is empty: write the environment of the key, for example live',
    );
    expect(await find(keyOf(40))).toMatchObject({ metadata: { note: 'Three\r\nlines\r\nhere' } });
    const broken = await importLines([...rows.slice(0, 2), `${secret},b"ob,One,,x,live`]);
    expect(broken.err).toContain('Line 5 is no CSV');
    expect(outcome.all + broken.all).not.toContain(secret);
  });

  it.each([
    [
      'a column about which nothing is said',
      'key,ownerId,name,scopes,expires_on\n',
      /nothing is said about the column expires_on/,
    ],
    [
      'no header',
      `${secret},alice,CI,orders:read\n${secret},bob,CI,orders:read\n`,
      /header in the first line/,
    ],
    ['a header with the name of a key in it', `key,ownerId,${secret}\n`, /column \(not shown\)/],
    ['a column twice', 'key,ownerId,key\n', /several columns key/],
    ['nothing', '', /is empty/],
    ['a header alone', 'key,ownerId\n', /has no rows/],
    [
      'a quote that is never closed',
      `key,ownerId,name\n"${secret},alice,CI\n`,
      /Line \d+ is no CSV: a quote is opened/,
    ],
    ['text behind a quote', `key,ownerId,name\n"a"${secret},alice,CI\n`, /Line 2 is no CSV/],
    ['a huge cell', `key,ownerId,name\n${secret},alice,"${'x'.repeat(3_000_000)}"\n`, /a row is longer than/],
    ['another encoding', Buffer.from(`key,ownerId,name\n${secret},M\xfcller,CI\n`, 'latin1'), /not in UTF-8/],
    ['UTF-16', Buffer.from(`\uFEFFkey,ownerId,name\n`, 'utf16le'), /not in UTF-8/],
  ] as const)('refuses CSV with %s, and shows nothing of it', async (_what, content, message) => {
    const outcome = await importText('csv', content);
    expect(outcome.err).toMatch(message);
    expect(outcome.code).toBeGreaterThan(0);
    expect(outcome.all).not.toMatch(/S3cr3t|xxx/);
  });

  it.each([
    ['no JSON', `{"key": "${secret}"\n`, /line 1: row: must be an object in JSON/],
    ['a member twice', `{"key": "${secret}", "key": "x"}\n`, /line 1: row: must not name a member twice/],
    ['a list', `[{"key": "${secret}"}]`, /Write one object on each line/],
    ['a list over several lines', `[\n{"key": "${secret}"}\n]`, /Write one object on each line/],
    [
      'NUL',
      `{"key": "${secret}\\u0000", "ownerId": "a", "name": "b", "scopes": []}`,
      /key: must have no NUL/,
    ],
    [
      'a number that was rounded',
      '{"key":"k","ownerId":9007199254740993,"name":"b","scopes":[]}',
      /cannot be read exactly/,
    ],
    ['a line without an end', `{"key": "${'x'.repeat(1_100_000)}`, /Line 1 is longer/],
    [
      '__proto__',
      `{"__proto__": {"enabled": false}, "key": "${secret}"}`,
      /nothing is said about the column \(not shown\)/,
    ],
  ] as const)('refuses JSON lines with %s, and shows nothing of it', async (_what, content, message) => {
    const outcome = await importText('jsonl', content);
    expect(outcome.err).toMatch(message);
    expect(outcome.code).toBe(1);
    expect(outcome.all).not.toMatch(/S3cr3t|xxx/);
  });

  it.each([
    [['--column', 'onwer=x'], /did you mean ownerId\?|unknown field/],
    [['--column', 'ownerId'], /--column FIELD=COLUMN/],
    [['--column', 'ownerId=a', '--set', 'ownerId=b'], /given twice/],
    [['--column', 'enabled=a', '--column', 'disabled=b'], /given twice/],
    [['--set', 'expiresAt=2027-01-31 12:00'], /no time zone/],
    [['--set', 'enabled=maybe'], /true or false/],
    [['--ignore', 'nowhere'], /no column nowhere/],
    [['--column', 'hash=sha265'], /no column sha265/],
    [['--separator', ';;'], /one character/],
    [['--query', 'select 1'], /for databases/],
  ] as const)('refuses %j', async (args, message) => {
    const outcome = await importText(
      'csv',
      `key,ownerId,name,scopes\n${keyOf(40)},alice,CI,orders:read\n`,
      ...args,
    );
    expect(outcome).toMatchObject({ code: 2, err: expect.stringMatching(message) });
  });

  it('does not overwrite its source with the report, and names formats that exist', async () => {
    const file = write('source.csv', `key,ownerId,name,scopes\n${keyOf(41)},alice,CI,orders:read\n`);
    expect(await importFrom(file, '--report', join(folder, '.', 'source.csv'))).toMatchObject({ code: 2 });
    expect(readFileSync(file, 'utf8')).toContain(keyOf(41));
    const outcome = await runHere(['import', '--app', anyModule, '--format', 'ol', '--from', file], {
      exports: { apiKeys: exported },
    });
    expect(outcome).toMatchObject({ code: 2, err: expect.stringContaining("did you mean 'old'?") });
  });

  it('overwrites nothing but an earlier report, and that only when the rows are read', async () => {
    const source = `key,ownerId,name,scopes\n${keyOf(42)},,CI,orders:read\n`;
    const file = write('owners.csv', source);
    const others = { 'app.js': 'export const one = 1;', 'keys.sqlite': 'SQLite format 3\0', short: '{' };
    for (const [name, content] of Object.entries(others)) {
      const target = write(name, content);
      expect(await importFrom(file, '--report', target)).toMatchObject({ code: 2 });
      expect(readFileSync(target, 'utf8')).toBe(content);
    }
    for (const args of [
      ['--from', 'env:OLD'],
      ['--from', '-', '--as', 'csv'],
    ]) {
      const outcome = await runHere(
        ['import', '--app', anyModule, '--format', 'old', ...args, '--report', file],
        { exports: { apiKeys: exported }, environment: { OLD: file }, input: source },
      );
      expect([outcome.code, readFileSync(file, 'utf8')]).toEqual([2, source]);
    }
    const report = join(folder, 'report.jsonl');
    expect(await importFrom(file, '--report', report)).toMatchObject({ code: 1 });
    const first = readFileSync(report, 'utf8');
    expect(first).toMatch(/^\{"row":1,"line":2,"field":"ownerId"/);
    expect(await importFrom(file, '--report', report, '--ignore', 'nowhere')).toMatchObject({ code: 2 });
    expect(readFileSync(report, 'utf8')).toBe(first);
    chmodSync(report, 0o644);
    await importFrom(file, '--report', report);
    expect([readFileSync(report, 'utf8'), statSync(report).mode & 0o777]).toEqual([first, 0o600]);
  });

  it.each([
    ['csv', `key,ownerId,owner_id,name,scopes\n${keyOf(43)},alice,bob,CI,orders:read\n`, 2],
    [
      'csv',
      `key,ownerId,name,scopes,expires_at,expiresAt\n${keyOf(43)},a,CI,orders:read,2027-01-31T00:00:00Z,2099-12-31T00:00:00Z\n`,
      2,
    ],
    ['jsonl', JSON.stringify({ key: keyOf(43), ownerId: 'a', owner_id: 'b', name: 'CI', scopes: [] }), 1],
  ] as const)('refuses %s in which two columns give one field', async (form, content, code) => {
    const outcome = await importText(form, content);
    expect(outcome).toMatchObject({ code, err: expect.stringContaining('is given by several columns') });
    expect(await find(keyOf(43))).toMatchObject({ allowed: false });
  });

  it.each(['20271231235959', '20271231', '20000', '2461000.5', '0', '1798675200000000'])(
    'takes %s for no time',
    async (time) => {
      const outcome = await importText(
        'csv',
        `key,ownerId,name,scopes,expiresAt\n${keyOf(44)},alice,CI,orders:read,${time}\n`,
      );
      expect(outcome).toMatchObject({ code: 1, err: expect.stringContaining('must be a time such as') });
    },
  );

  it.each([' bob', 'bob ', 'NULL', 'null', '\\N'])('takes %j for no owner', async (owner) => {
    const content = `key,ownerId,name,scopes\n${keyOf(45)},"${owner}",CI,orders:read\n`;
    expect(await importText('csv', content)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/ownerId: must (?:be an owner|have no white space)/),
    });
  });

  it('adds members to metadata whatever the order of the columns, and only to an object', async () => {
    const row = { oldId: 'x-1', key: keyOf(46), ownerId: 'meta', name: 'CI', scopes: ['orders:read'] };
    const input = [
      JSON.stringify({ ...row, metadata: { team: 'a' } }),
      JSON.stringify({ ...row, key: keyOf(47), metadata: '"abc"' }),
    ].join('\n');
    const outcome = await importText(
      'jsonl',
      input,
      ...['--column', 'metadata.oldId=oldId', '--set', 'metadata.source=legacy'],
    );
    expect(outcome).toMatchObject({ code: 1, err: expect.stringContaining('metadata is no object') });
    const { items } = await apiKeys.keys.as(theApp).list({ ownerId: 'meta' });
    expect(items.map(({ metadata }) => metadata)).toEqual([{ team: 'a', oldId: 'x-1', source: 'legacy' }]);
  });

  it('shows no member that may be a key', async () => {
    for (const name of ['aBcDeFgHiJkLmNoPqRsT', 'qzxvkpwmrtbnhgfdslqz', 'abcdEFGHijklMNOPqrst']) {
      const { all } = await importText('jsonl', JSON.stringify({ [name]: {} }));
      expect(all).toContain('(not shown)');
      expect(all).not.toContain(name);
    }
  });

  it('imports salts of each key', async () => {
    const id = randomBytes(4).toString('hex');
    const key = `old-${id}-abcdefgh`;
    const hash = createHash('sha256').update(`pepper:${key}`).digest('base64');
    const content = `hash,visible_part,salt_before,owner_id,name,scopes\n${hash},${id},pepper:,eve,Salted,"[""orders:read""]"\n`;
    const outcome = await runHere(
      ['import', '--app', anyModule, '--format', 'salted', '--from', '-', '--as', 'csv'],
      {
        exports: { apiKeys: exported },
        input: content,
      },
    );
    expect(outcome).toMatchObject({ code: 0 });
    expect(await find(key)).toMatchObject({ ownerId: 'eve' });
  });

  it('knows every field of a row of keys.import, and no others', () => {
    // The compiler compares both ways.
    const kinds: Readonly<Record<keyof ImportedRow<string>, FieldKind>> = rowFields;
    const names = Object.keys(kinds) as readonly (keyof ImportedRow<string>)[];
    const known: readonly (keyof typeof rowFields)[] = names;
    expect(known).toContain('tokenLifetimeSeconds');
  });
});
