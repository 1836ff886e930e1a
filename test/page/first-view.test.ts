import type { Browser, Route } from 'playwright-core';
import { admin, alice, launchBrowser, openPage, startPageApp, type PageApp } from './open-page.js';

jest.setTimeout(180_000);

let browser: Browser;
let app: PageApp;
beforeAll(async () => {
  browser = await launchBrowser();
  app = await startPageApp({
    instance: { foreignFormats: [{ name: 'legacy', pattern: /^sk_[a-z0-9]{8}$/ }] },
    router: { page: true },
  });
  const rows = Array.from({ length: 10_000 }, (_, index) => ({
    hash: index.toString(16).padStart(64, '0'),
    ...{ ownerId: 'alice', name: `Key ${index}`, scopes: ['orders:read'] as const },
    createdAt: new Date(1_700_000_000_000 + index * 1_000),
  }));
  const keys = app.apiKeys.keys.as({ kind: 'application' });
  await keys.import({ format: 'legacy', rows });
  await keys.create({ ownerId: 'bob', name: 'Export', scopes: ['orders:read'] });
  // On a busy machine, so many keys take a while.
}, 600_000);
afterAll(async () => {
  await browser.close();
  await app.close();
});

/** "Slow 4G" as Lighthouse has it for phones: what a round trip takes, and how much arrives in a second. */
const slow = { roundTripMs: 150, bitsPerSecond: 1_600_000 };
/** In which no request is made: those that wait for an answer of another one are not sent before that is there. */
const quietMs = 1_500;

/** What a phone loads until a page shows a text: the paths that are asked for at once, one list for each round trip, and all bytes. */
async function loadFirstView(text: string): Promise<{ waves: readonly string[][]; bytes: number }> {
  const { page, close } = await openPage(
    browser,
    app,
    { viewport: { width: 360, height: 740 } },
    '/elsewhere',
  );
  let held: Route[] = [];
  let lastAt = Date.now();
  await page.route('**', (route) => {
    held.push(route);
    lastAt = Date.now();
  });
  const sizes: Promise<number>[] = [];
  page.on('requestfinished', (request) => {
    sizes.push(request.sizes().then((size) => size.responseBodySize + size.responseHeadersSize));
  });
  let isShown = false;
  async function visit(): Promise<void> {
    await page.goto(`${app.url}/api-keys/`, { waitUntil: 'commit', timeout: 60_000 });
    await page.getByText(text).waitFor({ timeout: 60_000 });
    isShown = true;
  }
  const visited = visit();
  const waves: string[][] = [];
  while (!isShown || held.length > 0) {
    if (held.length === 0 || Date.now() - lastAt < quietMs) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      continue;
    }
    const wave = held;
    held = [];
    lastAt = Date.now();
    waves.push(wave.map((route) => new URL(route.request().url()).pathname.replace(/-[^/]*\.js$/, '.js')));
    await Promise.all(wave.map((route) => route.continue()));
  }
  await visited;
  // Nothing follows that the view would wait for a moment later.
  await new Promise((resolve) => setTimeout(resolve, quietMs));
  expect(held.map((route) => route.request().url())).toEqual([]);
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  await close();
  return { waves, bytes };
}

it.each([
  ['an owner with one key', { kind: 'owner', ownerId: 'bob' } as const, 'Keys shown: 1'],
  ['an owner with 10,000 keys', alice, 'Keys shown: 25, and there are more'],
  ['an admin, who sees all of them', admin, 'Keys shown: 25, and there are more'],
])(
  'the first view of %s takes three round trips and so few bytes that a slow phone shows it in a second',
  async (_who, actor, text) => {
    app.signIn(actor);
    const { waves, bytes } = await loadFirstView(text);
    expect(waves.map((wave) => wave.filter((path) => path !== '/favicon.ico').toSorted())).toEqual([
      ['/api-keys/'],
      ['/api-keys/page/element.js'],
      ['/api-keys/caller', '/api-keys/keys', '/api-keys/posture'],
    ]);
    const transferMs = (bytes * 8_000) / slow.bitsPerSecond;
    expect(waves.length * slow.roundTripMs + transferMs).toBeLessThanOrEqual(1_000);
    app.signIn(alice);
  },
);

it('what deserves attention about older keys is looked at when the person wants it', async () => {
  const { page, troubles, close } = await openPage(browser, app);
  const attention = page.getByRole('region', { name: 'Needs attention' });
  await attention.getByRole('button', { name: /^Show \d+ more$/ }).click();
  const before = await attention.getByRole('listitem').count();
  expect(before).toBeGreaterThanOrEqual(25);
  const asked = app.requested.length;
  await attention.getByRole('button', { name: 'Look at older keys' }).click();
  await attention
    .getByRole('listitem')
    .nth(before + 99)
    .waitFor();
  expect(app.requested.slice(asked).filter((path) => path.includes('/posture'))).toHaveLength(1);
  expect({ troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  await close();
});

it('a list of 10,000 keys has a page of rows in the document, and finds the oldest key', async () => {
  const { page, troubles, close } = await openPage(browser, app);
  await page.getByText('Keys shown: 25, and there are more').waitFor();
  await page.getByRole('button', { name: 'Show more keys' }).click();
  await page.getByText('Keys shown: 125, and there are more').waitFor();
  await expect(page.getByRole('row').count()).resolves.toBe(126);
  await page.getByLabel('Sort').selectOption('sortName');
  await page.getByText('Sorted among the 125 keys shown.', { exact: false }).waitFor();
  await page.getByLabel('Search by name').fill('key 0');
  await page.getByRole('link', { name: 'Key 0', exact: true }).first().waitFor({ timeout: 60_000 });
  expect({ troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  await close();
});
