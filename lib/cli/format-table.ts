import { stripControls } from './strip-controls.js';

/** Writes rows under their headings, each column as wide as its widest cell. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const lines = [headings, ...rows.map((row) => row.map(writeCell))];
  // There may be more rows than a call takes arguments.
  const widths = headings.map((_, column) =>
    lines.reduce((width, line) => Math.max(width, line[column]?.length ?? 0), 0),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A line break in a cell would be read as a row. */
function writeCell(value: string | number | null): string {
  return value === null ? '-' : stripControls(String(value)).replace(/[\n\t]/g, ' ');
}
