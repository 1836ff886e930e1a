import { findNearest } from '../domain/known-names.js';
import { CellError } from './cell-error.js';
import { CommandError } from './command-error.js';
import { quoteColumn, quoteColumns } from './quote-column.js';
import { isEmptyCell, readCell } from './read-cell.js';
import { findTarget, findTargetOfColumn, targetNames, type RowTarget } from './row-fields.js';
import type { SourceRow } from './row-source.js';

/** What is wrong with one field of a row. */
export interface CellProblem {
  readonly field: string;
  readonly message: string;
}

/** What became of a row: a row of `keys.import`, or what is wrong with it. */
export type MappedRow =
  | { readonly fields: Readonly<Record<string, unknown>>; readonly problems: null }
  | { readonly fields: null; readonly problems: readonly CellProblem[] };

/** The mapping as it is given in a command. */
export interface MappingArguments {
  /** `FIELD=COLUMN` */
  readonly columns: readonly string[];
  /** `FIELD=VALUE`, for all rows */
  readonly values: readonly string[];
  /** Columns that are left out. */
  readonly ignored: readonly string[];
  /** Whether times without a zone are in UTC. */
  readonly isUtc: boolean;
}

/** What to write into an empty cell, where leaving the field out would be a guess. */
const wordsForEmpty: Readonly<Record<string, string>> = {
  scopes: '[] for a key without any',
  environment: 'the environment of the key, for example live',
};

/** Secrets do not belong into the arguments of a command, and no two keys have the same. */
const neverSet = ['key', 'hash', 'visiblePart', 'lastFour', 'saltBefore', 'saltAfter'];

/**
 * Which column of a source goes into which field of a row. Columns that are called after a field, `ownerId` or `owner_id`, need
 * not be named. One that nobody has named is refused: it may be the end of the keys, and they would never end.
 */
export class RowMapping {
  readonly #columns: ReadonlyMap<string, readonly RowTarget[]>;
  readonly #constants: ReadonlyMap<RowTarget, unknown>;
  readonly #ignored: ReadonlySet<string>;
  readonly #takenFields: ReadonlySet<string>;
  readonly #isUtc: boolean;

  /** @throws CommandError with exit code 2 for unknown fields, for a field that is given twice, and for a value that its field does not take */
  constructor({ columns, values, ignored, isUtc }: MappingArguments) {
    const byColumn = new Map<string, RowTarget[]>();
    const constants = new Map<RowTarget, unknown>();
    const taken = new Set<string>();
    const take = (target: RowTarget): void => {
      const name = target.field === 'metadata' ? target.name : target.field;
      if (taken.has(name)) throw new CommandError(`The field ${target.name} is given twice.`, 2);
      taken.add(name);
    };
    for (const [target, column] of columns.map((each) => parsePair(each, 'column', 'COLUMN'))) {
      take(target);
      byColumn.set(column, [...(byColumn.get(column) ?? []), target]);
    }
    for (const [target, value] of values.map((each) => parsePair(each, 'set', 'VALUE'))) {
      take(target);
      constants.set(target, readConstant(target, value, isUtc));
    }
    this.#columns = byColumn;
    this.#constants = constants;
    this.#ignored = new Set(ignored);
    this.#takenFields = taken;
    this.#isUtc = isUtc;
  }

  /**
   * Checks the columns of a source that has the same ones in every row.
   *
   * @throws CommandError with exit code 2
   */
  checkColumns(columns: readonly string[]): void {
    const missing = [...this.#columns.keys(), ...this.#ignored].filter((name) => !columns.includes(name));
    if (missing.length > 0) {
      // What the file has instead is not shown: without a header, it would be a key.
      throw new CommandError(
        `The source has no column ${quoteColumns(missing)}. Does a file have its header in the first line?`,
        2,
      );
    }
    if (!columns.some((column) => this.#listTargets(column) !== null)) {
      throw new CommandError(
        'The source has no column that is called after a field. Does a file have its header in the first line? Otherwise, map its columns with --column FIELD=COLUMN.',
        2,
      );
    }
    const repeated = columns.filter((column, index) => columns.indexOf(column) !== index);
    if (repeated.length > 0)
      throw new CommandError(`The source has several columns ${quoteColumns(repeated)}.`, 2);
    const unknown = columns.filter((column) => this.#listTargets(column) === null);
    if (unknown.length > 0) throw new CommandError(describeUnknown(unknown), 2);
    const twice = this.#findGivenTwice(columns);
    if (twice !== null) throw new CommandError(`The field ${describeTwice(twice)}`, 2);
  }

  /** Finds a field that several columns give: one is called `ownerId`, another one `owner_id`. */
  #findGivenTwice(columns: Iterable<string>): GivenTwice | null {
    const givenBy = new Map<string, string>();
    for (const column of columns) {
      for (const { field, member } of this.#listTargets(column) ?? []) {
        const name = member === null ? field : `${field}.${member}`;
        const first = givenBy.get(name);
        if (first !== undefined && first !== column) return { field: name, columns: [first, column] };
        givenBy.set(name, column);
      }
    }
    return null;
  }

  /** Maps one row. */
  read({ cells }: SourceRow): MappedRow {
    const fields: Record<string, unknown> = {};
    const problems: CellProblem[] = [];
    const fill = (target: RowTarget, column: string, value: unknown): void =>
      addField(
        problems,
        target,
        () => setField(fields, target, this.#readValue(target, value)),
        ` (column ${quoteColumn(column)})`,
      );
    const given = new Map<RowTarget, string>();
    for (const [column, targets] of this.#columns) for (const target of targets) given.set(target, column);
    for (const column of cells.keys()) {
      const targets = this.#listTargets(column);
      if (targets === null) problems.push({ field: 'row', message: describeUnknown([column]) });
      else if (!this.#columns.has(column)) for (const target of targets) given.set(target, column);
    }
    const twice = this.#findGivenTwice(cells.keys());
    if (twice !== null) problems.push({ field: twice.field, message: describeTwice(twice) });
    // Members of metadata come behind all of it, whatever the order of the columns.
    for (const isMember of [false, true]) {
      for (const [target, value] of this.#constants) {
        if ((target.member !== null) === isMember) {
          addField(problems, target, () => setField(fields, target, value));
        }
      }
      for (const [target, column] of given) {
        if ((target.member !== null) === isMember) fill(target, column, cells.get(column));
      }
    }
    return problems.length === 0 ? { fields, problems: null } : { fields: null, problems };
  }

  /** @returns `null` for a column that nothing was said about */
  #listTargets(column: string): readonly RowTarget[] | null {
    const named = this.#columns.get(column);
    if (named !== undefined) return named;
    if (this.#ignored.has(column)) return [];
    const target = findTargetOfColumn(column);
    return target === null || this.#takenFields.has(target.field) ? null : [target];
  }

  #readValue(target: RowTarget, value: unknown): unknown {
    if (!isEmptyCell(value)) {
      const read = readCell(target.kind, value, this.#isUtc);
      if (target.field === 'ownerId') assertOwnerId(read);
      return read;
    }
    if (target.mayBeEmpty) return undefined;
    throw new CellError(`is empty: write ${wordsForEmpty[target.field] ?? 'true or false'}`);
  }
}

/** Adds a field to a row, or to its problems. */
function addField(problems: CellProblem[], target: RowTarget, add: () => void, where = ''): void {
  try {
    add();
  } catch (error) {
    if (!(error instanceof CellError)) throw error;
    problems.push({ field: target.name, message: error.message + where });
  }
}

/** Which columns give one field. */
interface GivenTwice {
  readonly field: string;
  readonly columns: readonly string[];
}

function describeTwice({ field, columns }: GivenTwice): string {
  return `${field} is given by several columns, ${quoteColumns(columns)}: leave all but one out with --ignore COLUMN.`;
}

/** A wrong owner is found by nobody: keys of `NULL` or ` bob` are not among those of bob when these are revoked. */
function assertOwnerId(value: unknown): void {
  if (value !== String(value).trim()) throw new CellError('must have no white space at its ends');
  if (['null', '\\n'].includes(value.toLowerCase())) {
    throw new CellError('must be an owner: leave out rows without one, or give them one');
  }
}

function setField(fields: Record<string, unknown>, { field, member }: RowTarget, value: unknown): void {
  if (value === undefined) return;
  if (member === null) {
    fields[field] = value;
    return;
  }
  const before = fields[field] ?? {};
  if (typeof before !== 'object' || Array.isArray(before)) {
    throw new CellError('cannot be added: metadata is no object in this row');
  }
  const members = before;
  // Not an assignment: `__proto__` is a name like any other, and refused as such later.
  fields[field] = Object.fromEntries([...Object.entries(members), [member, value]]);
}

function parsePair(text: string, option: string, what: string): readonly [RowTarget, string] {
  const at = text.indexOf('=');
  const name = text.slice(0, Math.max(0, at)).trim();
  const value = text.slice(at + 1);
  if (at < 1 || value === '') throw new CommandError(`--${option} needs both: --${option} FIELD=${what}`, 2);
  const target = findTarget(name);
  if (target !== null) return [target, value];
  const nearest = findNearest(name, targetNames);
  const advice = nearest === null ? `known are ${targetNames.join(', ')}` : `did you mean ${nearest}?`;
  throw new CommandError(`--${option} names an unknown field; ${advice}`, 2);
}

function readConstant(target: RowTarget, value: string, isUtc: boolean): unknown {
  if (neverSet.includes(target.field)) {
    throw new CommandError(`--set ${target.name}=… makes no sense: each key has its own.`, 2);
  }
  try {
    return readCell(target.kind, value, isUtc);
  } catch (error) {
    if (error instanceof CellError) throw new CommandError(`--set ${target.name}=…: ${error.message}`, 2);
    throw error;
  }
}

function describeUnknown(columns: readonly string[]): string {
  const [first = ''] = columns;
  return (
    `nothing is said about the column ${quoteColumns(columns)}: map it with --column FIELD=${quoteColumn(first)}, ` +
    `or leave it out with --ignore ${quoteColumn(first)}`
  );
}
