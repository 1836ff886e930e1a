import { startFleet, type Place } from '../fleet.js';
import { revokedAmongRepetitions } from '../schedules.js';
import { pause } from '../pause.js';
import { underLoad } from '../under-load.js';
import { isWholeRun } from '../../harness/test-tier.js';

jest.setTimeout(120_000);

const places: readonly Place[] = ['PostgreSQL and Redis', 'PostgreSQL', 'one SQLite file'];
const loadMs = isWholeRun ? 10_000 : 2_000;

describe('repeated revocations', () => {
  it.each(places)(
    'P1: on %s, revoking a token again hides the revocation of no other token from its process',
    async (place) => {
      const fleet = await startFleet({ place, processes: 2 });
      try {
        expect(await revokedAmongRepetitions(fleet)).toEqual([]);
      } finally {
        await fleet.stop();
      }
    },
  );

  it('P1: clients that repeat revocations beside others that change keys break no promise', async () => {
    const fleet = await startFleet({ place: 'PostgreSQL', processes: 2 });
    try {
      const ways = ['repeater', 'switcher', 'narrower'] as const;
      const report = await underLoad(fleet, 1, () => pause(loadMs), ways);
      expect(report.violations).toEqual([]);
      expect(report.operations).toBeGreaterThan(100);
    } finally {
      await fleet.stop();
    }
  });
});
