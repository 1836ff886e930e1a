/** The part of a `pg.Pool` (8.11 or newer) that is used here. */
export interface PgPool {
  connect(): Promise<PgClient>;
}

/** The part of a client of a {@link PgPool} that is used here. */
export interface PgClient {
  /** The name of the database user. */
  readonly user?: unknown;
  query(query: PgQuery): Promise<PgResult>;
  /** With `true` the connection is closed and not used again. */
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

/** One statement, with its own limits and type parsers. */
export interface PgQuery {
  text: string;
  values: unknown[];
  types: { getTypeParser(oid: number, format?: string): (value: string) => unknown };
  /** How long the client waits for the reply, in milliseconds. */
  query_timeout: number;
}

/** The result of a statement. */
export interface PgResult {
  command: string;
  rowCount: number | null;
  rows: unknown[];
}
