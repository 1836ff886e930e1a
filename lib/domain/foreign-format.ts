import type { RowSalts } from './salted-digest.js';

/** The longest key of another system that is looked at, in characters. */
export const maxForeignLength = 512;

/** How keys of another system look, and what that system stored of them. */
export interface ForeignFormat {
  readonly name: string;
  /** Anchored, and bounded in the steps that it takes. */
  readonly pattern: RegExp;
  /** Whether keys are found by their visible part, because their hashes are slow or have salts of their own. */
  readonly hasVisiblePart: boolean;
  /** Whether rows may have salts. */
  readonly takesSalts: boolean;
  /** The parts of a key that matches; `null` when the app cannot find them. */
  read(key: string): ForeignKey | null;
  /** A hash as it was stored: a fast one in hexadecimal, a slow one as it is; `null` when it is none. */
  readHash(stored: string): string | null;
  /** What `readHash` takes, for messages: `a bcrypt hash as …`. */
  readonly hashForm: string;
}

/** What a key of another system consists of. */
export interface ForeignKey {
  /** What the id of the imported key follows from: the hash, or the visible part. */
  readonly place: string;
  /** The fast hash of the secret, in hexadecimal. */
  readonly hash: string;
  /** How what was stored is compared; `null` when the key is found by its hash. */
  readonly comparison: ForeignComparison | null;
}

/** Compares a key with what the other system stored of it. */
export interface ForeignComparison {
  /** What the hash was made from. */
  readonly secret: string;
  /** Computes the fast hash with the salts of the row, in hexadecimal; `null` when the format has slow hashes. */
  readonly computeSalted: ((salts: RowSalts) => string) | null;
}

/** The place of a key that is found by its visible part. No hash in hexadecimal contains NUL. */
export function createVisiblePlace({ name }: Pick<ForeignFormat, 'name'>, visiblePart: string): string {
  return `${name}\0${visiblePart}`;
}

/** The formats of other systems whose keys an instance accepts once they are imported. */
export class ForeignFormats {
  readonly #formats: readonly ForeignFormat[];

  constructor(formats: readonly ForeignFormat[]) {
    this.#formats = formats;
  }

  all(): readonly ForeignFormat[] {
    return this.#formats;
  }

  get(name: string): ForeignFormat | undefined {
    return this.#formats.find((format) => format.name === name);
  }

  /** The formats that a string has. */
  listMatching(text: string): readonly ForeignFormat[] {
    if (this.#formats.length === 0 || text.length > maxForeignLength) return [];
    return this.#formats.filter(({ pattern }) => pattern.test(text));
  }

  recognises(text: string): boolean {
    return this.listMatching(text).length > 0;
  }
}

/** No keys of other systems. */
export const noForeignFormats: ForeignFormats = new ForeignFormats([]);
