import type { VerifiableKey } from '../domain/api-key.js';
import type { VerifiableCredential } from '../domain/credential.js';
import type { ScopeRequirement } from '../domain/scope-requirement.js';
import type { KeyPart } from '../domain/used-part.js';

/** What a request needed of a key. */
export interface NeededParts {
  readonly requirement: ScopeRequirement;
  readonly keyspaceScope?: string | undefined;
}

const none: readonly KeyPart[] = [];

/**
 * Which parts of one version of a key were used, each noted once a day. As long as requests of the same route come with the same
 * secret, noting them is a comparison.
 */
export class NotedParts {
  #requirement: ScopeRequirement | null = null;
  #keyspaceScope: string | undefined;
  #credential: VerifiableCredential | null = null;
  #parts: readonly KeyPart[] = [];
  /** How many of them were taken. */
  #taken = 0;

  note(key: VerifiableKey, credential: VerifiableCredential, needed: NeededParts): void {
    const { requirement, keyspaceScope } = needed;
    if (
      requirement === this.#requirement &&
      credential === this.#credential &&
      keyspaceScope === this.#keyspaceScope
    ) {
      return;
    }
    this.#requirement = requirement;
    this.#credential = credential;
    this.#keyspaceScope = keyspaceScope;
    // Of alternatives, all count: which of them the app has in mind is not known.
    for (const scope of requirement.scopes) this.#add('scope', scope);
    if (keyspaceScope !== undefined) this.#add('scope', keyspaceScope);
    if (credential.id !== key.credentials[0]?.id) this.#add('secret', credential.id);
  }

  #add(kind: KeyPart['kind'], name: string): void {
    for (const part of this.#parts) if (part.name === name && part.kind === kind) return;
    // Takes less memory than an array with room to grow: there is one for each cached key.
    this.#parts = this.#parts.concat({ kind, name });
  }

  /** Takes the parts that were noted since the last time. */
  take(): readonly KeyPart[] {
    if (this.#taken === this.#parts.length) return none;
    const taken = this.#parts.slice(this.#taken);
    this.#taken = this.#parts.length;
    return taken;
  }

  /** Notes every part again; what is not taken yet stays. */
  startDay(): void {
    this.#parts = this.#parts.slice(this.#taken);
    this.#taken = 0;
    this.#requirement = null;
  }
}
