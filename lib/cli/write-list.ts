import type { CommandArguments } from './command.js';
import { writeTable } from './write-table.js';
import type { ReadItems } from './list-all.js';
import type { Terminal } from './terminal.js';

/** One column of a table. */
export interface Column<T> {
  readonly heading: string;
  getCell(item: T): string | number | Date | null | readonly string[];
}

/** Prints a list: for people as a table, with `--json` as an object that tells whether it is the whole list. */
export function writeList<T>(
  { items, hasMore }: ReadItems<T>,
  columns: readonly Column<T>[],
  { given, terminal, empty }: { given: CommandArguments; terminal: Terminal; empty: string },
): void {
  if (given.hasFlag('json')) terminal.print(JSON.stringify({ items, hasMore }, null, 2));
  else if (items.length > 0) {
    writeTable(
      terminal,
      columns.map(({ heading }) => heading),
      items.map((item) => columns.map(({ getCell }) => writeCell(getCell(item)))),
    );
  } else terminal.say(empty);
  if (hasMore) terminal.say(`There are more than these ${items.length}: --limit N shows more.`);
}

function writeCell(value: ReturnType<Column<never>['getCell']>): string | number | null {
  if (value instanceof Date) return value.toISOString();
  if (typeof value !== 'object' || value === null) return value;
  return value.length === 0 ? null : value.join(' ');
}
