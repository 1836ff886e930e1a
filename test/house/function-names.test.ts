import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verbs } from './verbs.js';

const LIB = join(__dirname, '..', '..', 'lib');
/** The folders whose functions begin with a verb; to be extended until it is all of lib/. */
const FOLDERS = [
  'admin',
  'api',
  'audit',
  'cli',
  'crypto',
  'dialects',
  'domain',
  'feed',
  'http',
  'instance',
  'manage',
  'memory',
  'middleware',
  'oauth',
  'options',
  'ports',
  'redis',
  'signatures',
  'sql',
  'store',
  'testing',
  'tokens',
  'totp',
  'verify',
];
/** Factories that users know by a noun, and words of the field with the verb at their end. */
const KNOWN_NAMES = new Set([
  'actingAs',
  'apiKeyGuard',
  'observingGuard',
  'mcpGuard',
  'apiKeyOf',
  'deepCopy',
  'deepFreeze',
  'deltadefiRouter',
  'deribitRouter',
  'deribitWebSocket',
  'fixedClock',
  'memoryStore',
  'nebulaRouter',
  'postgresStore',
  'sqliteStore',
  'totpUri',
  'yativoRefusal',
  'yativoRouter',
]);
/** Questions, conversions that are named after their result, and listeners. */
const PARTICLES = [
  'are',
  'as',
  'can',
  'changes',
  'covers',
  'ends',
  'has',
  'is',
  'may',
  'must',
  'names',
  'needs',
  'on',
  'to',
  'with',
];
const ALLOWED = new Set([...verbs, ...PARTICLES]);

const DECLARATION = /\bfunction\*? (\w+)\s*[<(]/g;
const ARROW = /\bconst (\w+)\s*(?::[^=\n]+)?=\s*(?:async\s*)?(?:\([^()]*\)|\w+)\s*(?::\s*[^=\n]+)?=>/g;

/** Names of the functions in a source, without those in comments and in scripts of other languages. */
function functionNames(source: string): string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$|`[^`]*`/gm, '');
  return [DECLARATION, ARROW].flatMap((pattern) => [...code.matchAll(pattern)].map(([, name]) => name ?? ''));
}

const firstWord = (name: string): string => /^[a-z]+/.exec(name)?.[0] ?? '';
const withoutVerb = (names: readonly string[]): string[] =>
  names.filter((name) => !ALLOWED.has(firstWord(name)) && !KNOWN_NAMES.has(name));

function findNamesWithoutVerb(file: string): string[] {
  const names = functionNames(readFileSync(file, 'utf8'));
  return withoutVerb(names).map((name) => `${file.slice(LIB.length)}: ${name}`);
}

function sourcesIn(folder: string, recursive = false): string[] {
  return readdirSync(folder, { recursive, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}
const sourcesBelow = (folder: string): string[] => sourcesIn(folder, true);

describe('names of functions', () => {
  it.each(FOLDERS)('begin with a verb in lib/%s', (folder) => {
    expect(sourcesBelow(join(LIB, folder)).flatMap(findNamesWithoutVerb)).toEqual([]);
  });

  it('begin with a verb in the files at the root of lib/', () => {
    const files = sourcesIn(LIB);
    expect(files).toContain(join(LIB, 'index.ts'));
    expect(files.flatMap(findNamesWithoutVerb)).toEqual([]);
  });

  it('are found in every form, and those without a verb are listed', () => {
    const source = `
      /** function inComment() */
      export async function readKey<T>(id: string): Promise<T> {}
      function versionOf(key: Key) {}
      const nameOf = (key: Key): string => key.name;
      const isEmpty = async (list: readonly string[]) => list.length === 0;
      const count = 3;
      const memoryStore = () => null;`;
    expect(functionNames(source)).toEqual(['readKey', 'versionOf', 'nameOf', 'isEmpty', 'memoryStore']);
    expect(withoutVerb(functionNames(source))).toEqual(['versionOf', 'nameOf']);
  });
});
