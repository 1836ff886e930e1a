import type { ComponentChildren, JSX } from 'preact';
import { useSurroundings } from './context.js';
import type { TextName } from './texts-english.js';

/** A column: its name, and what it says of an item. */
export type Column<T> = readonly [name: TextName, cell: (item: T) => ComponentChildren];

/** A table with what each row is about in its first column. The roles are written out, because it becomes a list of cards on narrow screens. */
export function CardTable<T>({
  label,
  items,
  columns,
  isStale = false,
  keyOf,
  isOver = () => false,
}: {
  label: string;
  items: readonly T[];
  columns: readonly Column<T>[];
  isStale?: boolean;
  keyOf: (item: T) => string | number;
  /** Whether an item is no longer in use. */
  isOver?: (item: T) => boolean;
}): JSX.Element {
  const { say } = useSurroundings();
  const [[, describeItem] = ['name', () => null], ...others] = columns;
  return (
    <table class={`cards ${isStale ? 'stale' : ''}`} role="table" part="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(([name]) => (
            <th key={name} role="columnheader" scope="col">
              {say(name)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {items.map((item) => (
          <tr key={keyOf(item)} role="row" class={isOver(item) ? 'over' : ''}>
            <th role="rowheader" scope="row">
              {describeItem(item)}
            </th>
            {others.map(([name, cell]) => (
              <td key={name} role="cell" data-label={say(name)}>
                {cell(item)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
