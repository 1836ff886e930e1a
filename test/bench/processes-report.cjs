// @ts-check
'use strict';
const { table } = require('./markdown-table.cjs');
const { isStarved, judgeProcesses } = require('./process-goals.cjs');

/** @typedef {import('./process-goals.cjs').ProcessesResult} ProcessesResult */

/** @param {number} share */
const percent = (share) => `${Math.round(100 * share)} %`;
/** @param {number} value */
const short = (value) => (value < 10 ? value.toFixed(1) : value.toFixed(0));
/** @param {number} bytes */
const kibibytes = (bytes) => `${Math.round(bytes / 1024)} KiB`;

/** @param {ProcessesResult} result */
const name = ({ processes, hasRedis }) => `${processes}${hasRedis ? ', Redis' : ''}`;

/** @param {{ isMet: boolean | null, said: string }} goal */
const shownGoal = ({ isMet, said }) =>
  isMet === null ? `not judged: ${said}` : isMet ? 'met' : `**missed**: ${said}`;

/**
 * What many processes cost, as Markdown.
 * @param {readonly ProcessesResult[]} results
 * @param {{ date: string, commit: string, machine: string, versions: Readonly<Record<string, string>> }} facts
 */
function processesReport(results, { date, commit, machine, versions }) {
  const placing = results.every(({ keepsApart }) => keepsApart)
    ? 'the processes together on one processor, the database on the others'
    : 'nothing was kept apart on processors of its own';
  const confirmations = results.map((result) => {
    const { took, revocations, unconfirmed, ...of } = result.confirmation;
    return [
      name(result),
      [took.p50Ms, took.p99Ms, took.maxMs].map(short).join(' / '),
      `${unconfirmed} of ${revocations}`,
      `${of.acceptedAfterwards} of ${of.checked}`,
      of.statements.toFixed(0),
      of.rowsRead.toFixed(0),
      `${short(of.databaseMs)} / ${short(of.followersMs)}`,
      of.busy.map(percent).join(', '),
      short(of.loopDelayP99Ms),
      isStarved(result.confirmation) ? 'starved' : '',
    ];
  });
  const idle = results.map((result) => {
    const { processes, poolSize, idle: of } = result;
    return [
      name(result),
      of.statementsPerProcessSecond.toFixed(2),
      of.transactionsPerSecond.toFixed(0),
      (of.rowsReadPerSecond / processes).toFixed(1),
      (of.rowsWrittenPerSecond / processes).toFixed(2),
      `${of.connections} (${(of.connections / processes - poolSize).toFixed(2)} beside the pool)`,
      `${percent(of.databaseShare)} / ${percent(of.followersShare)}`,
    ];
  });
  const rows = results.map((result) => {
    const { idle: of, aged } = result;
    return [
      name(result),
      percent(of.hotShare),
      of.table.deadRows.toFixed(0),
      kibibytes(of.table.bytes),
      String(aged.rounds),
      percent(aged.hotShare),
      kibibytes(aged.bytes),
      short(aged.vacuumMs),
    ];
  });
  const goals = results.map((result) => {
    const smallest = results.find(({ hasRedis }) => hasRedis === result.hasRedis);
    return [name(result), ...judgeProcesses(result, smallest).map(shownGoal)];
  });
  return `${[
    `Measured on ${date} at commit \`${commit}\`: ${machine}; ${placing}. Node.js ${versions['Node.js']}.`,
    '### A revocation, until every process has confirmed it',
    table([
      [
        'Processes',
        'p50 / p99 / max, ms',
        '202',
        'Accepted after the 200',
        'Statements',
        'Rows read',
        'CPU ms, database / processes',
        'Busy processors',
        'Event loop p99, ms',
        '',
      ],
      ...confirmations,
    ]),
    '### At rest',
    table([
      [
        'Processes',
        'Statements per process and second',
        'Transactions per second',
        'Rows read per process and second',
        'Rows written',
        'Connections',
        'CPU, database / processes',
      ],
      ...idle,
    ]),
    '### The list of processes on disk',
    table([
      [
        'Processes',
        'HOT updates',
        'Dead rows',
        'Size',
        'Heartbeats of each, unvacuumed',
        'HOT updates then',
        'Size then',
        'Vacuum, ms',
      ],
      ...rows,
    ]),
    '### Goals',
    table(
      [
        [
          'Processes',
          'Confirmation',
          'Refused everywhere',
          'Statements at rest',
          'Connections',
          'Growth of rows read',
          'Dead rows',
        ],
        ...goals,
      ],
      7,
    ),
  ].join('\n\n')}\n`;
}

module.exports = { processesReport };
