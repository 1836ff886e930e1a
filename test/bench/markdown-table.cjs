// @ts-check
'use strict';

/**
 * A table in Markdown.
 * @param {readonly (readonly string[])[]} lines the first is the head; all columns but the first are numbers
 * @param {number} [texts] columns of text
 * @returns {string}
 */
function table(lines, texts = 1) {
  const [head = [], ...body] = lines;
  const rule = head.map((_, index) => (index < texts ? '---' : '---:'));
  return [head, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

module.exports = { table };
