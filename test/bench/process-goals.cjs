// @ts-check
'use strict';

/** @typedef {{ p50Ms: number, p99Ms: number, maxMs: number }} Spread */
/**
 * @typedef {object} Idle
 * @property {number} seconds
 * @property {number} connections
 * @property {number} listening processes that the database notifies
 * @property {number} transactionsPerSecond
 * @property {number} statementsPerProcessSecond
 * @property {number} rowsReadPerSecond
 * @property {number} rowsWrittenPerSecond
 * @property {number} hotShare of the updates of the list
 * @property {number} databaseShare of one processor
 * @property {number} followersShare of one processor
 * @property {readonly number[]} busy share of each processor, whoever used it
 * @property {{ rows: number, deadRows: number, bytes: number }} table
 * @property {readonly { query: string, perProcessSecond: number }[]} statements
 */
/**
 * @typedef {object} Confirmation
 * @property {number} revocations
 * @property {number} unconfirmed answers with `effectiveBy`
 * @property {number} acceptedAfterwards checks in any process after a confirmed revocation that accepted the key
 * @property {number} checked
 * @property {Spread} took
 * @property {number} databaseMs of processor time until one is confirmed
 * @property {number} databaseWaitedMs for a processor, added up over all connections
 * @property {number} followersMs
 * @property {number} followersWaitedMs
 * @property {number} loopDelayP99Ms of the host in which it is highest
 * @property {number} rowsRead for one, beyond what is read anyway
 * @property {number} rowsWritten
 * @property {number} statements
 * @property {number} transactions
 * @property {readonly number[]} busy share of each processor while one is being confirmed
 * @property {readonly { query: string, perRevocation: number, meanMs: number }[]} byStatement
 * @property {Record<string, number>} logged
 */
/**
 * @typedef {object} ProcessesResult
 * @property {number} processes
 * @property {boolean} hasRedis
 * @property {number} poolSize
 * @property {boolean} keepsApart
 * @property {Idle} idle
 * @property {Confirmation} confirmation
 * @property {{ rounds: number, rows: number, deadRows: number, bytes: number, hotShare: number, vacuumMs: number }} aged
 */

/** A processor that is so busy has nothing left; what a virtual machine does not get counts as neither busy nor idle. */
const fullShare = 0.85;
/** So much of the time somebody who has something to do may wait for a processor before a fleet counts as starved. */
const waitedShare = 0.1;
/** What PostgreSQL waits for before it vacuums a table: `autovacuum_vacuum_threshold` and `_scale_factor`. */
const vacuumBase = 50;
const vacuumShare = 0.2;
/** Between two looks at a database, in seconds: `autovacuum_naptime`. */
const naptime = 60;

/** @param {number} processes @returns {number} the p99 that a confirmation may take, in milliseconds */
const confirmationGoalMs = (processes) => (processes <= 51 ? 50 : processes <= 501 ? 250 : 1_000);

/**
 * Whether a processor was full and somebody of the fleet had to wait for it. What others use that run at a lower priority is
 * there for the fleet.
 * @param {Confirmation} confirmation
 */
function isStarved({ busy, took, databaseWaitedMs, followersWaitedMs }) {
  const waited = Math.max(databaseWaitedMs, followersWaitedMs) / took.p50Ms;
  return busy.some((share) => share >= fullShare) && waited >= waitedShare;
}

/**
 * Dead rows at the moment when autovacuum has looked at the table: those of one nap, where pages are not cleaned by their
 * next update, and those that it does not find worth it.
 * @param {number} processes
 */
const deadRowsAllowed = (processes) => Math.ceil(vacuumBase + vacuumShare * processes + processes * naptime);

/**
 * What a row of the table is judged by. `null`: it cannot be judged, because a processor was full or nothing was confirmed.
 * @param {ProcessesResult} result
 * @param {ProcessesResult | undefined} smallest the smallest fleet with the same parts, to compare growth with
 * @returns {readonly { isMet: boolean | null, said: string }[]} confirmation, refused everywhere, statements at rest, connections,
 * growth of rows read, dead rows; what is said is for goals that are missed
 */
function judgeProcesses(result, smallest) {
  const { processes, poolSize, idle, confirmation, aged } = result;
  const goalMs = confirmationGoalMs(processes);
  const isFast = confirmation.took.p99Ms <= goalMs;
  const readPerProcess = idle.rowsReadPerSecond / processes;
  const readBySmallest =
    smallest === undefined ? readPerProcess : smallest.idle.rowsReadPerSecond / smallest.processes;
  const beside = idle.connections / processes - poolSize;
  return [
    {
      isMet: isFast ? true : isStarved(confirmation) ? null : false,
      said: `${isStarved(confirmation) ? 'starved, ' : ''}p99 ${confirmation.took.p99Ms.toFixed(0)} ms > ${goalMs}`,
    },
    {
      isMet: confirmation.acceptedAfterwards > 0 ? false : confirmation.checked > 0 ? true : null,
      said: `${confirmation.acceptedAfterwards} of ${confirmation.checked} accepted after the 200`,
    },
    {
      isMet: idle.statementsPerProcessSecond <= 1.2,
      said: `${idle.statementsPerProcessSecond.toFixed(2)} > 1.2`,
    },
    { isMet: beside <= 1.001, said: `${beside.toFixed(2)} beside the pool` },
    {
      // Twice the processes read twice the rows, not four times as many.
      isMet: readPerProcess <= Math.max(3, 2 * readBySmallest),
      said: `${readPerProcess.toFixed(0)} for each process, ${readBySmallest.toFixed(0)} in the smallest fleet`,
    },
    {
      isMet:
        idle.table.deadRows <= deadRowsAllowed(processes) && Math.min(idle.hotShare, aged.hotShare) >= 0.95,
      said: `${idle.table.deadRows} dead rows, ${(100 * idle.hotShare).toFixed(1)} % HOT, ${(100 * aged.hotShare).toFixed(1)} % unvacuumed`,
    },
  ];
}

module.exports = { confirmationGoalMs, isStarved, judgeProcesses };
