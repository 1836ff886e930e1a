import { costOf, findVoid, ratioOf } from './interleaved-windows.cjs';
import { inProcessReport, readmeFigures } from './in-process-report.cjs';

const rounds = 200;

/** A machine that is between one and three times as slow, another way in every round. */
function timingsOf(micros: Record<string, number>): Record<string, number[]> {
  const slowness = Array.from({ length: rounds }, (_, round) => 1 + (2 * ((round * 37) % rounds)) / rounds);
  return Object.fromEntries(
    Object.entries(micros).map(([name, each]) => [name, slowness.map((factor) => each * factor)]),
  );
}

const timings = timingsOf({ bare: 10, 'by-hand': 13, guard: 16, 'other-guard': 12 });
const guard = { name: 'guard', bare: 'bare', byHand: 'by-hand' };

describe('windows of one round', () => {
  it('give the same ratios on a machine that changes its speed', () => {
    const cost = costOf(timings, guard);
    expect(cost.ratioToBare).toBeCloseTo(1.6, 5);
    expect(cost.costToHand).toBeCloseTo(2, 5);
    expect(cost.lowCostToHand).toBeCloseTo(2, 5);
    expect(cost.costToHandInterval?.[0]).toBeLessThanOrEqual(2.001);
    expect(cost.costToHandInterval?.[1]).toBeGreaterThanOrEqual(1.999);
  });

  it('lose a window that something else has disturbed', () => {
    const disturbed = (timings.guard ?? []).map((micros, round) => (round % 7 === 0 ? micros * 50 : micros));
    const cost = costOf({ ...timings, guard: disturbed }, guard);
    expect(cost.costToHand).toBeGreaterThan(1.9);
    expect(cost.costToHand).toBeLessThan(2.5);
    expect(cost.lowMicros / costOf(timings, guard).lowMicros).toBeCloseTo(1, 1);
  });

  it('have no cost in the bare route itself', () => {
    expect(costOf(timings, { ...guard, name: 'bare' })).toMatchObject({ ratioToBare: 1, costToHand: null });
  });

  it('compare two builds', () => {
    expect(ratioOf(timings, 'guard', 'other-guard').ratio).toBeCloseTo(16 / 12, 5);
  });
});

describe('a run', () => {
  it.each([
    ['is valid where what does the same came out alike', 1.01, 0.98, true],
    ['is void where two bare routes differ', 1.04, 1, false],
    ['is void where the cost of one check differs from itself', 1, 0.9, false],
    ['is void where nothing was measured', Number.NaN, 1, false],
  ])('%s', (_title, bare, byHand, isValid) => {
    expect(findVoid({ bare, byHand }) === null).toBe(isValid);
  });
});

describe('the report of a run', () => {
  const row = (name: string, bytes: number) => {
    const places = { ...guard, name };
    const [figures, base, hand] = [bytes, 1000, 1100].map((each) => ({ bytes: each, instructions: null }));
    if (figures === undefined || base === undefined || hand === undefined) throw new RangeError(name);
    return { ...places, about: 'what it does', ...costOf(timings, places), ...figures, base, hand };
  };
  const inProcess = {
    rounds,
    requestsPerWindow: 60,
    void: null,
    controls: { bare: 1, byHand: 1 },
    rows: [
      row('bare', 1000),
      row('by-hand', 1100),
      row('guard', 1150),
      { ...row('guard', 1150), name: 'guard-headers' },
    ],
    measured: [],
    builds: [],
  };
  const facts = { date: '2026-01-02', commit: 'abc', machine: '2 processors' };

  it('shows ratios before absolute figures, without a column for what the machine cannot count', () => {
    const report = inProcessReport(inProcess, facts);
    expect(report).toMatch(
      /\| `guard` \| what it does \| 2\.00 \| \S+ \| 2\.00 \| 1\.600 \| .*\| 1\.50 \| 150 \|$/m,
    );
    expect(report).not.toContain('Instructions');
    expect(report).toContain('2 processors');
  });

  it('has a sentence for the README with the machine and the date', () => {
    expect(readmeFigures(inProcess, facts)).toMatch(/costs 2\.00 times .*2026-01-02, 2 processors/);
  });
});
