/**
 * The resources that tokens can be restricted to (RFC 8707), by the URLs that clients know them under. Guards register theirs
 * when they are mounted.
 */
export class ProtectedResources {
  readonly #urls = new Map<string, string>();

  register(url: string): void {
    this.#urls.set(toComparable(url) ?? url, url);
  }

  has(url: string): boolean {
    return this.#urls.get(toComparable(url) ?? url) === url;
  }

  /** The registered URL that a client means, whether or not it ends with a slash; `null` for all others. */
  find(requested: string): string | null {
    const comparable = toComparable(requested);
    return comparable === null ? null : (this.#urls.get(comparable) ?? null);
  }

  list(): readonly string[] {
    return [...this.#urls.values()];
  }
}

/** Whether two URLs name the same resource. */
export function isSameResource(one: string, other: string): boolean {
  return one === other || (toComparable(one) !== null && toComparable(one) === toComparable(other));
}

/** An absolute URL without a fragment (RFC 8707 section 2), without the slash at its end; `null` for anything else. */
function toComparable(text: string): string | null {
  if (text.includes('#') || !URL.canParse(text)) return null;
  return new URL(text).href.replace(/\/$/, '');
}
