/**
 * A new secret on its way to the person. It is handed on as this object and never as a string, so that one call removes it from all
 * that may still refer to it.
 */
export class NewSecret {
  static #count = 0;

  /** Tells secrets of the same page apart. */
  readonly number: number = (NewSecret.#count += 1);
  #value: string | null;

  readonly keyName: string;

  constructor(value: string, keyName: string) {
    this.#value = value;
    this.keyName = keyName;
  }

  /** `null` once it was forgotten. */
  get value(): string | null {
    return this.#value;
  }

  forget(): void {
    this.#value = null;
  }
}
