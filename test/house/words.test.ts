import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

const ROOT = join(__dirname, '..', '..');
/** Folders and files whose prose is read by users and developers; a changelog quotes what was. */
const ROOMS = [
  'lib/admin',
  'lib/api',
  'lib/audit',
  'lib/cli',
  'lib/crypto',
  'lib/dialects',
  'lib/domain',
  'lib/express',
  'lib/feed',
  'lib/http',
  'lib/instance',
  'lib/manage',
  'lib/memory',
  'lib/middleware',
  'lib/oauth',
  'lib/options',
  'lib/ports',
  'lib/redis',
  'lib/signatures',
  'lib/sql',
  'lib/store',
  'lib/testing',
  'lib/tokens',
  'lib/totp',
  'lib/verify',
  'lib/api-keys.ts',
  'lib/create-api-keys.ts',
  'lib/deadline.ts',
  'lib/errors.ts',
  'lib/index.ts',
  'lib/problems.ts',
  'docs',
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'example-app',
];
const NOT_OURS = new Set(['node_modules', 'dist', '.data', 'CHANGELOG.md']);

interface OldWord {
  readonly pattern: RegExp;
  readonly use: string;
  /** A sentence in which the word must be found. */
  readonly sample: string;
}

/** Words that a native engineer would not search for, with the words of the field. */
const OLD_WORDS: readonly OldWord[] = [
  {
    pattern: /\bkeys? (?:is|are|was|were) held\b|\bheld in the process\b/i,
    use: 'cached',
    sample: 'Keys are held for a minute.',
  },
  { pattern: /\banew\b/i, use: 'again, re-cache, reconnect', sample: 'It is read anew.' },
  { pattern: /\btold\b/i, use: 'notified, returned, reported', sample: 'The processes are told.' },
  { pattern: /\bsays? so\b/i, use: 'reports, logs, states', sample: 'The log says so.' },
  { pattern: /\bworth remembering\b/i, use: 'cached, recorded', sample: 'An answer worth remembering.' },
  {
    pattern: /\b(?:lets?|letting|gets?|getting) in\b/i,
    use: 'authenticated, allowed, accepted',
    sample: 'The caller is let in.',
  },
  { pattern: /\btak(?:es?|en) back\b|\btook back\b/i, use: 'revoked', sample: 'The token was taken back.' },
  { pattern: /\bturn(?:s|ed)? away\b/i, use: 'refused, rejected', sample: 'The caller is turned away.' },
  { pattern: /\blook-ups?\b|\blooked for\b/i, use: 'lookup, query', sample: 'A look-up of a key.' },
  { pattern: /\bgathered\b/i, use: 'batched, collected', sample: 'Writes are gathered.' },
  {
    pattern: /(?<!\b(?:in|single)[ -])\bflights?\b/i,
    use: 'in-flight request, single flight',
    sample: 'It joins the flight.',
  },
  { pattern: /\bturnstiles?\b/i, use: 'mutex', sample: 'It waits at the turnstile.' },
  {
    pattern: /\bone-time names?\b/i,
    use: 'nonces, nonce store',
    sample: 'The one-time names of a signature.',
  },
  { pattern: /\bwake hints?\b/i, use: 'invalidation message', sample: 'A wake hint is sent.' },
  {
    pattern: /\bwhoever\b/i,
    use: 'the caller, the owner, the operator',
    sample: 'Whoever holds the secret.',
  },
  { pattern: /\bguessing\b/i, use: 'brute force', sample: 'It slows down guessing.' },
  { pattern: /\btroubles?\b/i, use: 'error, outage, failure', sample: 'There is trouble.' },
  {
    pattern: /\basks? (?:nobody|nothing|the (?:store|database))\b/i,
    use: 'queries, or: without I/O',
    sample: 'It asks nobody.',
  },
  { pattern: /\bmust be a text\b/i, use: 'must be a string', sample: 'The name must be a text.' },
];
/** Sentences of plain English that have a similar word. */
const PLAIN_ENGLISH = [
  'Requests in flight are finished; an in-flight read is joined, and single flight bounds the reads.',
  'FAQ and troubleshooting',
  'Resolves while the lease is held.',
  'Two lookups of a key. A preflight request has no key.',
  'It must be a string; text is escaped.',
  'An attacker cannot test guesses.',
  'The letter is in the inbox; it is together with the others.',
];

const PROSE = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`/g;

/** Comments and strings of a source, each on the lines where it stands; everything else is blank. */
function keepProse(source: string): string {
  let prose = '';
  let end = 0;
  for (const { 0: part, index } of source.matchAll(PROSE)) {
    prose += source.slice(end, index).replaceAll(/[^\n]/g, ' ') + part;
    end = index + part.length;
  }
  return prose;
}

/** Joins a phrase that is broken at the end of a line of a comment or a paragraph. */
const joinLines = (text: string): string => text.replaceAll(/\n[ \t]*(?:\*(?!\/)|\/\/)?[ \t]*/g, ' ');

function findOldWords(text: string): readonly string[] {
  const joined = joinLines(text);
  return OLD_WORDS.flatMap(({ pattern, use }) =>
    [...joined.matchAll(new RegExp(pattern, `g${pattern.flags}`))].map(
      ({ 0: found, index }) =>
        `"${found}" (use: ${use}) in: ${joined.slice(Math.max(0, index - 40), index + found.length + 40).trim()}`,
    ),
  );
}

const isProse = (path: string): boolean => /\.(?:ts|mjs|cjs|md)$/.test(path);

function listFiles(path: string): readonly string[] {
  if (statSync(path).isFile()) return isProse(path) ? [path] : [];
  return readdirSync(path)
    .filter((name) => !NOT_OURS.has(name))
    .flatMap((name) => listFiles(join(path, name)));
}

function findInFile(path: string): readonly string[] {
  const source = readFileSync(path, 'utf8');
  const prose = path.endsWith('.md') ? source : keepProse(source);
  return findOldWords(prose).map((found) => `${relative(ROOT, path)}: ${found}`);
}

describe('words', () => {
  it.each(ROOMS)("are the field's in %s", (room) => {
    const files = listFiles(join(ROOT, room));
    expect(files).not.toEqual([]);
    expect(files.flatMap(findInFile)).toEqual([]);
  });

  it.each(OLD_WORDS)("that are not the field's are found: $sample", ({ sample, use }) => {
    const found = findOldWords(sample);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`use: ${use}`);
  });

  it.each(PLAIN_ENGLISH)('of plain English are allowed: %s', (sentence) => {
    expect(findOldWords(sentence)).toEqual([]);
  });

  it('are read in comments, strings and across lines, but not in code', () => {
    const source = [
      'const told = gathered; // trouble',
      '/**',
      ' * A caller is let',
      ' * in once.',
      ' */',
      "fail('must be a text');",
      'log(`turned away ${name}`);',
    ].join('\n');
    expect(findOldWords(keepProse(source)).map((found) => found.split(' (')[0])).toEqual([
      '"let in"',
      '"turned away"',
      '"trouble"',
      '"must be a text"',
    ]);
  });
});
