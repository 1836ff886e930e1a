import { buildCopy } from '../harness/built-copy.js';
import type { Place } from './fleet.js';
import { ignoredAncestors } from './ignored-ancestors.js';
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
  300_000,
);

/** In which of them copies are read from Redis after a change depends on the faults. */
const telling = [2, 4, 5, 6];
/** Whether it comes to it also depends on how busy the machine is. */
const tries = [...telling, ...telling, ...telling];
const giveUpAfterMs = 300_000;

it('seeds notice that the versions of the keys above are ignored on cached copies of a key', async () => {
  const copy = buildCopy(ignoredAncestors);
  try {
    let found: readonly string[] = [];
    const giveUpAt = performance.now() + giveUpAfterMs;
    for (const seed of tries) {
      if (performance.now() > giveUpAt || / was let in,/.test(found.join('\n'))) break;
      found = (await runSeed({ seed, place: 'PostgreSQL and Redis', durationMs: 3_000, copy })).violations;
    }
    expect(found.join('\n')).toMatch(/use \w+>\d \w+ on .* was let in, \d+ ms after/);
  } finally {
    copy.remove();
  }
}, 400_000);
