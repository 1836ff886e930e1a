// @ts-check
'use strict';

/** @typedef {import('./paired-rounds.cjs').Row} Row */

/** @typedef {import('./markdown-report.cjs').Comparison} Comparison */

/**
 * What `--json` writes: one object for each route. With few connections a route has another name (`bare@1`); of the run
 * over many keys only the routes are taken that the main one does not have.
 * @param {{ usual: Comparison, fewConnections: readonly Comparison[], manyKeys: Comparison | null }} comparisons
 */
function resultRows({ usual, fewConnections, manyKeys }) {
  const names = new Set(usual.rows.map(({ name }) => name));
  const others = manyKeys === null ? [] : manyKeys.rows.filter(({ name }) => !names.has(name));
  return [
    ...usual.rows.map((row) => resultRow(row.name, row, usual.connections)),
    ...fewConnections.flatMap(({ connections, rows }) =>
      rows.map((row) => resultRow(`${row.name}@${connections}`, row, connections)),
    ),
    ...others.map((row) => resultRow(row.name, row, manyKeys?.connections ?? 0)),
  ];
}

/** @param {string} name @param {Row} row @param {number} connections */
function resultRow(name, row, connections) {
  return {
    name,
    ratioToBare: rounded(row.ratioToBare, 5),
    cpuAddedMicros: rounded(row.cpuAddedMicros, 2),
    p50Micros: Math.round(row.p50Micros),
    p99Micros: Math.round(row.p99Micros),
    connections,
    rounds: row.rounds,
    requestsPerSecond: rounded(row.requestsPerSecond, 1),
    loopDelayMicros: Math.round(row.loopDelayMicros),
  };
}

/** @param {number} value @param {number} digits */
const rounded = (value, digits) => Number(value.toFixed(digits));

module.exports = { resultRows };
