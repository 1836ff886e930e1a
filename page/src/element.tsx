import { render } from 'preact';
import { App } from './app.js';
import type { ResourceChoice } from './context.js';
import css from './styles.css';

/** The module's own address. A bundler's `new URL('…', import.meta.url)` is an asset, so it is read apart. */
const here = import.meta.url;

/** Where the router is mounted that serves this module as `<mount>/page/element.js`. */
function deriveBase(): string {
  const { pathname } = new URL(here);
  return /\/page\/element[^/]*\.js$/.test(pathname) ? new URL('..', here).href : '/api-keys';
}

/** Parsed once; every element of the page adopts it. Adopted sheets need no `unsafe-inline`. */
let sheet: CSSStyleSheet | null = null;

function getSheet(): CSSStyleSheet {
  if (sheet === null) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(css);
  }
  return sheet;
}

const properties = ['base', 'getToken', 'texts', 'resources', 'exampleUrl'] as const;

/** Servers that render pages import this module as well: there, nothing is defined. */
const Base = globalThis.HTMLElement ?? (class {} as typeof HTMLElement);

export class ApiKeysManager extends Base {
  static readonly observedAttributes: readonly string[] = ['base', 'lang', 'routing'];

  #getToken: (() => Promise<string>) | null = null;
  #texts: Readonly<Record<string, string>> = {};
  #resources: Readonly<Record<string, readonly ResourceChoice[]>> = {};
  #exampleUrl = '';
  #isShown = false;

  get base(): string {
    return (this.getAttribute('base') ?? deriveBase()).replace(/\/+$/, '');
  }
  set base(value: string) {
    this.setAttribute('base', value);
  }
  get getToken(): (() => Promise<string>) | null {
    return this.#getToken;
  }
  set getToken(value: (() => Promise<string>) | null) {
    this.#getToken = value;
    this.#show();
  }
  get texts(): Readonly<Record<string, string>> {
    return this.#texts;
  }
  set texts(value: Readonly<Record<string, string>>) {
    this.#texts = value;
    this.#show();
  }
  get resources(): Readonly<Record<string, readonly ResourceChoice[]>> {
    return this.#resources;
  }
  set resources(value: Readonly<Record<string, readonly ResourceChoice[]>>) {
    this.#resources = value;
    this.#show();
  }
  get exampleUrl(): string {
    return this.#exampleUrl;
  }
  set exampleUrl(value: string) {
    this.#exampleUrl = value;
    this.#show();
  }

  connectedCallback(): void {
    for (const name of properties) this.#takeOver(name);
    if (this.shadowRoot === null) {
      this.attachShadow({ mode: 'open' }).adoptedStyleSheets = [getSheet()];
    }
    this.#isShown = true;
    this.#show();
  }

  disconnectedCallback(): void {
    this.#isShown = false;
    if (this.shadowRoot !== null) render(null, this.shadowRoot);
  }

  attributeChangedCallback(): void {
    this.#show();
  }

  /** A property that was set before the element was defined hides the accessor of the same name. */
  #takeOver(name: (typeof properties)[number]): void {
    if (!Object.hasOwn(this, name)) return;
    const value: unknown = this[name];
    Reflect.deleteProperty(this, name);
    Reflect.set(this, name, value);
  }

  #findLanguage(): string {
    const given = this.closest('[lang]')?.getAttribute('lang') || document.documentElement.lang;
    const language = given || navigator.language || 'en';
    return isLanguage(language) ? language : 'en';
  }

  #show(): void {
    if (!this.#isShown || this.shadowRoot === null) return;
    render(
      <App
        base={this.base}
        getToken={this.#getToken}
        texts={this.#texts}
        resources={this.#resources}
        exampleUrl={this.#exampleUrl}
        language={this.#findLanguage()}
        hasHash={this.getAttribute('routing') === 'hash'}
        onSignedOut={() => {
          this.dispatchEvent(
            new CustomEvent('api-keys-signed-out', { bubbles: true, composed: true, detail: null }),
          );
        }}
      />,
      this.shadowRoot,
    );
  }
}

function isLanguage(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1;
  } catch {
    return false;
  }
}

if ('customElements' in globalThis && customElements.get('api-keys-manager') === undefined) {
  customElements.define('api-keys-manager', ApiKeysManager);
}
