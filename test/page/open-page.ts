import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Express } from 'express';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import type { AdminRouterOptions } from '../../lib/admin/admin-router.js';
import type { Actor } from '../../lib/domain/actor.js';
import { createApiKeys, type ApiKeys, type ApiKeysOptions } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { findServerProgram } from '../servers/install-servers.cjs';

const root = join(__dirname, '..', '..');
const element = join(root, 'dist', 'page', 'element.js');
/** Where the pictures of each view are left for people to look at. */
const pictures = join(root, 'test', 'run', 'results', 'page');

export const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place and change orders',
  'reports:read': 'Read reports',
} as const;
type Scope = keyof typeof scopes;

export const alice: Actor = {
  ...{ kind: 'owner', ownerId: 'alice' },
  grants: { scopes: ['orders:read', 'orders:write'] },
};

/** Who may do everything. */
export const admin: Actor = { kind: 'admin', id: 'root' };

/** No style, no script of the page's own, no policy of Trusted Types: the strictest that a host can have. */
const strictest =
  "default-src 'none'; script-src 'self'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; " +
  "base-uri 'none'; form-action 'none'; report-uri /csp-reports";

/** The colours of the host, without which nobody can say how well text on them is read. */
const paintPage = `const sheet = new CSSStyleSheet();
sheet.replaceSync(':root { color-scheme: light dark; background: Canvas; color: CanvasText; font-family: sans-serif }');
document.adoptedStyleSheets = [sheet];\n`;

export interface PageApp {
  readonly url: string;
  readonly apiKeys: ApiKeys<Scope>;
  /** What violated the Content Security Policy. */
  readonly reports: string[];
  /** The query strings and paths of all requests. */
  readonly requested: string[];
  /** From then on requests are those of this actor; `null`: nobody is signed in. */
  signIn(actor: Actor | null): void;
  close(): Promise<void>;
}

export interface PageAppOptions {
  readonly instance?: Partial<ApiKeysOptions<Scope>>;
  readonly router?: Partial<AdminRouterOptions<Scope>>;
  /** Attributes of the element, as they stand in HTML. */
  readonly attributes?: string;
  /** Of the root element. */
  readonly rootAttributes?: string;
  /** Where the router is mounted. */
  readonly mount?: string;
  /** A module of the host, loaded after the element. */
  readonly script?: string;
  readonly configure?: (app: Express) => void;
}

/** An app whose own page, `/settings`, has the element in it, on a real router. */
export async function startPageApp(options: PageAppOptions = {}): Promise<PageApp> {
  const { mount = '/api-keys', attributes = 'routing="hash"', rootAttributes = 'lang="en"' } = options;
  const apiKeys = createApiKeys<Scope>({
    ...{ prefix: 'acme', scopes, pepper: 'a pepper for tests with at least 32 bytes', bcryptCost: 8 },
    logger: { warn: () => undefined, error: () => undefined },
    ...(options.instance?.database === undefined ? { store: memoryStore() } : {}),
    ...options.instance,
  });
  let actor: Actor | null = alice;
  const [reports, requested]: [string[], string[]] = [[], []];
  const app = express();
  options.configure?.(app);
  app.use((req, res, next) => {
    requested.push(req.originalUrl);
    res.set('Content-Security-Policy', strictest);
    next();
  });
  app.post('/csp-reports', express.json({ type: () => true }), (req, res) => {
    reports.push(JSON.stringify(req.body));
    res.end();
  });
  app.get(`${mount}/page/element.js`, (_req, res) => {
    res.type('text/javascript').send(readFileSync(element, 'utf8'));
  });
  app.get('/host.js', (_req, res) => {
    res.type('text/javascript').send(`${paintPage}${options.script ?? ''}`);
  });
  app.get('/settings', (_req, res) => {
    res.send(
      `<!doctype html><html ${rootAttributes}><head><meta charset="utf-8"><title>Settings</title>` +
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">' +
        `<script type="module" src="${mount}/page/element.js"></script><script type="module" src="/host.js"></script>` +
        `</head><body><main><h1>Settings</h1><api-keys-manager ${attributes}></api-keys-manager></main></body></html>`,
    );
  });
  app.get('/elsewhere', (_req, res) => {
    res.send('<!doctype html><html lang="en"><title>Elsewhere</title><h1>Elsewhere</h1></html>');
  });
  app.use(mount, apiKeys.adminRouter({ authorize: () => actor, ...options.router }));
  await apiKeys.ready();
  const server: Server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    ...{ apiKeys, reports, requested },
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signIn: (next) => {
      actor = next;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await apiKeys.close();
    },
  };
}

/** Starts Debian's Chromium, without a word to anybody outside. @param isKept - whether pages are kept for "back" (bfcache) */
export function launchBrowser({ isKept = false } = {}): Promise<Browser> {
  return chromium.launch({
    executablePath: findServerProgram('chromium'),
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
    ],
    ...(isKept ? { ignoreDefaultArgs: ['--disable-back-forward-cache'] } : {}),
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors of scripts, errors in the console that are no refused request, and dialogs of the browser. */
  readonly troubles: string[];
  close(): Promise<void>;
}

/** Opens the page of an app. */
export async function openPage(
  browser: Browser,
  app: PageApp,
  options: BrowserContextOptions = {},
  path = '/settings',
): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('dialog', (dialog) => {
    troubles.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
      troubles.push(message.text());
    }
  });
  await page.goto(`${app.url}${path}`);
  return { page, troubles, close: () => context.close() };
}

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds on a page, one line for each. */
export async function findViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe);
  return page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => id + ' ' + JSON.stringify(target) + ' ' + failureSummary)))`,
  );
}

/** Leaves a picture of the whole page. */
export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

/** All text and attributes of a page, those within elements too, and all that it has stored. */
export function readEverything(page: Page): Promise<string> {
  return page.evaluate<string>(
    `(() => {
      const parts = [location.href, JSON.stringify(history.state), JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
      const visit = (node) => {
        parts.push(node.nodeType === 3 ? node.data : node.outerHTML ?? '');
        if (node.value) parts.push(String(node.value));
        if (node.shadowRoot) visit(node.shadowRoot);
        for (const child of node.childNodes) visit(child);
      };
      visit(document);
      return parts.join('\\n');
    })()`,
  );
}
