import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { globsToMatcher } from 'jest-util';

const root = join(__dirname, '..', '..');
type Tier = 'fast' | 'slow' | 'alone' | '';

/** Every file of the working copy that is a test. */
const testFiles = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'test'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter((path) => path.endsWith('.test.ts') && !path.includes('/consumers/'))
  .filter((path) => existsSync(join(root, path)));

/** Which files each project runs in a tier, or in both, by the globs of the configuration. */
function filesOf(tier: Tier): Map<string, Set<string>> {
  return new Map(
    readProjects(tier).map(({ displayName, testMatch }) => {
      const matches = globsToMatcher(testMatch.map((glob) => glob.replace('<rootDir>', root)));
      return [displayName, new Set(testFiles.filter((path) => matches(join(root, path))))];
    }),
  );
}

interface Project {
  readonly displayName: string;
  readonly testMatch: string[];
}

/** The configuration is read anew: it looks at the tier when it is loaded. */
function readProjects(tier: Tier): readonly Project[] {
  const before = process.env['TEST_TIER'];
  process.env['TEST_TIER'] = tier;
  try {
    let projects: readonly Project[] = [];
    jest.isolateModules(() => {
      ({ projects } = require('../../jest.config.cjs') as { projects: readonly Project[] });
    });
    return projects;
  } finally {
    if (before === undefined) delete process.env['TEST_TIER'];
    else process.env['TEST_TIER'] = before;
  }
}

/** What jest itself finds in a tier, of all projects together. */
function filesByJest(tier: Tier): Set<string> {
  const jestProgram = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const output = execFileSync(process.execPath, [jestProgram, '--listTests', '--json'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, TEST_TIER: tier },
  });
  const paths = JSON.parse(output.slice(output.indexOf('['))) as string[];
  return new Set(paths.map((path) => relative(root, path)));
}

describe('the tiers of tests', () => {
  const [fast, slow, both] = [filesOf('fast'), filesOf('slow'), filesOf('')];
  // A step of the slow tier.
  for (const file of filesOf('alone').get('express5') ?? []) slow.get('express5')?.add(file);
  const of = (tier: typeof fast, project: string): string[] => [...(tier.get(project) ?? [])].toSorted();

  it.each(['express5', 'express4', 'package'])('run together every file of the project %s', (project) => {
    const together = new Set([...of(fast, project), ...of(slow, project)]);
    expect([...together].toSorted()).toEqual(of(both, project));
    expect(together.size).toBeGreaterThan(5);
  });

  it('run no file twice but floods, which have a small form in the fast one', () => {
    const { floods } = require('../run/tiers.cjs') as { floods: readonly string[] };
    expect(of(fast, 'express5').filter((file) => slow.get('express5')?.has(file))).toEqual(floods);
    expect(of(fast, 'express4').filter((file) => slow.get('express4')?.has(file))).toEqual([]);
    expect(of(fast, 'package').filter((file) => slow.get('package')?.has(file))).toEqual([]);
  });

  it('have every test file there is, but those that run for minutes, which `npm run test:faults` has', () => {
    const run = new Set([...both.values()].flatMap((paths) => [...paths]));
    expect(testFiles.filter((path) => !run.has(path))).toEqual([]);
    const tiersOnly = new Set(
      [...fast, ...slow].flatMap(([project, paths]) => (project === 'faults' ? [] : [...paths])),
    );
    const wholeRunOnly = testFiles.filter((path) => !tiersOnly.has(path));
    expect(wholeRunOnly.filter((path) => !path.endsWith('.slow.test.ts'))).toEqual([]);
    expect(wholeRunOnly.filter((path) => !both.get('faults')?.has(path))).toEqual([]);
  });

  it.each(['fast', 'slow', ''] as const)('have the files that jest finds (%s)', (tier) => {
    const found = [...filesOf(tier).values()].flatMap((paths) => [...paths]);
    expect([...filesByJest(tier)].toSorted()).toEqual([...new Set(found)].toSorted());
  });

  it('run on Express 4 what is named so', () => {
    const named = of(both, 'express5').filter((file) => file.endsWith('.express.test.ts'));
    expect(named.length).toBeGreaterThan(15);
    expect(of(fast, 'express4')).toEqual([...named, 'test/house/express-major.test.ts'].toSorted());
  });
});
