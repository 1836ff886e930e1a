import type { BuiltCopy } from '../harness/built-copy.js';
import { faultsFor, type FaultAction } from './fault-actions.js';
import { startFleet, type Place } from './fleet.js';
import { pause } from './pause.js';
import { seededRandom } from './seeded-random.js';
import { underLoad, type LoadReport } from './under-load.js';

/** What came of one seed. */
export interface SeedReport extends LoadReport {
  readonly seed: number;
  readonly place: Place;
  readonly milliseconds: number;
  readonly faults: readonly string[];
}

const processes = 3;
/** Mixed, as during a rollout that changes the option. */
const leases = [4, 2, 7] as const;

/** One of them goes quiet whenever it is asked nothing for a moment. */
const quietTimes = [0, 0, 1] as const;

/** Lets clients and faults loose on a fleet, and says afterwards which promises were broken. */
export async function runSeed(options: {
  readonly seed: number;
  readonly place: Place;
  /** How long faults come, in milliseconds. */
  readonly durationMs: number;
  readonly copy?: BuiltCopy;
}): Promise<SeedReport> {
  const { seed, place, durationMs, copy } = options;
  const startedAt = performance.now();
  const fleet = await startFleet({
    place,
    processes,
    leases,
    quietTimes,
    ...(copy === undefined ? {} : { copy }),
  });
  const faults: string[] = [];
  try {
    const report = await underLoad(fleet, seed, async ({ recorder }) => {
      const stopAt = performance.now() + durationMs;
      const lane = async (actions: Readonly<Record<string, FaultAction>>, number: number): Promise<void> => {
        // Numbers of its own, so that a seed means the same faults however long each of them takes.
        const random = seededRandom(seed * 100 + number);
        await pause(random.between(0, 500));
        while (performance.now() < stopAt) {
          const [name, action] = random.pick(Object.entries(actions));
          faults.push(name);
          await recorder.disturb(name, undefined, () => action({ fleet, recorder, random }));
          await pause(random.between(100, 700));
        }
      };
      await Promise.all(faultsFor(fleet).map(lane));
    });
    return { seed, place, milliseconds: performance.now() - startedAt, faults, ...report };
  } finally {
    await fleet.stop();
  }
}
