import { comparePaired, controlHolds, planRound, type Window } from './paired-rounds.cjs';
import { resultRows } from './result-rows.cjs';

/** A window in which so many requests were answered each second, each for so much processor time. */
const windowOf = (perSecond: number, cpuMicros = 50): Window => ({
  requests: perSecond * 2,
  seconds: 2,
  cpuMicros: perSecond * 2 * cpuMicros,
  p50Micros: 3000,
  p99Micros: 9000,
  loopDelayMicros: 400,
});

const row = (name: string, ratioToBare: number) => ({
  name,
  ratioToBare,
  cpuAddedMicros: 1.23456,
  p50Micros: 3000.4,
  p99Micros: 9000.6,
  ratioInterval: [0.9, 1.1] as const,
  requestsPerSecond: 12_345.67,
  loopDelayMicros: 400.2,
  rounds: 9,
});

describe('one round', () => {
  it('visits every variant once, and the base around every few of them', () => {
    const others = ['a', 'b', 'c', 'd', 'e'];
    const plan = planRound('bare', others, 2, Math.random);
    expect(plan.filter((name) => name !== 'bare').toSorted()).toEqual(others);
    expect(plan.map((name) => name === 'bare')).toEqual([
      ...[true, false, false],
      ...[true, false, false],
      ...[true, false, true],
    ]);
  });

  it('is shuffled', () => {
    const others = Array.from({ length: 20 }, (_, index) => `variant ${index}`);
    const plans = [1, 2, 3].map(() => planRound('bare', others, 20, Math.random).join());
    expect(new Set(plans).size).toBe(3);
  });
});

describe('paired rounds', () => {
  it('compare each variant with the base of its own round, so that a machine that slows down changes nothing', async () => {
    let speed = 20_000;
    const { rows, dropped } = await comparePaired({
      base: 'bare',
      others: [
        { name: 'half', rounds: 9 },
        { name: 'same', rounds: 9 },
      ],
      measure: async (name) => {
        if (name === 'bare') speed *= 0.9;
        // Between two visits of the base, the machine is as fast as in their mean.
        return name === 'bare'
          ? windowOf(speed, 50)
          : windowOf((speed * 0.95) / (name === 'half' ? 2 : 1), 60);
      },
    });
    expect(dropped).toEqual([]);
    expect(rows.map(({ name }) => name)).toEqual(['bare', 'half', 'same']);
    const [bare, half, same] = rows;
    expect(bare).toMatchObject({ ratioToBare: 1, cpuAddedMicros: 0, p50Micros: 3000, p99Micros: 9000 });
    expect(half?.ratioToBare).toBeCloseTo(0.5, 6);
    expect(same?.ratioToBare).toBeCloseTo(1, 6);
    expect(same?.cpuAddedMicros).toBeCloseTo(10, 6);
    expect(same?.rounds).toBe(9);
  });

  it('take the median, so that one disturbed window changes nothing', async () => {
    let visits = 0;
    const { rows } = await comparePaired({
      base: 'bare',
      others: [{ name: 'guard', rounds: 9 }],
      measure: async (name) => {
        if (name === 'bare') return windowOf(10_000);
        visits += 1;
        return windowOf(visits === 4 ? 100 : 9_300 + visits);
      },
    });
    expect(rows[1]?.ratioToBare).toBeCloseTo(0.9305, 4);
    expect(rows[1]?.ratioInterval[0]).toBeCloseTo(0.9301, 4);
    expect(rows[1]?.ratioInterval[1]).toBeCloseTo(0.9308, 4);
  });

  it('visit slow variants in fewer rounds', async () => {
    const visited: string[] = [];
    await comparePaired({
      base: 'bare',
      others: [
        { name: 'fast', rounds: 9 },
        { name: 'slow', rounds: 3 },
      ],
      measure: async (name) => (visited.push(name), windowOf(100)),
    });
    const count = (name: string): number => visited.filter((each) => each === name).length;
    expect([count('fast'), count('slow'), count('bare')]).toEqual([9, 3, 18]);
  });

  it('are more when what was found calls for it, and the slow variants have no part in them', async () => {
    const visited: string[] = [];
    const asked: number[] = [];
    const { rows } = await comparePaired({
      base: 'bare',
      others: [
        { name: 'bare-control', rounds: 9 },
        { name: 'slow', rounds: 3 },
      ],
      measure: async (name) => {
        visited.push(name);
        // Restless at first.
        return windowOf(name === 'bare-control' && visited.length < 25 ? 90 : 100);
      },
      more: {
        rounds: 6,
        areNeeded: (soFar) => {
          asked.push(soFar[1]?.rounds ?? 0);
          return !controlHolds(soFar, 'bare-control');
        },
      },
    });
    expect(asked).toEqual([9]);
    expect(rows.map(({ rounds }) => rounds)).toEqual([30, 15, 3]);
    expect(controlHolds(rows, 'bare-control')).toBe(true);
  });

  it('are not more when nothing calls for it', async () => {
    const { rows } = await comparePaired({
      base: 'bare',
      others: [{ name: 'bare-control', rounds: 9 }],
      measure: async () => windowOf(100),
      more: { rounds: 6, areNeeded: (soFar) => !controlHolds(soFar, 'bare-control') },
    });
    expect(rows[1]?.rounds).toBe(9);
  });

  it('leave out what cannot be measured and go on', async () => {
    const { rows, dropped } = await comparePaired({
      base: 'bare',
      others: [
        { name: 'broken', rounds: 9 },
        { name: 'guard', rounds: 9 },
      ],
      measure: async (name) => (name === 'broken' ? null : windowOf(100)),
    });
    expect(dropped).toEqual(['broken']);
    expect(rows.map(({ name }) => name)).toEqual(['bare', 'guard']);
  });

  it('end when the base cannot be measured', async () => {
    const comparing = comparePaired({
      base: 'bare',
      others: [{ name: 'guard', rounds: 9 }],
      measure: async (name) => (name === 'bare' ? null : windowOf(100)),
    });
    await expect(comparing).rejects.toThrow('bare');
  });
});

describe('the control', () => {
  it.each([
    [0.97, true],
    [1, true],
    [1.03, true],
    [0.969, false],
    [1.031, false],
    [Number.NaN, false],
  ])('with a ratio of %d: %s', (ratio, holds) => {
    expect(controlHolds([row('bare', 1), row('bare-control', ratio)], 'bare-control')).toBe(holds);
  });

  it('must be there', () => {
    expect(controlHolds([row('bare', 1)], 'bare-control')).toBe(false);
  });
});

describe('the rows of --json', () => {
  it('carry name, ratio, added processor time and latencies, and never one name twice', () => {
    const rows = resultRows({
      usual: { connections: 64, rows: [row('bare', 1), row('guard-warm', 0.912345678)] },
      fewConnections: [{ connections: 1, rows: [row('bare', 1), row('guard-warm', 0.95)] }],
      manyKeys: { connections: 64, rows: [row('bare', 1), row('guard-warm-1m', 0.8)] },
    });
    const names = ['bare', 'guard-warm', 'bare@1', 'guard-warm@1', 'guard-warm-1m'];
    expect(rows.map(({ name }) => name)).toEqual(names);
    expect(rows[1]).toEqual({
      name: 'guard-warm',
      ratioToBare: 0.91235,
      cpuAddedMicros: 1.23,
      p50Micros: 3000,
      p99Micros: 9001,
      connections: 64,
      rounds: 9,
      requestsPerSecond: 12_345.7,
      loopDelayMicros: 400,
    });
  });
});
