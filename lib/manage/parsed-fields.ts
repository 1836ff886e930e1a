import type { FieldProblem } from '../errors.js';

/**
 * Values that were parsed by the rules of their fields, by name. Commands and lists take them as they are, and parse
 * everything else. Only who has parsed values makes one: nothing that a caller sends is one.
 */
export class ParsedFields {
  readonly values: Readonly<Record<string, unknown>>;
  /** Only for changes of a key. */
  readonly doubtful: DoubtfulFields | null;

  constructor(
    values: Iterable<readonly [name: string, value: unknown]>,
    doubtful: DoubtfulFields | null = null,
  ) {
    this.values = Object.fromEntries(values);
    this.doubtful = doubtful;
  }
}

/** Values that are refused, unless a key has them already. */
export interface DoubtfulFields {
  /** As they were sent. */
  readonly sent: Readonly<Record<string, unknown>>;
  /** The problem of each. */
  readonly errors: readonly FieldProblem[];
}
