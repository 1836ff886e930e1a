import type { TextName } from './src/texts-english.js';

/** One thing that a key can be bound to, for the picker of the form. */
export interface ResourceChoice {
  readonly id: string;
  /** What people read; absent: the id. */
  readonly label?: string;
}

/** Texts that replace the built-in ones. Parts in braces are filled in: those of the built-in text can be used. */
export type Texts = Readonly<Partial<Record<TextName, string>>>;

/**
 * `<api-keys-manager>`: a list of API keys, a form that creates one, and a page for each key. It calls the admin router of
 * express-api-keys and nothing else. Importing the module defines the element.
 *
 * @example
 * import 'express-api-keys/page';
 * const manager = document.createElement('api-keys-manager');
 * manager.base = '/api-keys';
 * document.body.append(manager);
 */
export class ApiKeysManager extends HTMLElement {
  /**
   * Where the admin router is mounted; the attribute `base` sets it as well.
   *
   * @default two levels above the module, when the router itself serves it; otherwise `/api-keys`
   */
  base: string;
  /** Resolves with the token of the person who is signed in, sent as `Authorization: Bearer`; `null`: cookies of the same origin. */
  getToken: (() => Promise<string>) | null;
  /** Texts that replace the built-in ones, by their names. */
  texts: Texts;
  /** What keys can be bound to, by kind; kinds without choices are typed in. */
  resources: Readonly<Record<string, readonly ResourceChoice[]>>;
  /** A route of yours that new keys may call, for the curl line beside a new key. @default `GET /self` of the admin router */
  exampleUrl: string;
}

declare global {
  interface HTMLElementTagNameMap {
    'api-keys-manager': ApiKeysManager;
  }
  interface HTMLElementEventMap {
    /** The router does not know who is signed in (401). It bubbles. */
    'api-keys-signed-out': CustomEvent<null>;
  }
}
