import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';

const root = join(__dirname, '..', '..');

/** Which files each project runs in a tier, or in both. */
function filesOf(
  tier: 'fast' | 'slow' | 'alone' | '',
  projects: readonly string[] = ['express5', 'express4', 'go', 'browser', 'package', 'faults'],
): Map<string, Set<string>> {
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const found = new Map<string, Set<string>>();
  for (const project of projects) {
    const args = [jest, `--selectProjects=${project}`, '--listTests', '--json'];
    const output = execFileSync(process.execPath, args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { ...process.env, TEST_TIER: tier },
    });
    const paths = JSON.parse(output.slice(output.indexOf('['))) as string[];
    found.set(project, new Set(paths.map((path) => relative(root, path))));
  }
  return found;
}

describe('the tiers of tests', () => {
  const [fast, slow, both] = [filesOf('fast'), filesOf('slow'), filesOf('')];
  // A step of the slow tier.
  for (const file of filesOf('alone', ['express5']).get('express5') ?? []) slow.get('express5')?.add(file);
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
    const all = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', 'test'], {
      cwd: root,
      encoding: 'utf8',
    });
    const files = all
      .split('\n')
      .filter((path) => path.endsWith('.test.ts') && !path.includes('/consumers/'));
    const run = new Set([...both.values()].flatMap((paths) => [...paths]));
    expect(files.filter((path) => !run.has(path))).toEqual([]);
    const tiersOnly = new Set(
      [...fast, ...slow].flatMap(([project, paths]) => (project === 'faults' ? [] : [...paths])),
    );
    const wholeRunOnly = files.filter((path) => !tiersOnly.has(path));
    expect(wholeRunOnly.filter((path) => !path.endsWith('.slow.test.ts'))).toEqual([]);
    expect(wholeRunOnly.filter((path) => !both.get('faults')?.has(path))).toEqual([]);
  });

  it('run on Express 4 what is named so', () => {
    const named = of(both, 'express5').filter((file) => file.endsWith('.express.test.ts'));
    expect(named.length).toBeGreaterThan(15);
    expect(of(fast, 'express4')).toEqual([...named, 'test/house/express-major.test.ts'].toSorted());
  });
});
