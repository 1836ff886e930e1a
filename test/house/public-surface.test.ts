import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

/** The names that an entry exports, from its `export { … } from` and `export type { … } from`. */
function namesExportedBy(source: string): readonly string[] {
  if (/export\s+(type\s+)?\*/.test(source)) throw new Error('An entry names what it exports');
  const lists = [...source.matchAll(/export\s+(?:type\s+)?\{([^}]*)\}/g)].map(([, list = '']) => list);
  return lists
    .join(',')
    .split(',')
    .map((name) => name.replace(/^\s*type\s/, '').trim())
    .filter((name) => name !== '');
}

/** The members of an interface that stand at its first level. */
function membersOf(source: string, name: string): readonly string[] {
  const body = source.split(new RegExp(`export interface ${name}\\b[^{]*\\{\n`))[1]?.split('\n}')[0] ?? '';
  return [...body.matchAll(/^ {2}readonly (\w+)\??:/gm)].map(([, member = '']) => member);
}

describe('the public surface', () => {
  it('has at most a hundred names in the main entry, each of them once', () => {
    const names = namesExportedBy(read('lib/index.ts'));
    expect(names).toContain('createApiKeys');
    expect(names).toContain('ApiKeysStatus');
    expect(names.length).toBeLessThanOrEqual(100);
    expect(new Set(names).size).toBe(names.length);
  });

  it('has what only authors of stores need in an entry of its own', () => {
    const main = namesExportedBy(read('lib/index.ts'));
    const store = namesExportedBy(read('lib/store/index.ts'));
    const ofPort = ['KeyStore', 'KeyStoreTransaction', 'ChangeFeed', 'AuditTrail', 'ApiKeyRecord', 'TestApi'];
    expect(store).toEqual(expect.arrayContaining(ofPort));
    expect(main.filter((name) => ofPort.includes(name))).toEqual([]);
  });

  // The last two are `metrics`, because whether guards are measured is decided when they are made, so that the others pay nothing,
  // and `events`, which callbacks and webhooks share.
  it('has at most 31 options of createApiKeys', () => {
    const options = membersOf(read('lib/options/api-keys-options.ts'), 'ApiKeysOptions');
    expect(options).toContain('prefix');
    expect(options).toContain('logger');
    expect(options.length).toBeLessThanOrEqual(31);
  });
});
