/** What is used of a `pg.Pool` (8.11 or newer); yours fits. */
export interface PgPool {
  connect(): Promise<PgClient>;
}

/** What is used of a client that a {@link PgPool} hands out. */
export interface PgClient {
  query(query: PgQuery): Promise<PgResult>;
  /** With `true` the connection is closed and not used again. */
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

/** One statement, with its own limits and its own way to read values. */
export interface PgQuery {
  text: string;
  values: unknown[];
  types: { getTypeParser(oid: number, format?: string): (value: string) => unknown };
  /** Milliseconds that the client waits for the answer. */
  query_timeout: number;
}

/** What a statement answers. */
export interface PgResult {
  command: string;
  rowCount: number | null;
  rows: unknown[];
}
