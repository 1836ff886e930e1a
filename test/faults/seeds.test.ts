import type { Place } from './fleet.js';
import { runSeed } from './run-seed.js';

const runs: readonly [number, Place][] = [
  [1, 'PostgreSQL and Redis'],
  [2, 'PostgreSQL'],
];

it.each(runs)(
  'seed %i on %s: no promise is broken, whatever goes wrong',
  async (seed, place) => {
    const report = await runSeed({ seed, place, durationMs: 6_000 });
    expect(report.violations).toEqual([]);
    expect(report.faults.length).toBeGreaterThan(1);
    expect(report.operations).toBeGreaterThan(100);
  },
  90_000,
);
