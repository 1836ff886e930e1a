// @ts-check
'use strict';
const { table } = require('./markdown-table.cjs');

/**
 * @typedef {object} Facts
 * @property {string} date
 * @property {string} commit
 * @property {string} machine
 */
/**
 * One variant, with what it costs.
 * @typedef {import('./interleaved-windows.cjs').Cost & { name: string, about: string, bare: string, byHand: string } & Figures
 *   & { base: Figures, hand: Figures }} InProcessRow
 */
/** What is counted for each request. @typedef {{ bytes: number, instructions: number | null }} Figures */
/**
 * @typedef {object} InProcess
 * @property {number} rounds
 * @property {number} requestsPerWindow
 * @property {string | null} void why nothing of this can be believed; `null` when the controls held
 * @property {{ bare: number, byHand: number }} controls
 * @property {readonly InProcessRow[]} rows
 * @property {readonly Measured[]} measured guards that are measured, compared with one that is not
 * @property {readonly Build[]} builds this build compared with another one
 */
/**
 * @typedef {object} Measured
 * @property {string} name of the guard
 * @property {number} ratio time of a request, divided by that of one that is not measured
 * @property {readonly [number, number]} interval
 */
/**
 * @typedef {object} Build
 * @property {string} name of the guard
 * @property {number} ratio time of a request with this build, divided by that with the other
 * @property {readonly [number, number]} interval
 * @property {number | null} costRatio what the guard adds to a bare route, divided by what that of the other build adds
 * @property {readonly [number, number] | null} costInterval
 */

/** @param {number | null} value @param {number} [digits] */
const shown = (value, digits = 2) => (value === null ? '' : value.toFixed(digits));
/** @param {readonly [number, number] | null} interval */
const shownInterval = (interval) =>
  interval === null ? '' : interval.map((end) => end.toFixed(2)).join('–');

/**
 * What a variant has more than its bare route, and that divided by what the check by hand has more.
 * @param {InProcessRow} row
 * @param {(figures: Figures) => number | null} figure
 * @returns {{ added: number, toHand: number } | null} `null` where it is not known
 */
function compareFigure(row, figure) {
  const [own, bare, byHand] = [row, row.base, row.hand].map(figure);
  if (typeof own !== 'number' || typeof bare !== 'number' || typeof byHand !== 'number') return null;
  return { added: own - bare, toHand: (own - bare) / (byHand - bare) };
}

/** @param {InProcess} inProcess */
function costTable({ rows }) {
  const hasInstructions = rows.some(({ instructions }) => instructions !== null);
  return table(
    [
      [
        ...['Route', 'What it does', '× by hand', '95 %', 'Low', '÷ bare', '+ CPU µs', 'CPU µs'],
        ...['Bytes × by hand', '+ bytes'],
        ...(hasInstructions ? ['Instructions × by hand', '+ instructions'] : []),
      ],
      ...rows.map((row) => {
        const isBare = row.name === row.bare;
        const bytes = isBare ? null : compareFigure(row, (each) => each.bytes);
        const instructions = isBare ? null : compareFigure(row, (each) => each.instructions);
        return [
          ...[`\`${row.name}\``, row.about],
          ...[shown(row.costToHand), shownInterval(row.costToHandInterval), shown(row.lowCostToHand)],
          ...[shown(row.ratioToBare, 3), shown(row.addedMicros), shown(row.micros)],
          ...[shown(bytes?.toHand ?? null), shown(bytes?.added ?? null, 0)],
          ...(hasInstructions
            ? [shown(instructions?.toHand ?? null), shown(instructions?.added ?? null, 0)]
            : []),
        ];
      }),
    ],
    2,
  );
}

/** @param {readonly Measured[]} measured */
const measuredTable = (measured) =>
  table([
    ['Guard', 'Whole request ÷ unmeasured', '95 %'],
    ...measured.map(({ name, ratio, interval }) => [
      `\`${name}\``,
      shown(ratio, 3),
      interval.map((end) => end.toFixed(3)).join('–'),
    ]),
  ]);

/** @param {readonly Build[]} builds */
const buildsTable = (builds) =>
  table([
    ['Guard', 'Cost ÷ the other build', '95 %', 'Whole request ÷', '95 %'],
    ...builds.map(({ name, ratio, interval, costRatio, costInterval }) => [
      ...[`\`${name}\``, shown(costRatio, 3), shownInterval(costInterval)],
      ...[shown(ratio, 3), shownInterval(interval)],
    ]),
  ]);

/**
 * What was measured in process, as Markdown.
 * @param {InProcess} inProcess
 * @param {Facts} facts
 * @returns {string}
 */
function inProcessReport(inProcess, { date, commit, machine }) {
  const { rounds, requestsPerWindow, controls, measured, builds } = inProcess;
  const parts = [
    `Measured on ${date} at commit \`${commit}\`: ${machine}, Node.js ${process.versions.node}; ${rounds} rounds with ` +
      `windows of ${requestsPerWindow} requests. Farthest from 1, the bare route came out at ${controls.bare.toFixed(3)} of itself, the ` +
      `cost of the check by hand at ${controls.byHand.toFixed(3)} of itself.`,
    ...(inProcess.void === null ? [] : [`**Void:** ${inProcess.void}`]),
    costTable(inProcess),
    ...(measured.length === 0 ? [] : ['### What measuring costs', measuredTable(measured)]),
    ...(builds.length === 0 ? [] : ['### This build and the other one', buildsTable(builds)]),
  ];
  return `${parts.join('\n\n')}\n`;
}

/**
 * The sentence of the README: ratios first, what they were measured on behind them.
 * @param {InProcess} inProcess
 * @param {Facts} facts
 * @returns {string}
 */
function readmeFigures({ rows }, { date, machine }) {
  const [guard, headers, byHand] = ['guard', 'guard-headers', 'by-hand'].map((name) => {
    const row = rows.find((each) => each.name === name);
    if (row === undefined) throw new RangeError(`there is no route ${name}`);
    return row;
  });
  return (
    `A guard costs ${shown(guard?.costToHand ?? null)} times a check by hand that promises nothing, ` +
    `${shown(headers?.costToHand ?? null)} times with the cache headers (${shown(guard?.addedMicros ?? null, 1)}, ` +
    `${shown(headers?.addedMicros ?? null, 1)} and ${shown(byHand?.addedMicros ?? null, 1)} µs of processor time; ` +
    `${date}, ${machine})`
  );
}

module.exports = { inProcessReport, readmeFigures };
