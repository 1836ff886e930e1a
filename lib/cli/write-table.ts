import { formatTable } from './format-table.js';
import type { Terminal } from './terminal.js';

/** Prints rows under their headings, which stand out in a terminal. */
export function writeTable(
  terminal: Terminal,
  headings: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): void {
  const table = formatTable(headings, rows);
  const end = table.indexOf('\n');
  terminal.print(table, { length: end === -1 ? table.length : end, look: 'bold' });
}
