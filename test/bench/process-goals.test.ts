import { confirmationGoalMs, judgeProcesses } from './process-goals.cjs';
import type { ProcessesResult } from './process-goals.cjs';
import { processesReport } from './processes-report.cjs';

/** A fleet that meets every goal. */
function fleetOf(processes: number, changed: { p99Ms?: number; isStarved?: boolean; read?: number } = {}) {
  const { p99Ms = 10, isStarved = false, read = 2 * processes } = changed;
  const result: ProcessesResult = {
    processes,
    hasRedis: false,
    poolSize: 1,
    keepsApart: true,
    idle: {
      seconds: 10,
      connections: 2 * processes,
      listening: processes,
      transactionsPerSecond: processes,
      statementsPerProcessSecond: 1,
      rowsReadPerSecond: read,
      rowsWrittenPerSecond: processes,
      hotShare: 1,
      databaseShare: 0.1,
      followersShare: 0.1,
      busy: [0.1, 0.1],
      table: { rows: processes, deadRows: 10, bytes: 32_768 },
      statements: [],
    },
    confirmation: {
      revocations: 40,
      unconfirmed: 0,
      acceptedAfterwards: 0,
      checked: 4 * processes,
      took: { p50Ms: 5, p99Ms, maxMs: p99Ms },
      databaseMs: 3,
      databaseWaitedMs: isStarved ? 3 : 0,
      followersMs: 3,
      followersWaitedMs: 0,
      loopDelayP99Ms: 2,
      rowsRead: processes,
      rowsWritten: processes,
      statements: 2 * processes,
      transactions: 2 * processes,
      busy: isStarved ? [0.5, 0.95] : [0.95, 0.95],
      byStatement: [],
      logged: {},
    },
    aged: { rounds: 100, rows: processes, deadRows: 10, bytes: 65_536, hotShare: 1, vacuumMs: 1 },
  };
  return result;
}

const met = (result: ProcessesResult, smallest = fleetOf(2)) =>
  judgeProcesses(result, smallest).map(({ isMet }) => isMet);

describe('the goals of many processes', () => {
  it.each([2, 51, 501, 1001])('are met by a quick fleet of %d', (processes) => {
    expect(met(fleetOf(processes))).toEqual([true, true, true, true, true, true]);
  });

  it('do not judge how long a starved fleet took, unless it was quick', () => {
    const slow = { p99Ms: confirmationGoalMs(51) + 1 };
    expect(met(fleetOf(51, slow))[0]).toBe(false);
    expect(met(fleetOf(51, { ...slow, isStarved: true }))[0]).toBeNull();
    expect(met(fleetOf(51, { isStarved: true }))[0]).toBe(true);
  });

  it('miss a key that is accepted after the answer', () => {
    const result = fleetOf(11);
    const confirmation = { ...result.confirmation, acceptedAfterwards: 1 };
    expect(met({ ...result, confirmation })[1]).toBe(false);
    expect(met({ ...result, confirmation: { ...result.confirmation, checked: 0 } })[1]).toBeNull();
  });

  it('miss statements, connections and dead rows beyond their bounds', () => {
    const result = fleetOf(11);
    const idle = {
      ...result.idle,
      statementsPerProcessSecond: 1.3,
      connections: 3 * 11,
      table: { ...result.idle.table, deadRows: 5_000 },
    };
    expect(met({ ...result, idle })).toEqual([true, true, false, false, true, false]);
  });

  it('miss rows read that grow with the square of the processes', () => {
    expect(met(fleetOf(1001, { read: 1001 * 1001 }))[4]).toBe(false);
  });

  it('are in the report, a row for each fleet', () => {
    const facts = { date: '2026-01-01', commit: 'abc', machine: 'a machine', versions: { 'Node.js': '22' } };
    const report = processesReport([fleetOf(2), fleetOf(51, { p99Ms: 80, isStarved: true })], facts);
    expect(report).toContain('| 2 | met | met | met | met | met | met |');
    expect(report).toContain('| 51 | not judged: starved, p99 80 ms > 50 | met | met | met | met | met |');
  });
});
