// @ts-check
'use strict';
const { table } = require('./markdown-table.cjs');
const { median, medianInterval } = require('./statistics.cjs');

/**
 * @typedef {import('./loading-process.cjs').LoadingStep} LoadingStep
 * @typedef {object} LoadingRow
 * @property {string} what
 * @property {LoadingStep[][]} starts the steps that belong to the row, of each start
 */

/**
 * One row for each thing that can be loaded, each start as a list of steps.
 * @param {{ plain: LoadingStep[][], admin: LoadingStep[][] }} starts
 * @returns {LoadingRow[]}
 */
function toRows({ plain, admin }) {
  const only = (
    /** @type {LoadingStep[][]} */ starts,
    /** @type {readonly LoadingStep['step'][]} */ wanted,
  ) => starts.map((steps) => steps.filter(({ step }) => wanted.includes(step)));
  return [
    { what: "`require('express')`, for comparison", starts: only([...plain, ...admin], ['express']) },
    { what: "`require('express-api-keys')`", starts: only([...plain, ...admin], ['package']) },
    { what: '… and until `ready()`, guards on SQLite', starts: only(plain, ['package', 'ready']) },
    { what: '… and with the admin router', starts: only(admin, ['package', 'ready']) },
  ];
}

/** @param {readonly LoadingRow[]} rows @param {{ date: string, machine: string, versions: Record<string, string> }} facts */
function loadingReport(rows, { date, machine, versions }) {
  const lines = rows.map(({ what, starts }) => {
    const sum = (/** @type {'modules' | 'cpuMs' | 'memoryMiB'} */ name) =>
      starts.map((steps) => steps.reduce((total, step) => total + step[name], 0));
    const cpu = sum('cpuMs');
    const [from, to] = medianInterval(cpu);
    return [
      what,
      String(median(sum('modules'))),
      `${Math.round(median(cpu))} ms`,
      `${Math.round(from)}–${Math.round(to)}`,
      `${median(sum('memoryMiB')).toFixed(1)} MiB`,
    ];
  });
  const starts = rows[0]?.starts.length ?? 0;
  return [
    `${date}, ${machine}, Node.js ${versions['Node.js']}; ${starts} starts, medians.`,
    '',
    table([['', 'Modules', 'CPU', '95 %', 'Memory'], ...lines]),
  ].join('\n');
}

module.exports = { loadingReport, toRows };
