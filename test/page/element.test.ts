import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { buildSync } from 'esbuild';
import type { Browser } from 'playwright-core';
import { alice, findViolations, launchBrowser, openPage, startPageApp, takePicture } from './open-page.js';

jest.setTimeout(90_000);

/** What a bundler makes of a module of the host. */
function bundle(contents: string): string {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: join(__dirname, '..', '..') },
    ...{ bundle: true, format: 'esm', write: false, logLevel: 'error' },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return outputFiles[0]?.text ?? '';
}

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const theApp = { kind: 'application' } as const;

describe('<api-keys-manager>', () => {
  it('speaks German where the page does, and writes dates so', async () => {
    const app = await startPageApp({ rootAttributes: 'lang="de"' });
    const { id } = await app.apiKeys.keys.as(theApp).create({
      ...{ ownerId: 'alice', name: 'Export', scopes: ['orders:read'] },
      expiresAt: new Date('2099-03-04T12:00:00Z'),
    });
    const { page, close } = await openPage(browser, app);
    await page.getByRole('heading', { name: 'API-Schlüssel' }).waitFor();
    await page.getByRole('cell', { name: '04.03.2099' }).waitFor();
    await takePicture(page, 'list-german');
    await page.goto(`${app.url}/settings#/keys/${id}`);
    await page.getByRole('button', { name: 'Erneuern' }).click();
    await page.getByText('Altes Geheimnis: gilt bis', { exact: false }).waitFor();
    await expect(findViolations(page)).resolves.toEqual([]);
    await close();
    await app.close();
  });

  it('runs from right to left where the page does, with texts of the host', async () => {
    const app = await startPageApp({
      rootAttributes: 'lang="ar" dir="rtl"',
      script: `document.querySelector('api-keys-manager').texts = { title: 'مفاتيح API', countShown: '{count} مفتاح' };`,
    });
    await app.apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'Export', scopes: [] });
    const { page, close } = await openPage(browser, app, { viewport: { width: 360, height: 740 } });
    await page.getByRole('heading', { name: 'مفاتيح API' }).waitFor();
    await page.getByText('مفتاح', { exact: false }).last().waitFor();
    await takePicture(page, 'list-right-to-left');
    await expect(findViolations(page)).resolves.toEqual([]);
    await expect(page.evaluate('document.documentElement.scrollWidth <= innerWidth')).resolves.toBe(true);
    await close();
    await app.close();
  });

  it('works at any mount path and on an isolated page, and has no address of its own unless the host wants that', async () => {
    const app = await startPageApp({
      ...{ mount: '/deep/down/keys', attributes: '' },
      configure: (host) => {
        host.use((_req, res, next) => {
          res.set('Cross-Origin-Opener-Policy', 'same-origin');
          res.set('Cross-Origin-Embedder-Policy', 'require-corp');
          next();
        });
      },
    });
    await app.apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'Export', scopes: [] });
    const { page, troubles, close } = await openPage(browser, app);
    await page.getByRole('button', { name: 'Export' }).first().click();
    await page.getByRole('button', { name: 'Rotate' }).waitFor();
    expect(page.url()).toBe(`${app.url}/settings`);
    await expect(page.evaluate('crossOriginIsolated')).resolves.toBe(true);
    await expect(page.evaluate('history.length')).resolves.toBeLessThanOrEqual(2);
    expect(troubles).toEqual([]);
    await close();
    await app.close();
  });

  it('sends the token of the host in place of cookies, for each request anew', async () => {
    const seen: string[] = [];
    const app = await startPageApp({
      script: `
        const manager = document.querySelector('api-keys-manager');
        let round = 0;
        manager.getToken = async () => 'token-' + ++round;`,
      router: {
        authorize: (req) => {
          seen.push(req.get('authorization') ?? '');
          return /^Bearer token-\d+$/.test(seen.at(-1) ?? '') ? { kind: 'owner', ownerId: 'alice' } : null;
        },
      },
    });
    const { page, close } = await openPage(browser, app);
    await page.getByText('No keys yet').waitFor();
    expect(new Set(seen.filter((token) => token !== '')).size).toBeGreaterThan(1);
    await close();
    await app.close();
  });

  it('is removed and put in again without a trace of the view before', async () => {
    const app = await startPageApp({ attributes: '' });
    const { page, troubles, close } = await openPage(browser, app);
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByLabel('Name').fill('Half done');
    await page.evaluate(
      `(() => { const manager = document.querySelector('api-keys-manager'); manager.remove(); document.querySelector('main').append(manager); })()`,
    );
    await page.getByText('No keys yet').waitFor();
    expect(troubles).toEqual([]);
    await close();
    await app.close();
  });

  it('is used in React 19 as it is: properties, an event, and a state that survives rendering', async () => {
    const seen = new Set<string | undefined>();
    const app = await startPageApp({
      attributes: 'hidden',
      script: bundle(`
        import { createElement as h, useState } from 'react';
        import { createRoot } from 'react-dom/client';
        import './dist/page/element.js';
        const texts = { title: 'Keys in React' };
        function Settings() {
          const [round, setRound] = useState(0);
          const signedOut = () => { document.title = 'signed out'; };
          return h('section', null,
            h('button', { onClick: () => setRound(round + 1) }, 'Render again ' + round),
            h('api-keys-manager', { base: '/api-keys', getToken: async () => 'token', texts, 'onapi-keys-signed-out': signedOut }));
        }
        document.querySelector('api-keys-manager').remove();
        createRoot(document.querySelector('main').appendChild(document.createElement('div'))).render(h(Settings));`),
      router: {
        authorize: (req) => {
          seen.add(req.get('authorization'));
          return isSignedIn ? alice : null;
        },
      },
    });
    let isSignedIn = true;
    const { page, troubles, close } = await openPage(browser, app);
    await page.getByRole('heading', { name: 'Keys in React' }).waitFor();
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByLabel('Name').fill('From React');
    await page.getByRole('button', { name: 'Render again 0' }).click();
    await page.getByRole('button', { name: 'Render again 1' }).waitFor();
    await expect(page.getByLabel('Name').inputValue()).resolves.toBe('From React');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Copy the key now').waitFor();
    await page.getByLabel('I have stored the key').check();
    await page.getByRole('button', { name: 'Done' }).click();
    isSignedIn = false;
    await page.getByRole('button', { name: 'All keys' }).click();
    await page.getByText('You are signed out').waitFor();
    await expect(page.title()).resolves.toBe('signed out');
    // The element of the page itself may have asked before it was replaced.
    expect([...seen].filter((token) => token !== undefined)).toEqual(['Bearer token']);
    expect(troubles).toEqual([]);
    expect(app.reports).toEqual([]);
    await close();
    await app.close();
  });

  it('is kept by bundlers that drop what has no effect', () => {
    expect(bundle(`import './dist/page/element.js';`)).toContain('customElements.define("api-keys-manager"');
  });

  it('is one module of at most 60 KB gzipped, which servers can import as well', () => {
    const file = join(__dirname, '..', '..', 'dist', 'page', 'element.js');
    const text = readFileSync(file, 'utf8');
    expect(gzipSync(text).length).toBeLessThanOrEqual(60 * 1024);
    expect(text).not.toMatch(/\bimport\s*[{*"']|innerHTML\s*=\s*["'`]|\beval\(|new Function/);
    const names = execFileSync(process.execPath, [
      '--input-type=module',
      '-e',
      `console.log(Object.keys(await import(${JSON.stringify(file)})).join())`,
    ]);
    expect(String(names).trim()).toBe('ApiKeysManager');
  });
});
