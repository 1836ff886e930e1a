import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApiKeys, ApiKeysError, InvalidOptionError } from 'express-api-keys';
import { memoryStore } from 'express-api-keys/testing';
import Database from 'libsql';
import { endpoints } from '../../lib/admin/endpoints.js';
import { theApp } from '../harness/the-app.js';
import { problems, type ProblemCode } from '../../lib/errors.js';
import { defaultTypeBase } from '../../lib/problems.js';
import {
  anchorOf,
  blocksOf,
  codeIn,
  documents,
  readDocument,
  repository,
  sectionOf,
  tableIn,
} from './markdown.js';

const apiKeys = createApiKeys({
  prefix: 'acme',
  scopes: { 'orders:read': 'Read orders' },
  pepper: 'a pepper for tests, at least 32 bytes',
  store: memoryStore(),
});

/** Every option of a function, as it lists them itself when it is given one that is like none of them. */
function optionsListedBy(give: (options: object) => unknown): string[] {
  try {
    give({ '#################': true });
  } catch (error) {
    const names = /known are ([\w, ]+)$/.exec(error instanceof Error ? error.message : '')?.[1];
    if (names !== undefined) return names.split(', ').sort();
    throw error;
  }
  throw new Error('an unknown option was accepted');
}

/** Option -> its default as the comment on its type gives it; options without one are left out. */
function defaultsIn(file: string): Map<string, string> {
  const source = readFileSync(join(repository, 'lib', file), 'utf8');
  const fields = source.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\s+readonly (\w+)\??:/g);
  return new Map(
    [...fields].flatMap(([, comment, name]) => {
      const value = /@default (.+)/.exec(comment ?? '')?.[1];
      return value === undefined || name === undefined ? [] : [[name, value.trim()] as const];
    }),
  );
}

const minimal = { prefix: 'acme', scopes: { 'orders:read': 'Read orders' } } as const;
/** Gives an object of options as one option of `createApiKeys`. */
const asOption =
  (name: string) =>
  (options: object): unknown =>
    createApiKeys({ ...minimal, [name]: options } as never);
const reference = (page: string): string => `docs/reference/${page}.md`;

const optionTables = [
  {
    page: reference('create-api-keys'),
    heading: '## Options',
    file: 'options/api-keys-options.ts',
    give: (options: object) => createApiKeys(options as never),
  },
  ...['database', 'redis', 'limits', 'retention', 'refusals', 'cache', 'metrics'].map((name) => ({
    page: reference('create-api-keys'),
    heading: `### ${name}`,
    file: `options/${name}-option.ts`,
    give: asOption(name),
  })),
  {
    page: reference('create-api-keys'),
    heading: '#### ceilings',
    file: 'options/limits-option.ts',
    give: (options: object) => asOption('limits')({ ceilings: options }),
  },
  {
    page: reference('create-api-keys'),
    heading: '#### openTelemetry',
    file: 'options/metrics-option.ts',
    give: (options: object) => asOption('metrics')({ openTelemetry: options }),
  },
  {
    page: reference('create-api-keys'),
    heading: '### policy',
    file: 'options/policy-option.ts',
    give: asOption('policy'),
  },
  {
    page: reference('create-api-keys'),
    heading: '### expiryNotices',
    file: 'options/expiry-notices-option.ts',
    give: asOption('expiryNotices'),
  },
  {
    page: 'docs/advanced/access-tokens.md',
    heading: '## Options',
    file: 'options/tokens-option.ts',
    give: asOption('tokens'),
  },
  {
    page: 'docs/advanced/signed-requests.md',
    heading: '## Options',
    file: 'options/signatures-option.ts',
    give: asOption('signatures'),
  },
  {
    page: 'docs/advanced/brute-force-protection.md',
    heading: '# Brute-force protection',
    file: 'verify/failure-budget.ts',
    give: asOption('failureBudget'),
  },
  {
    page: 'docs/guides/import.md',
    heading: '### foreignFormats',
    file: 'options/foreign-formats-option.ts',
    give: (options: object) => asOption('foreignFormats')([options]),
  },
  {
    page: reference('require-api-key'),
    heading: '## Options',
    file: 'middleware/guard-options.ts',
    give: (options: object) => apiKeys.requireApiKey('orders:read', options),
  },
  {
    page: reference('admin-router'),
    heading: '## Options',
    file: 'admin/admin-router-options.ts',
    give: (options: object) => apiKeys.adminRouter(options as never),
  },
];

describe.each(optionTables)('the table under "$heading" of $page', ({ page, heading, file, give }) => {
  const rows = tableIn(sectionOf(readDocument(page), heading));

  it('has every option, and no other', () => {
    expect(rows.map(([name]) => codeIn(name)).sort()).toEqual(optionsListedBy(give));
  });

  it('has the defaults that the code has', () => {
    const plain = (text: string): string => text.replace(/[`']/g, '');
    const defaults = defaultsIn(file);
    expect(defaults.size + rows.filter(([, shown]) => shown === 'required').length).toBeGreaterThan(0);
    // A file can have the options of two objects.
    const options = optionsListedBy(give);
    for (const [name, value] of [...defaults].filter(([option]) => options.includes(option))) {
      const shown = rows.find(([cell]) => cell === `\`${name}\``)?.[1] ?? '';
      // In a comment a reason may stand behind the value; where there is no value, the table says so in words.
      const [wanted = ''] = value.split(' - ');
      expect([name, plain(shown)]).toEqual([name, wanted === 'undefined' ? 'none' : plain(wanted)]);
    }
  });
});

describe('the table of endpoints', () => {
  it('has every endpoint, and no other', () => {
    const section = sectionOf(readDocument(reference('http-api')), '## Endpoints');
    const shown = tableIn(section).map(([cell]) => codeIn(cell));
    const existing = endpoints.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(shown.sort()).toEqual(existing.sort());
  });
});

describe('the page of error codes', () => {
  const page = readDocument(reference('errors'));
  const sections = page.split(/^### /m).slice(1);

  it('has a section for every code, with its status, what it means and what to do', () => {
    const shown = sections.map((section) => {
      const [code = '', , meaning = '', , remedy = ''] = section.split('\n');
      return [
        code,
        Number(/^\*\*Status (\d{3})\.\*\* ./.exec(meaning)?.[1]),
        /What to do/.test(section + remedy),
      ];
    });
    const existing = Object.entries(problems).map(([code, { status }]) => [code, status, true]);
    expect(shown.sort()).toEqual(existing.sort());
  });

  it('has every code in the table, below its status', () => {
    const shown = tableIn(page).flatMap(([status, codes = '']) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => [code, Number(status)]),
    );
    const existing = Object.entries(problems).map(([code, { status }]) => [code, status]);
    expect(shown.sort()).toEqual(existing.sort());
  });

  it('has an anchor for every code that is the code', () => {
    const anchors = [...page.matchAll(/^### (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
    expect(anchors.sort()).toEqual(Object.keys(problems).sort());
  });

  it('is the default of `type`', () => {
    expect(defaultTypeBase).toMatch(/\/docs\/reference\/errors\.md$/);
    const shown = JSON.parse(blocksOf(reference('errors'))[0]?.text ?? '') as Record<string, string>;
    expect(shown['type']).toBe(`${defaultTypeBase}#${shown['code']}`);
  });

  it('is right about the codes of what is thrown', () => {
    const codes = Object.keys(problems) as ProblemCode[];
    const thrown: string[] = codes.map((problem) => new ApiKeysError(problem).code);
    expect(thrown).toEqual(codes.map((problem) => `ERR_API_KEYS_${problem.toUpperCase()}`));
    const known = [...thrown, new InvalidOptionError('').code];
    const named = documents.flatMap(
      (document) => readDocument(document).match(/ERR_API_KEYS_[A-Z_]*[A-Z]/g) ?? [],
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((code) => !known.includes(code))).toEqual([]);
  });
});

describe('the page of tables of the database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-tables-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has every table with its columns, as they are in a new database', async () => {
    const file = join(folder, 'keys.sqlite');
    const instance = createApiKeys({ ...minimal, database: `file:${file}` });
    await instance.ready();
    await instance.close();
    const database = new Database(file);
    const columns = database
      .prepare(
        `select t.name as "table", c.name as "column" from sqlite_master t, pragma_table_info(t.name) c
         where t.type = 'table' and t.name not like 'sqlite_%'`,
      )
      .all() as { table: string; column: string }[];
    database.close();
    const existing = columns.map(({ table, column }) => `${table}.${column}`);
    expect(existing.length).toBeGreaterThan(100);
    const page = readDocument(reference('database-tables'));
    const shown = [...page.matchAll(/^## (\w+)\n[^]*?^Columns: ([^]*?)\n\n/gm)].flatMap(
      ([, table, names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, column]) => `${table}.${column}`),
    );
    expect(shown.sort()).toEqual(existing.sort());
  });
});

describe('the key object', () => {
  it('has every field of a key, and no other', async () => {
    await apiKeys.ready();
    const keys = apiKeys.keys.as(theApp);
    const { key, effectiveBy, ...shown } = await keys.create({ ownerId: 'alice', name: 'CI', scopes: [] });
    expect([typeof key, effectiveBy]).toEqual(['string', null]);
    const rows = tableIn(sectionOf(readDocument(reference('key-object')), '## Fields'));
    const documented = rows.flatMap(([names = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(documented.sort()).toEqual(Object.keys(shown).sort());
  });
});

describe('the page of types', () => {
  const page = readDocument(reference('types'));

  it('names types that are exported', () => {
    const entry = readFileSync(join(repository, 'lib', 'index.ts'), 'utf8');
    const named = tableIn(sectionOf(page, '## Names of the types')).flatMap(([cell = '']) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter((name) => !new RegExp(`\\b${name}\\b`).test(entry))).toEqual([]);
  });

  it('has every entry of the package', () => {
    const { exports } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
      exports: Record<string, unknown>;
    };
    const entries = Object.keys(exports)
      .filter((name) => name !== './package.json')
      .map((name) => name.replace('.', 'express-api-keys'));
    const shown = tableIn(sectionOf(page, '## Entries')).map(([cell]) => codeIn(cell));
    expect(shown.sort()).toEqual(entries.sort());
  });
});

describe('the pattern for secret scanners', () => {
  it('finds keys, and only whole ones', async () => {
    const [shown] = blocksOf(reference('key-format')).filter(({ text }) => text.startsWith('acme_('));
    const pattern = new RegExp(`^${shown?.text.trim()}$`);
    await apiKeys.ready();
    for (const environment of ['live', 'test']) {
      const { key } = await apiKeys.keys
        .as(theApp)
        .create({ ownerId: 'alice', name: 'CI', scopes: [], environment });
      expect(key).toMatch(pattern);
      expect(key.slice(0, -1)).not.toMatch(pattern);
    }
    await apiKeys.close();
  });
});

describe('the settings of the example app', () => {
  it('are all in the table of its README and in .env.example, and no other', () => {
    const source = readFileSync(join(repository, 'example-app', 'src', 'config.ts'), 'utf8');
    const existing = [...new Set([...source.matchAll(/read\('(\w+)'\)/g)].map(([, name]) => name))].sort();
    const shown = tableIn(sectionOf(readDocument('example-app/README.md'), '## Settings'));
    expect(shown.map(([name]) => codeIn(name)).sort()).toEqual(existing);
    const example = readFileSync(join(repository, 'example-app', '.env.example'), 'utf8');
    const set = [...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name);
    expect([...set, 'DATA_DIR'].sort()).toEqual(existing);
  });
});

describe('the source tree in CONTRIBUTING.md', () => {
  const tree = blocksOf('CONTRIBUTING.md').find(({ text }) => text.startsWith('lib/'))?.text ?? '';
  const [ofLib = '', ofTest = ''] = tree.split(/^test\/.*$/m);
  const foldersIn = (path: string): string[] =>
    readdirSync(join(repository, path), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  /** The folders that stand at the beginning of a line; what is said of them may name others. */
  const namedIn = (part: string): string[] =>
    part
      .split('\n')
      .flatMap((line) => /^ {2}((?:[a-z-]+\/ +)+)/.exec(line)?.[1]?.trim().split(/\/ */) ?? [])
      .filter((name) => name !== '')
      .sort();

  it('has every folder of lib/, and no other', () => {
    expect(namedIn(ofLib)).toEqual(foldersIn('lib'));
  });

  it('has every folder of test/ that mirrors none of lib/, and no other', () => {
    const own = foldersIn('test').filter((name) => !foldersIn('lib').includes(name));
    expect(namedIn(ofTest)).toEqual(own);
  });
});
