import type { Tables } from '../tables.js';
import type { Migration } from './migration.js';

/** A column that is `null` in the rows that are there, or the type and the value that they get. */
type NewColumn = 'text' | 'integer' | readonly ['text', string] | readonly ['integer', number];

/** The new columns, by their table. */
type NewColumns = { readonly [T in keyof Tables]?: { readonly [C in keyof Tables[T]]?: NewColumn } };

/**
 * A migration that only adds columns, so short that it needs no file of its own.
 *
 * @example
 * addColumns('plans of owners', { owners: { plan: 'text', overrides: 'text' } });
 */
export function addColumns(name: string, columns: NewColumns): Migration {
  return {
    name,
    async up({ schema }, types) {
      for (const [table, ofTable] of Object.entries(columns)) {
        for (const [column, added] of Object.entries<NewColumn>(ofTable)) {
          const [type, empty] = typeof added === 'string' ? [added] : added;
          await schema
            .alterTable(table)
            .addColumn(column, types[type], (definition) =>
              empty === undefined ? definition : definition.notNull().defaultTo(empty),
            )
            .execute();
        }
      }
    },
  };
}
