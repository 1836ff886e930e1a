import { readFile } from 'node:fs/promises';
import type { Browser, Page } from 'playwright-core';
import {
  launchBrowser,
  openPage,
  readEverything,
  startPageApp,
  type OpenedPage,
  type PageApp,
} from './open-page.js';

jest.setTimeout(90_000);

let [app, browser, opened]: [PageApp, Browser, OpenedPage] = [] as never;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser({ isKept: true });
});
afterAll(() => browser.close());
beforeEach(async () => {
  app = await startPageApp();
});
afterEach(async () => {
  await opened.close();
  await app.close();
});

async function makeKey(options: Parameters<typeof openPage>[2] = {}): Promise<string> {
  opened = await openPage(browser, app, options);
  ({ page } = opened);
  await page.getByRole('link', { name: 'Create key' }).click();
  await page.getByLabel('Name').fill('Nightly export');
  await page.getByLabel('Read orders').check();
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByText('Copy the key now').waitFor();
  return (await page.getByLabel('The key', { exact: true }).textContent()) ?? '';
}

async function dismiss(): Promise<void> {
  await page.getByLabel('I have stored the key').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('dialog').waitFor({ state: 'detached' });
}

/** The secret itself; the hint of the key, which stays, has its last four characters only. */
async function expectGone(secret: string): Promise<void> {
  expect(secret).toMatch(/^acme_live_[0-9A-Za-z]{65}$/);
  await expect(readEverything(page)).resolves.not.toContain(secret.slice(26));
  expect(app.requested.join('\n')).not.toContain(secret.slice(26));
}

describe('a new secret', () => {
  it('is gone after it was dismissed, and after reload, back and forward', async () => {
    const secret = await makeKey();
    await expect(readEverything(page)).resolves.toContain(secret);
    await dismiss();
    await expectGone(secret);
    await page.reload();
    await page.getByRole('button', { name: 'Rotate' }).waitFor();
    await expectGone(secret);
    await page.goBack();
    await page.getByLabel('Name').waitFor();
    await expectGone(secret);
    await page.goForward();
    await page.getByRole('button', { name: 'Rotate' }).waitFor();
    await expectGone(secret);
  });

  it('is gone from memory after it was dismissed', async () => {
    const secret = await makeKey();
    const devtools = await page.context().newCDPSession(page);
    async function takeSnapshot(): Promise<string> {
      const parts: string[] = [];
      const collect = ({ chunk }: { chunk: string }): void => void parts.push(chunk);
      devtools.on('HeapProfiler.addHeapSnapshotChunk', collect);
      await devtools.send('HeapProfiler.collectGarbage');
      await devtools.send('HeapProfiler.takeHeapSnapshot');
      devtools.off('HeapProfiler.addHeapSnapshotChunk', collect);
      return parts.join('');
    }
    const isIn = (snapshot: string): boolean => snapshot.includes(secret.slice(26));
    expect(isIn(await takeSnapshot())).toBe(true);
    await dismiss();
    await page.getByRole('link', { name: 'All keys' }).click();
    await page.getByLabel('Search by name').waitFor();
    expect(isIn(await takeSnapshot())).toBe(false);
  });

  it('is gone when the page is left before it was dismissed, also where the browser keeps the page', async () => {
    const secret = await makeKey();
    await page.evaluate(
      `addEventListener('pageshow', ({ persisted }) => { document.title = 'kept ' + persisted; })`,
    );
    await page.goto(`${app.url}/elsewhere`);
    // A page that was kept is not loaded again.
    await page.goBack({ waitUntil: 'commit' });
    await page.getByRole('button', { name: 'Rotate' }).waitFor();
    // The same document, as it was left: otherwise this would show nothing.
    await expect(page.title()).resolves.toBe('kept true');
    await expect(page.getByRole('dialog').count()).resolves.toBe(0);
    await expectGone(secret);
  });

  it('is in no other tab', async () => {
    const secret = await makeKey();
    const other = await page.context().newPage();
    await other.goto(page.url());
    await other.getByRole('button', { name: 'Rotate' }).waitFor();
    await expect(readEverything(other)).resolves.not.toContain(secret.slice(26));
  });

  it('is copied, saved as a line for .env, and shown in a curl line that works', async () => {
    const secret = await makeKey({
      permissions: ['clipboard-read', 'clipboard-write'],
      acceptDownloads: true,
    });
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('Copied').waitFor();
    await expect(page.evaluate('navigator.clipboard.readText()')).resolves.toBe(secret);

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download as .env line' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('nightly-export.env');
    await expect(readFile(await download.path(), 'utf8')).resolves.toBe(`API_KEY=${secret}\n`);

    const line = (await page.locator('pre code').textContent()) ?? '';
    const [, name = '', value = '', url = ''] = /^curl -H '([^:]+): ([^']+)' '([^']+)'$/.exec(line) ?? [];
    const answer = await fetch(url, { headers: { [name]: value } });
    expect(answer.status).toBe(200);
    await expect(answer.json()).resolves.toMatchObject({ name: 'Nightly export' });
    expect(opened.troubles).toEqual([]);
    expect(app.reports).toEqual([]);
  });

  it('can be copied by hand where the browser does not allow copying', async () => {
    const secret = await makeKey();
    await page.evaluate(`navigator.clipboard.writeText = () => Promise.reject(new Error('not allowed'))`);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByText('the key is selected', { exact: false }).waitFor();
    await expect(page.evaluate('getSelection().toString()')).resolves.toBe(secret);
  });
});
