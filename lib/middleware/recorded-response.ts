/** A response that is not sent: it keeps the headers that a guard sets. */
export class RecordedResponse {
  readonly #headers = new Map<string, readonly [name: string, value: string]>();

  /** The headers that were set, by the names that they were set with. */
  get headers(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#headers.values());
  }

  getHeader(name: string): string | undefined {
    return this.#headers.get(name.toLowerCase())?.[1];
  }

  setHeader(name: string, value: string | number | readonly string[]): this {
    this.#headers.set(name.toLowerCase(), [name, Array.isArray(value) ? value.join(', ') : String(value)]);
    return this;
  }

  /** As Express' method of this name, for a response that has no such header yet. */
  vary(names: string): this {
    const given = this.getHeader('Vary');
    return this.setHeader('Vary', given === undefined ? names : `${given}, ${names}`);
  }
}
