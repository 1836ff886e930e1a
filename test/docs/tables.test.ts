import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createApiKeys, ApiKeysError, InvalidOptionError } from 'express-api-keys';
import { memoryStore } from 'express-api-keys/testing';
import { endpoints } from '../../lib/admin/endpoints.js';
import { problems, type ProblemCode } from '../../lib/errors.js';
import { blocksOf, codeIn, readDocument, repository, sectionOf, tableIn } from './markdown.js';
import { theApp } from '../harness/the-app.js';

const errorPage = readDocument('docs/reference/errors.md');
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

const optionTables = [
  {
    page: 'reference/create-api-keys.md',
    file: 'options/api-keys-options.ts',
    give: (options: object) => createApiKeys(options as never),
  },
  {
    page: 'advanced/access-tokens.md',
    file: 'options/tokens-option.ts',
    give: (options: object) =>
      createApiKeys({ prefix: 'acme', scopes: { 'orders:read': 'Read orders' }, tokens: options as never }),
  },
  {
    page: 'reference/require-api-key.md',
    file: 'middleware/guard-options.ts',
    give: (options: object) => apiKeys.requireApiKey('orders:read', options),
  },
  {
    page: 'reference/admin-router.md',
    file: 'admin/admin-router-options.ts',
    give: (options: object) => apiKeys.adminRouter(options as never),
  },
];

describe.each(optionTables)('the options in docs/$page', ({ page, file, give }) => {
  const rows = tableIn(sectionOf(readDocument(`docs/${page}`), '## Options'));

  it('has every option, and no other', () => {
    expect(rows.map(([name]) => codeIn(name)).sort()).toEqual(optionsListedBy(give));
  });

  it('has the defaults that the code has', () => {
    const plain = (text: string): string => text.replace(/[`']/g, '');
    const defaults = defaultsIn(file);
    expect(defaults.size).toBeGreaterThan(0);
    for (const [name, value] of defaults) {
      const shown = rows.find(([cell]) => cell === `\`${name}\``)?.[1] ?? '';
      // In a comment a reason may stand behind the value; where there is no value, the table says so in words.
      const [wanted = ''] = value.split(' - ');
      expect([name, plain(shown)]).toEqual([name, wanted === 'undefined' ? 'none' : plain(wanted)]);
    }
  });
});

describe('the table of endpoints', () => {
  it('has every endpoint, and no other', () => {
    const shown = tableIn(sectionOf(readDocument('docs/reference/http-api.md'), '## Endpoints')).map(
      ([cell]) => codeIn(cell),
    );
    const existing = endpoints.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
    expect(shown.sort()).toEqual(existing.sort());
  });
});

describe('the page of error codes', () => {
  const existing = Object.entries(problems).map(([code, { status }]) => [code, status]);

  it('has a table with every code below its status, and no other', () => {
    const rows = tableIn(errorPage);
    const shown = rows.flatMap(([status = '', codes = '']) =>
      [...codes.matchAll(/`(\w+)`/g)].map(([, code]) => [code, Number(status)]),
    );
    expect(shown.sort()).toEqual(existing.sort());
  });

  it('has an anchor for every code, which is the type of its problem, and for no other', () => {
    const anchors = [...errorPage.matchAll(/^### (.+)$/gm)].map(([, heading]) => heading);
    expect(anchors.sort()).toEqual(Object.keys(problems).sort());
  });

  it('is right about the codes of what is thrown', () => {
    const codes = Object.keys(problems) as ProblemCode[];
    const thrown: string[] = codes.map((problem) => new ApiKeysError(problem).code);
    expect(thrown).toEqual(codes.map((problem) => `ERR_API_KEYS_${problem.toUpperCase()}`));
    const named = errorPage.match(/ERR_API_KEYS_[A-Z_]*[A-Z]/g) ?? [];
    expect(named.length).toBeGreaterThan(2);
    const known = [...thrown, new InvalidOptionError('').code];
    expect(named.filter((code) => !known.includes(code))).toEqual([]);
  });
});

describe('the pattern for secret scanners', () => {
  it('finds keys, and only whole ones', async () => {
    const [shown] = blocksOf('docs/reference/key-format.md').filter(({ text }) => text.startsWith('acme_('));
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
