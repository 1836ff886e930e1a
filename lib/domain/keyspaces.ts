import type { VerifiableKey } from './api-key.js';
import type { ParsedToken } from './key-format.js';
import { isWrittenIn } from './charset.js';
import type { Keyspace } from './keyspace.js';
import { noScopes, type ScopeCatalogue } from './scope-catalogue.js';

/** A token that was well formed, and the keyspace whose tokens are written so. */
export interface TokenOfKeyspace extends ParsedToken {
  readonly keyspace: Keyspace;
}

/** Every keyspace of an instance. What a key is allowed is decided by its own one. */
export class Keyspaces {
  /** The keyspace of the native API. */
  readonly native: Keyspace;
  readonly #byName = new Map<string, Keyspace>();
  readonly #byLength = new Map<number, Keyspace[]>();
  readonly #hmacSchemes = new Set<string>();

  constructor(native: Keyspace) {
    this.native = native;
    this.#list(native);
  }

  /**
   * Adds a keyspace, at any time: its keys are let in from then on.
   *
   * @throws TypeError when its name is taken, or tokens could be of it and of another one
   */
  add(keyspace: Keyspace): void {
    const { name, format } = keyspace;
    if (this.#byName.has(name)) throw new TypeError(`there is a keyspace '${name}' already`);
    const rival = [...this.#byName.values()].find(
      (each) => each.format.head === format.head && each.format.length === format.length,
    );
    if (rival !== undefined) {
      throw new TypeError(`its tokens would look like those of the keyspace '${rival.name}'`);
    }
    this.#list(keyspace);
  }

  #list(keyspace: Keyspace): void {
    const { length } = keyspace.format;
    this.#byName.set(keyspace.name, keyspace);
    this.#byLength.set(length, [...(this.#byLength.get(length) ?? []), keyspace]);
    if (keyspace.hmacScheme !== undefined) this.#hmacSchemes.add(keyspace.hmacScheme);
  }

  /** Whether a keyspace has this name for the scheme of requests that are signed with a secret. */
  hasHmacScheme(scheme: string): boolean {
    return this.#hmacSchemes.has(scheme);
  }

  all(): readonly Keyspace[] {
    return [...this.#byName.values()];
  }

  get(name: string): Keyspace | undefined {
    return this.#byName.get(name);
  }

  /** Whether a text is as long as a token of some keyspace: the cheapest thing to know of it. */
  mayBeToken(text: string): boolean {
    return this.#byLength.has(text.length);
  }

  /** Reads a token of any keyspace; `null` when it is of none. */
  parse(token: string): TokenOfKeyspace | null {
    for (const keyspace of this.#byLength.get(token.length) ?? []) {
      const parsed = keyspace.format.parse(token);
      if (parsed !== null) return { ...parsed, keyspace };
    }
    return null;
  }

  /** Whether a text claims to be a token of some keyspace, well formed or not. */
  recognises(text: string): boolean {
    for (const { format } of this.#byName.values()) if (format.recognises(text)) return true;
    return false;
  }

  /** Whether a text is written like the ids of keys in some keyspace. */
  mayBeKeyId(text: string): boolean {
    for (const { format } of this.#byName.values()) if (isWrittenIn(format.id, text)) return true;
    return false;
  }

  /** The keyspace that a key belongs to; `null` when this instance must not let it in. */
  homeOf(key: VerifiableKey): Keyspace | null {
    const keyspace = this.#byName.get(key.keyspace);
    return keyspace !== undefined && belongsTo(keyspace, key) ? keyspace : null;
  }

  /** What the scopes of a key mean; those of a keyspace that is not known here mean nothing. */
  catalogueOf({ keyspace }: Pick<VerifiableKey, 'keyspace'>): ScopeCatalogue {
    return this.#byName.get(keyspace)?.catalogue ?? noScopes;
  }
}

/** A secret counts only for the keyspace, environment and prefix that its key was made for. */
export function belongsTo(keyspace: Keyspace, key: VerifiableKey): boolean {
  return (
    key.keyspace === keyspace.name &&
    key.environment === keyspace.environment &&
    key.hint.prefix === keyspace.format.head
  );
}
