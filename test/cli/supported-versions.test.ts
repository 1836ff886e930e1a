import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { compareVersions } from '../../lib/cli/doctor/compare-versions.js';
import { oldestNode, supportedPackages } from '../../lib/cli/doctor/supported-versions.js';

const manifest = JSON.parse(readFileSync(join(__dirname, '..', '..', 'package.json'), 'utf8')) as {
  engines: { node: string };
  peerDependencies: Record<string, string>;
};

it('are those of package.json', () => {
  expect(manifest.engines.node).toBe(`>=${oldestNode.replace(/\.0$/, '')}`);
  const written = Object.entries(supportedPackages).map(([name, ranges]) => [
    name,
    ranges.map(([from, below]) => (from.startsWith('0.') ? `>=${from} <${below}` : `^${from}`)).join(' || '),
  ]);
  expect(Object.fromEntries(written)).toEqual(manifest.peerDependencies);
});

it.each([
  ['8.11.0', '8.11.0', 0],
  ['8.9.9', '8.11.0', -1],
  ['v22.0.0', '20.19.0', 1],
  ['5.0.0-beta.1', '5.0.0', 0],
] as const)('%s against %s', (one, other, sign) => {
  expect(Math.sign(compareVersions(one, other))).toBe(sign);
});
