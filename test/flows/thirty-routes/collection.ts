/** Rows of one kind, numbered from 1, in memory: what an app keeps in its database. */
export class Collection<T extends object> {
  private readonly rows = new Map<number, T & { id: number }>();
  private lastId = 0;

  constructor(initial: readonly T[] = []) {
    for (const row of initial) this.add(row);
  }

  all(): Array<T & { id: number }> {
    return [...this.rows.values()];
  }

  add(row: T): T & { id: number } {
    this.lastId += 1;
    const stored = { ...row, id: this.lastId };
    this.rows.set(stored.id, stored);
    return stored;
  }

  /** @throws NotFoundError */
  get(id: unknown): T & { id: number } {
    const row = this.rows.get(Number(id));
    if (row === undefined) throw new NotFoundError();
    return row;
  }

  change(id: unknown, changes: Partial<T>): T & { id: number } {
    const changed = { ...this.get(id), ...changes };
    this.rows.set(changed.id, changed);
    return changed;
  }

  remove(id: unknown): void {
    this.rows.delete(this.get(id).id);
  }
}

/** What the app's own error handler turns into its 404. */
export class NotFoundError extends Error {
  readonly status = 404;
}
