/** How many different words can follow one another in one place of mount paths. */
const maxWordsInPlace = 100;
/** How many different mount paths are known at most. */
const maxPaths = 1_000;

/**
 * The words of mount paths that one instance writes down. Where a path was mounted with a parameter, callers choose the word, and
 * inside a nested router nothing tells that: so there are only so many, and whatever comes later is `:value`.
 */
export class MountWords {
  readonly #paths = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #isKey: (text: string) => boolean;

  /** @param isKey - whether there is a key of some system in a string, which is then no word */
  constructor(isKey: (text: string) => boolean = () => false) {
    this.#isKey = isKey;
  }

  /** Whether a segment of a path has a key in it. */
  isKey(segment: string): boolean {
    return this.#isKey(segment);
  }

  /** Returns a mount path with `:value` in place of words beyond the bound. */
  limit(path: string): string {
    if (this.#paths.has(path)) return path;
    let limited = '';
    for (const word of path.slice(1).split('/'))
      limited += this.#admit(limited, word) ? `/${word}` : '/:value';
    return limited;
  }

  /** Adds a word behind a path where there is room, and returns whether it may be written there. */
  #admit(parent: string, word: string): boolean {
    const path = `${parent}/${word}`;
    if (word === ':value' || this.#paths.has(path)) return true;
    const count = this.#counts.get(parent) ?? 0;
    if (this.#isKey(word) || count >= maxWordsInPlace || this.#paths.size >= maxPaths) return false;
    this.#paths.add(path);
    this.#counts.set(parent, count + 1);
    return true;
  }
}
