/**
 * The most recently used entries, in two generations. New entries go into the young one; when it is full, it becomes the
 * old one, and the previous old one is dropped at once, no matter how large it is. So a cache is bounded without ever
 * moving or counting more than one entry, and entries that are used at least once per generation stay.
 */
export class TwoGenerations<G> {
  readonly #create: () => G;
  /** Where new entries go. */
  young: G;
  /** Entries that have not been used since the young generation began. */
  old: G;

  /** @param create - creates an empty generation */
  constructor(create: () => G) {
    this.#create = create;
    this.young = create();
    this.old = create();
  }

  /** Begins a new young generation and drops the old one. */
  turn(): void {
    this.old = this.young;
    this.young = this.#create();
  }

  /** Drops both in constant time, because the entries are left to the garbage collector. */
  clear(): void {
    this.young = this.#create();
    this.old = this.#create();
  }
}

/**
 * A map that keeps the entries that were set or read most recently: at least half of `maxEntries`, at most all of them.
 *
 * @example
 * const recent = new RecentMap<string>(1_000);
 * recent.set('a', 'x');
 * recent.get('a'); // 'x', and it stays for another generation
 */
export class RecentMap<V> {
  readonly #generations = new TwoGenerations(() => new Map<string, V>());
  readonly #generationSize: number;

  constructor(maxEntries: number) {
    this.#generationSize = maxEntries / 2;
  }

  get size(): number {
    return this.#generations.young.size + this.#generations.old.size;
  }

  /** Gets a value and marks it as used. */
  get(key: string): V | undefined {
    const { young, old } = this.#generations;
    const found = young.get(key);
    if (found !== undefined) return found;
    const older = old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  /** Gets a value without marking it as used. */
  peek(key: string): V | undefined {
    return this.#generations.young.get(key) ?? this.#generations.old.get(key);
  }

  set(key: string, value: V): void {
    const { young } = this.#generations;
    if (young.size >= this.#generationSize && !young.has(key)) this.#generations.turn();
    // Each entry is in one generation only, so that it is deleted and counted once.
    this.#generations.old.delete(key);
    this.#generations.young.set(key, value);
  }

  delete(key: string): void {
    this.#generations.young.delete(key);
    this.#generations.old.delete(key);
  }

  clear(): void {
    if (this.size > 0) this.#generations.clear();
  }
}
