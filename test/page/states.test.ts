import pg from 'pg';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { makeOwnDatabase } from '../harness/own-database.js';
import {
  alice,
  findViolations,
  launchBrowser,
  openPage,
  startPageApp,
  takePicture,
  type OpenedPage,
  type PageApp,
} from './open-page.js';

jest.setTimeout(240_000);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

const theApp = { kind: 'application' } as const;
const dayMs = 86_400_000;

/** Keys of every state, with uses, an old secret, and an end that is near. */
async function makeKeys({ apiKeys }: PageApp): Promise<string> {
  const keys = apiKeys.keys.as(theApp);
  const { id, key } = await keys.create({
    ...{ ownerId: 'alice', name: 'Nightly export', scopes: ['orders:read'] },
    ...{ description: 'Runs on the reporting server.', ipAllowlist: ['203.0.113.0/24'] },
    rateLimits: [{ name: 'minute', limit: 600, windowSeconds: 60 }],
  });
  for (const address of ['203.0.113.7', '203.0.113.7', '198.51.100.1']) {
    await apiKeys.keys.verify({ key, scopes: 'orders:read', address });
  }
  await keys.rotate({ id, gracePeriodSeconds: 3_600 });
  const inFiveDays = new Date(Date.now() + 5 * dayMs);
  const soon = { ownerId: 'alice', name: 'Deploy bot', scopes: ['orders:read', 'orders:write'] } as const;
  await keys.create({ ...soon, expiresAt: inFiveDays });
  for (const name of ['Disabled for now', 'An integration with a rather long name that wraps on phones']) {
    const made = await keys.create({ ownerId: 'alice', name, scopes: [] });
    if (name.startsWith('D')) await keys.update({ id: made.id, enabled: false });
    else await keys.revoke({ id: made.id, reason: 'superseded', comment: 'replaced by Deploy bot' });
  }
  return id;
}

const looks: readonly (readonly [string, BrowserContextOptions])[] = [
  ['light-desktop', { colorScheme: 'light', viewport: { width: 1100, height: 800 } }],
  ['dark-desktop', { colorScheme: 'dark', viewport: { width: 1100, height: 800 } }],
  ['light-phone', { colorScheme: 'light', viewport: { width: 360, height: 740 } }],
  ['dark-phone', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
  // As with 200 % zoom on a small desktop.
  ['light-zoomed', { colorScheme: 'light', viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }],
];

describe.each(looks)('every view, %s', (look, options) => {
  let app: PageApp;
  let opened: OpenedPage;
  let id: string;
  beforeAll(async () => {
    app = await startPageApp();
    id = await makeKeys(app);
    opened = await openPage(browser, app, options);
  });
  afterAll(async () => {
    await opened.close();
    await app.close();
  });

  async function expectGood(name: string): Promise<void> {
    const { page } = opened;
    await takePicture(page, `${name}-${look}`);
    expect({ name, violations: await findViolations(page) }).toEqual({ name, violations: [] });
    // Nothing is wider than the window.
    const widths = await page.evaluate('[document.documentElement.scrollWidth, innerWidth]');
    const [content = 0, window = 0] = widths as number[];
    expect({ name, fits: content <= window }).toEqual({ name, fits: true });
  }

  it('has no violation that axe finds, and fits into the window', async () => {
    const { page } = opened;
    await page.getByRole('link', { name: 'Nightly export' }).first().waitFor();
    await page.getByText('Needs attention').waitFor();
    await expectGood('list');
    await page.getByRole('link', { name: 'Create key' }).click();
    await page.getByLabel('Name').waitFor();
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Write a name.').waitFor();
    await page.getByLabel('Read orders').check();
    await page.getByLabel('On a date').check();
    await page.getByLabel('Only these addresses').check();
    await page.getByRole('button', { name: 'Add a limit' }).click();
    await expectGood('create');
    await page.getByLabel('In 90 days').check();
    await page.getByLabel('Any address').check();
    await page.getByLabel('Name').fill('Reports');
    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Copy the key now').waitFor();
    await expectGood('secret');
    await page.getByLabel('I have stored the key').check();
    await page.getByRole('button', { name: 'Done' }).click();

    await page.goto(`${app.url}/settings#/keys/${id}`);
    await page.getByText('2 allowed, 1 refused').waitFor();
    await page.getByText('As a table').click();
    await page.getByRole('cell', { name: 'Address not allowed: 1' }).waitFor();
    await expectGood('key');
    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByLabel(/until the new one is used/).check();
    await expectGood('rotate');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').waitFor();
    await expectGood('disable');
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByRole('dialog').waitFor();
    await expectGood('revoke');
    await app.apiKeys.keys.as(theApp).update({ id, description: 'Moved.' });
    await page.getByLabel(/Type the name/).fill('Nightly export');
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('Somebody else has changed this key').waitFor();
    await expectGood('conflict');
    await page.getByRole('button', { name: 'Cancel' }).click();
    expect(opened.troubles).toEqual([]);
    expect(app.reports).toEqual([]);
  });
});

describe('the list', () => {
  let app: PageApp;
  let opened: OpenedPage;
  afterEach(async () => {
    await opened.close();
    await app.close();
  });

  it('is empty at first, offers what this person may do, and says when nobody is signed in', async () => {
    app = await startPageApp();
    opened = await openPage(browser, app);
    const { page } = opened;
    await page.getByText('No keys yet').waitFor();
    await takePicture(page, 'empty');
    await expect(findViolations(page)).resolves.toEqual([]);

    app.signIn(null);
    await page.reload();
    await page.getByText('You are signed out').waitFor();
    await takePicture(page, 'signed-out');
    await expect(findViolations(page)).resolves.toEqual([]);
    app.signIn(alice);
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('No keys yet').waitFor();

    app.signIn({ kind: 'owner', ownerId: 'alice', grants: { scopes: [] } });
    await page.getByRole('link', { name: 'Create key' }).click();
    await page.getByText('You may not give anything to keys').waitFor();
    await expect(findViolations(page)).resolves.toEqual([]);
  });

  it('says what the router says of a change that is not allowed, and of a key that is not there', async () => {
    app = await startPageApp();
    const id = await makeKeys(app);
    opened = await openPage(browser, app, {}, `/settings#/keys/${id}`);
    const { page } = opened;
    await page.getByRole('button', { name: 'Disable' }).click();
    app.signIn({ kind: 'owner', ownerId: 'alice', role: 'viewer' });
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByText('You may not do this').waitFor();
    await expect(findViolations(page)).resolves.toEqual([]);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.goto(`${app.url}/settings#/keys/0123456789abcdef`);
    await page.getByText('There is no such key').waitFor();
  });

  it('says that there is no connection, and loads again when there is', async () => {
    app = await startPageApp();
    await makeKeys(app);
    opened = await openPage(browser, app);
    const { page } = opened;
    await page.getByRole('link', { name: 'Nightly export' }).first().waitFor();
    await page.context().setOffline(true);
    await page.getByRole('combobox', { name: 'State' }).selectOption('active');
    await page.getByText('No connection').waitFor();
    // What was loaded before stays.
    await expect(page.getByRole('link', { name: 'Nightly export' }).count()).resolves.toBeGreaterThan(0);
    await expect(findViolations(page)).resolves.toEqual([]);
    await page.context().setOffline(false);
    await page.getByText('No connection').waitFor({ state: 'detached' });
    await page.getByText('Keys shown: 2').waitFor();
  });

  it('finds, filters, sorts, and reads on', async () => {
    app = await startPageApp();
    await makeKeys(app);
    const keys = app.apiKeys.keys.as(theApp);
    for (let number = 1; number <= 60; number++) {
      await keys.create({ ownerId: 'alice', name: `Batch ${number}`, scopes: [] });
    }
    opened = await openPage(browser, app);
    const { page } = opened;
    await page.getByText('Keys shown: 25, and there are more').waitFor();
    await page.getByRole('button', { name: 'Show more keys' }).click();
    await page.getByText('Keys shown: 64').waitFor();
    await page.getByLabel('Sort').selectOption('sortName');
    await expect(page.getByRole('rowheader').first().textContent()).resolves.toMatch(/^An integration/);
    await page.getByLabel('Search by name').fill('deploy');
    await page.getByText('Keys shown: 1').waitFor();
    await page.getByRole('combobox', { name: 'State' }).selectOption('revoked');
    await page.getByText('No key matches').waitFor();
    await page.getByRole('button', { name: 'Clear search and filter' }).click();
    await page.getByText('Keys shown: 25, and there are more').waitFor();
    await page.getByLabel('Sort').selectOption('sortNewest');
    await page.getByRole('button', { name: 'Show more keys' }).click();
    await page.getByText('Keys shown: 64').waitFor();
  });
});

it('a database that stands still is said, and nothing is shown as done', async () => {
  const database = await makeOwnDatabase('PostgreSQL');
  const app = await startPageApp({ instance: { database: database.url } });
  const { id } = await app.apiKeys.keys
    .as(theApp)
    .create({ ownerId: 'alice', name: 'Deploy bot', scopes: ['orders:read'] });
  const opened = await openPage(browser, app, {}, `/settings#/keys/${id}`);
  const { page } = opened;
  const client = new pg.Client(database.url);
  await client.connect();
  try {
    await page.getByRole('button', { name: 'Disable' }).click();
    const { rows } = await client.query<{ name: string }>(
      `select quote_ident(table_schema) || '.' || quote_ident(table_name) as name from information_schema.tables
       where table_schema = 'api_keys' and table_type = 'BASE TABLE'`,
    );
    await client.query('begin');
    await client.query(`lock table ${rows.map(({ name }) => name).join(', ')} in access exclusive mode`);
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByText('Not available at the moment').waitFor({ timeout: 60_000 });
    await expect(page.getByText('The key is disabled.').count()).resolves.toBe(0);
    await client.query('rollback');
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('The key is disabled.').first().waitFor({ timeout: 30_000 });
  } finally {
    await client.end();
    await opened.close();
    await app.close();
    await database.remove();
  }
});
