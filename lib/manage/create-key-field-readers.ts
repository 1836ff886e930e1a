import { keyFieldNames, keyFieldTable, type KeyFields } from '../domain/key-field-table.js';
import type { Keyspace } from '../domain/keyspace.js';
import type { FieldReaders } from './read-fields.js';

/**
 * How what can be said of a key is read in one keyspace.
 *
 * @param now - epoch milliseconds: an end must be later
 */
export function createKeyFieldReaders(keyspace: Keyspace, now: number): FieldReaders<KeyFields> {
  const rules = { keyspace, clock: { now: () => now } };
  const readers = keyFieldNames.map((name) => [
    name,
    (value: unknown) => keyFieldTable[name].parse(value, rules),
  ]);
  return Object.fromEntries(readers) as FieldReaders<KeyFields>;
}
