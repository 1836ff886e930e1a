// @ts-check
'use strict';

/** Which part of the benchmarks a place in a document shows. @typedef {'in process' | 'over HTTP' | 'in process, in one sentence' | 'many processes' | 'loading'} Part */

const end = '<!-- end -->';

/**
 * Puts what was measured between the marks of a document.
 * @param {string} document
 * @param {Part} part
 * @param {string} measured
 * @returns {string}
 * @throws {Error} when the marks are missing
 */
function replaceMeasured(document, part, measured) {
  const begin = `<!-- Written by \`npm run bench -- --docs\`, ${part}: begin -->`;
  const from = document.indexOf(begin);
  const to = document.indexOf(end, from);
  if (from === -1 || to < from) throw new Error(`the document needs the lines ${begin} and ${end}`);
  return `${document.slice(0, from + begin.length)}${measured}${document.slice(to)}`;
}

module.exports = { replaceMeasured };
