/** One row of a source, before its columns are mapped. */
export interface SourceRow {
  /** The line in the file; `null` for rows of a database. */
  readonly line: number | null;
  readonly cells: ReadonlyMap<string, unknown>;
  /** Why it cannot be read as a row; `null` if it can. */
  readonly problem: string | null;
}

/** Rows that are read once, one by one. */
export interface RowSource {
  /** The names of all columns; `null` where each row has its own. */
  readonly columns: readonly string[] | null;
  readonly rows: AsyncIterable<SourceRow>;
  /** How much was read, 0 to 1; `null` where that is not known. */
  getShare(): number | null;
  close(): Promise<void>;
}

/** Puts the cells of a row beside the names of their columns. */
export function createSourceRow(
  columns: readonly string[],
  cells: readonly unknown[],
  line: number | null,
): SourceRow {
  return { line, cells: new Map(columns.map((column, index) => [column, cells[index]])), problem: null };
}
