import { anyScope } from './any-scope.js';
import type { VerifiableKey } from './api-key.js';
import type { KeyFormat, ParsedToken } from './key-format.js';
import { isWrittenIn } from './charset.js';
import { noForeignFormats, type ForeignFormats } from './foreign-format.js';
import type { Keyspace } from './keyspace.js';
import { getPlanBounds, noBounds, type PlanBounds } from './plan-bounds.js';
import { noScopes, type ScopeCatalogue } from './scope-catalogue.js';

/** A well-formed token, and the keyspace whose format it has. */
export interface TokenOfKeyspace extends ParsedToken {
  readonly keyspace: Keyspace;
}

/** Every keyspace of an instance. The permissions of a key depend on its own keyspace only. */
export class Keyspaces {
  /** The keyspace of the native API. */
  readonly native: Keyspace;
  /** The formats of other systems whose imported keys are accepted. */
  readonly foreign: ForeignFormats;
  readonly #byName = new Map<string, Keyspace>();
  readonly #byLength = new Map<number, Keyspace[]>();
  readonly #hmacSchemes = new Set<string>();
  readonly #managementScopes = new Set<string>();

  /** @throws TypeError if a format of another system could be confused with that of native keys */
  constructor(native: Keyspace, foreign: ForeignFormats = noForeignFormats) {
    this.native = native;
    this.foreign = foreign;
    refuseConfusion(native, foreign);
    this.#list(native);
  }

  /**
   * Adds a keyspace, at any time: its keys are accepted from then on.
   *
   * @throws TypeError if its name is taken, or if its tokens could be confused with those of another keyspace
   */
  add(keyspace: Keyspace): void {
    const { name, format } = keyspace;
    if (this.#byName.has(name)) throw new TypeError(`a keyspace '${name}' already exists`);
    const rival = [...this.#byName.values()].find(
      (each) => each.format.head === format.head && each.format.length === format.length,
    );
    if (rival !== undefined) {
      throw new TypeError(`its tokens would look like those of the keyspace '${rival.name}'`);
    }
    refuseConfusion(keyspace, this.foreign);
    this.#list(keyspace);
  }

  #list(keyspace: Keyspace): void {
    const { length } = keyspace.format;
    this.#byName.set(keyspace.name, keyspace);
    this.#byLength.set(length, [...(this.#byLength.get(length) ?? []), keyspace]);
    if (keyspace.hmacScheme !== undefined) this.#hmacSchemes.add(keyspace.hmacScheme);
  }

  /** Whether a keyspace uses this name for the scheme of requests signed with a secret. */
  hasHmacScheme(scheme: string): boolean {
    return this.#hmacSchemes.has(scheme);
  }

  /** Adds the scope of the app with which keys of any keyspace manage keys at one router. */
  addManagementScope(scope: string): void {
    this.#managementScopes.add(scope);
  }

  /**
   * Whether a key has a scope with which keys manage keys at some router of this instance, whatever the plan of its owner includes
   * now: the secret of a key outlives a plan.
   */
  mayManage(key: Pick<VerifiableKey, 'keyspace' | 'scopes'>): boolean {
    const home = this.#byName.get(key.keyspace);
    if (home === undefined) return false;
    const { catalogue, managementScope = null } = home;
    if (managementScope === anyScope) return true;
    if (managementScope !== null && catalogue.covers(key.scopes, managementScope)) return true;
    const scopes = catalogue.expand(key.scopes);
    return [...this.#managementScopes].some((scope) => scopes.has(scope));
  }

  all(): readonly Keyspace[] {
    return [...this.#byName.values()];
  }

  get(name: string): Keyspace | undefined {
    return this.#byName.get(name);
  }

  /** Whether a string is as long as a token of some keyspace: the cheapest check there is. */
  mayBeToken(text: string): boolean {
    return this.#byLength.has(text.length);
  }

  /** Parses a token of any keyspace; `null` if it belongs to none. */
  parse(token: string): TokenOfKeyspace | null {
    for (const keyspace of this.#byLength.get(token.length) ?? []) {
      const parsed = keyspace.format.parse(token);
      if (parsed !== null) return { ...parsed, keyspace };
    }
    return null;
  }

  /** Whether a string claims to be a token of some keyspace, well-formed or not. */
  recognises(text: string): boolean {
    for (const { format } of this.#byName.values()) if (format.recognises(text)) return true;
    return this.foreign.recognises(text);
  }

  /** Whether a string has the form of a key id in some keyspace. */
  mayBeKeyId(text: string): boolean {
    for (const { format } of this.#byName.values()) if (isWrittenIn(format.id, text)) return true;
    return false;
  }

  /** The keyspace that a key belongs to; `null` if this instance must not accept the key. */
  homeOf(key: VerifiableKey): Keyspace | null {
    const keyspace = this.#byName.get(key.keyspace);
    return keyspace !== undefined && isOfKeyspace(keyspace, key) ? keyspace : null;
  }

  /** The scope catalogue of a key; scopes of a keyspace unknown to this instance grant nothing. */
  catalogueOf({ keyspace }: Pick<VerifiableKey, 'keyspace'>): ScopeCatalogue {
    return this.#byName.get(keyspace)?.catalogue ?? noScopes;
  }

  /** What the plan of its owner leaves of the rights of a key. */
  getPlanBounds({ keyspace, owner }: Pick<VerifiableKey, 'keyspace' | 'owner'>): PlanBounds {
    const home = this.#byName.get(keyspace);
    return home === undefined ? noBounds : getPlanBounds(home, home.plans.of(owner));
  }
}

/** With both, a mistyped key of our own would be looked up as one of another system. */
function refuseConfusion({ name, environments, formatFor }: Keyspace, foreign: ForeignFormats): void {
  for (const format of environments.map(formatFor)) {
    for (const shift of [0, 1, 7, 20]) {
      const id = drawSample(format.id, shift);
      const rival = foreign.listMatching(format.compose(id, drawSample(format.secret, shift)))[0];
      if (rival === undefined) continue;
      throw new TypeError(
        `the pattern of '${rival.name}' also matches keys of the keyspace '${name}', which begin with '${format.head}' and have ${format.length} characters: narrow its beginning or its length`,
      );
    }
  }
}

/** Characters of an alphabet in a row. */
function drawSample({ alphabet, length }: KeyFormat['id'], shift: number): string {
  return Array.from({ length }, (_, index) => alphabet.charAt((index + shift) % alphabet.length)).join('');
}

/** What the hint of a key begins with that was imported and has no secret of our own format yet. */
export const importedHintPrefix = '';

/**
 * A secret is valid only for the keyspace, environment and prefix that its key was created for. The secret of an imported key is
 * bound to its environment by the id of the key.
 */
export function isOfKeyspace(keyspace: Keyspace, key: VerifiableKey): boolean {
  return (
    key.keyspace === keyspace.name &&
    key.environment === keyspace.environment &&
    (key.hint.prefix === keyspace.format.head || key.hint.prefix === importedHintPrefix)
  );
}
