/**
 * Values that were parsed by the rules of their fields, by name. Commands and lists take them as they are, and parse
 * everything else. Only who has parsed values makes one: nothing that a caller sends is one.
 */
export class ParsedFields {
  readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Iterable<readonly [name: string, value: unknown]>) {
    this.values = Object.fromEntries(values);
  }
}
