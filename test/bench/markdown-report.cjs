// @ts-check
'use strict';
const { table } = require('./markdown-table.cjs');
const { controlHolds } = require('./paired-rounds.cjs');

/** @typedef {import('./paired-rounds.cjs').Row} Row */
/**
 * @typedef {object} Comparison
 * @property {number} connections
 * @property {readonly Row[]} rows
 * @property {readonly string[]} [dropped] routes that gave wrong answers
 */
/** @typedef {{ p50Ms: number, p99Ms: number, maxMs: number }} Spread */
/**
 * @typedef {object} Report
 * @property {string} date
 * @property {string} commit
 * @property {string} machine
 * @property {string} placing
 * @property {Readonly<Record<string, string>>} versions
 * @property {number} seconds of one window
 * @property {string | null} control why nothing of this can be believed; `null` when the control held
 * @property {Readonly<Record<string, string>>} about what each route does
 * @property {Comparison} usual
 * @property {readonly Comparison[]} fewConnections
 * @property {Comparison | null} manyKeys
 * @property {readonly { name: string, commandsPerRequest: number }[]} redisCommands
 * @property {readonly { kind: string, bytesPerKey: number, cachedKeys: number }[]} keyMemory
 * @property {{ perSecond: number, forgedShare: number, noneP99Micros: number, floods: readonly { name: string, p99Micros: number, ratioToNone: number }[] } | null} flood
 * @property {readonly { processes: number, rounds: number, answered: Spread, refusedEverywhere: Spread, unconfirmed: number, acceptedAfterwards: number, sentAfterwards: number }[]} revocations
 */

/** @param {number} micros */
const milliseconds = (micros) => {
  const value = micros / 1000;
  return value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : value.toFixed(0);
};

/**
 * A ratio is void where the bare route of its own table came out unlike itself.
 * @param {Pick<Comparison, 'rows'>} comparison
 */
const voidMark = ({ rows }) =>
  rows.some(({ name }) => name === 'bare-control') && !controlHolds(rows, 'bare-control') ? ' (void)' : '';

/** @param {number} ratio */
const shownRatio = (ratio) => (ratio < 0.1 ? ratio.toFixed(4) : ratio.toFixed(3));

/** @param {Comparison} comparison @param {Report['about']} about */
function comparisonTable({ rows }, about) {
  return table(
    [
      ['Route', 'What it does', '÷ bare', '95 %', '+ CPU µs', 'p50 ms', 'p99 ms', 'Loop p99 ms', 'Rounds'],
      ...rows.map((row) => [
        `\`${row.name}\``,
        about[row.name] ?? '',
        shownRatio(row.ratioToBare) + voidMark({ rows }),
        row.ratioInterval.map(shownRatio).join('–'),
        row.cpuAddedMicros.toFixed(1),
        milliseconds(row.p50Micros),
        milliseconds(row.p99Micros),
        milliseconds(row.loopDelayMicros),
        String(row.rounds),
      ]),
    ],
    2,
  );
}

/** @param {readonly Comparison[]} comparisons */
function connectionsTable(comparisons) {
  const names = [...new Set(comparisons.flatMap(({ rows }) => rows.map(({ name }) => name)))];
  return table([
    [
      'Route',
      ...comparisons.map(
        ({ connections }) => `${connections} connection${connections === 1 ? '' : 's'}: ÷ bare, p50 ms`,
      ),
    ],
    ...names.map((name) => [
      `\`${name}\``,
      ...comparisons.map((comparison) => {
        const { rows } = comparison;
        const row = rows.find((each) => each.name === name);
        return row === undefined
          ? ''
          : `${shownRatio(row.ratioToBare)}${voidMark(comparison)}, ${milliseconds(row.p50Micros)}`;
      }),
    ]),
  ]);
}

/** @param {Spread} spread */
const shownSpread = ({ p50Ms, p99Ms, maxMs }) =>
  [p50Ms, p99Ms, maxMs].map((value) => value.toFixed(1)).join(' / ');

/**
 * All that was measured, as Markdown.
 * @param {Report} report
 * @returns {string}
 */
function markdownReport(report) {
  const { usual, fewConnections, manyKeys, redisCommands, keyMemory, flood, revocations, about } = report;
  const parts = [
    `Measured on ${report.date} at commit \`${report.commit}\`: ${report.machine}; ${report.placing}.`,
    Object.entries(report.versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ') + '.',
    ...(report.control === null ? [] : [`**Void:** ${report.control}`]),
    `### ${usual.connections} connections`,
    comparisonTable(usual, about),
  ];
  if (fewConnections.length > 0) {
    parts.push(
      '### Few connections',
      connectionsTable([...fewConnections, usualAmong(usual, fewConnections)]),
    );
  }
  if (manyKeys !== null) {
    parts.push('### Many keys in use, drawn at random', comparisonTable(manyKeys, about));
  }
  if (redisCommands.length > 0) {
    parts.push(
      '### Redis commands per request',
      table([
        ['Route', 'Commands'],
        ...redisCommands.map(({ name, commandsPerRequest }) => [
          `\`${name}\``,
          commandsPerRequest.toFixed(commandsPerRequest < 0.1 ? 4 : 2),
        ]),
      ]),
    );
  }
  if (flood !== null) {
    const percent = Math.round(flood.forgedShare * 100);
    parts.push(
      '### Neighbours of a flood',
      `p99 of a bare route at ${flood.perSecond} requests a second in all, ${percent} % of them to a guarded route with ` +
        `forged keys; without them: ${milliseconds(flood.noneP99Micros)} ms.`,
      table([
        ['Forged keys', 'p99 ms', '÷ none'],
        ...flood.floods.map(({ name, p99Micros, ratioToNone }) => [
          `\`${name}\``,
          milliseconds(p99Micros),
          ratioToNone.toFixed(2),
        ]),
      ]),
    );
  }
  if (keyMemory.length > 0) {
    parts.push(
      '### Memory',
      'Bytes of heap for each key that is cached in process.',
      table([
        ['Keys', 'Cached', 'Bytes'],
        ...keyMemory.map(({ kind, bytesPerKey, cachedKeys }) => [
          kind,
          String(cachedKeys),
          bytesPerKey.toFixed(0),
        ]),
      ]),
    );
  }
  if (revocations.length > 0) {
    parts.push(
      '### Revocation on PostgreSQL',
      'Milliseconds (p50 / p99 / max) from sending the revocation while every process is using the key.',
      table([
        [
          'Processes',
          'Revocations',
          'Answered',
          'Refused everywhere',
          'Not confirmed (202)',
          'Let in after the 200',
        ],
        ...revocations.map((each) => [
          String(each.processes),
          String(each.rounds),
          shownSpread(each.answered),
          shownSpread(each.refusedEverywhere),
          String(each.unconfirmed),
          `${each.acceptedAfterwards} of ${each.sentAfterwards}`,
        ]),
      ]),
    );
  }
  return `${parts.join('\n\n')}\n`;
}

/** @param {Comparison} usual @param {readonly Comparison[]} few @returns {Comparison} */
function usualAmong(usual, few) {
  const names = new Set(few.flatMap(({ rows }) => rows.map(({ name }) => name)));
  return { ...usual, rows: usual.rows.filter(({ name }) => names.has(name)) };
}

module.exports = { markdownReport };
