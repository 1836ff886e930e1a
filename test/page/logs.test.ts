import pg from 'pg';
import type { Browser, Page } from 'playwright-core';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { lookAt } from './look-at.js';
import {
  admin,
  findViolations,
  launchBrowser,
  openPage,
  startPageApp,
  type OpenedPage,
  type PageApp,
} from './open-page.js';

jest.setTimeout(180_000);

let [app, browser, opened, database]: [PageApp, Browser, OpenedPage, OwnDatabase] = [] as never;
let page: Page;
let keyId = '';
const theApp = { kind: 'application' } as const;

beforeAll(async () => {
  browser = await launchBrowser();
  database = await makeOwnDatabase('PostgreSQL');
  app = await startPageApp({ instance: { database: database.url } });
  const keys = app.apiKeys.keys.as(theApp);
  const made = await keys.create({ ownerId: 'alice', name: 'Deploy bot', scopes: ['orders:read'] });
  keyId = made.id;
  const { key } = made;
  await app.apiKeys.keys.verify({ key, scopes: 'orders:write', address: '203.0.113.7' });
  await app.apiKeys.keys.verify({ key, scopes: 'orders:write', address: '203.0.113.7' });
  await app.apiKeys.keys.verify({ key: `${key.slice(0, -6)}AAAAAA`, address: '198.51.100.1' });
  for (let number = 1; number <= 55; number++) await keys.update({ id: keyId, description: `${number}` });
  await app.apiKeys.owners.as(theApp).suspend({ ownerId: 'bob' });
  app.signIn(admin);
  opened = await openPage(browser, app, { permissions: ['clipboard-read', 'clipboard-write'] });
  ({ page } = opened);
});
afterAll(async () => {
  await opened.close();
  await app.close();
  await browser.close();
  await database.remove();
});

/** Nothing has failed in the page, and nothing was against its policy. */
function expectNoTrouble(): void {
  expect({ troubles: opened.troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
}

it('the audit log says who changed what, is read on, and is filtered', async () => {
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('row', { name: /Owner suspended .*bob the app/ }).waitFor();
  await page.getByText('Shown: 25, and there are more').waitFor();
  await page.getByRole('button', { name: 'Show more' }).click();
  await page.getByText('Shown: 57').waitFor();
  await page.getByLabel('What').selectOption('key.created');
  await page.getByText('Shown: 1', { exact: true }).waitFor();
  await expect(page.getByRole('link', { name: keyId }).count()).resolves.toBe(1);
  await page.getByLabel('Owner', { exact: true }).fill('bob');
  await page.getByText('Nothing is recorded.').waitFor();
  await page.getByLabel('What').selectOption('');
  await page.getByRole('row', { name: /Owner suspended/ }).waitFor();
  await lookAt(page, 'audit');
  expectNoTrouble();
});

it('a verification gives an anchor to keep, which the next one is checked against', async () => {
  // It is under way until the router answers, and can be given up.
  await page.route('**/audit/verify', () => undefined);
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByRole('progressbar').waitFor();
  await expect(findViolations(page)).resolves.toEqual([]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('progressbar').waitFor({ state: 'detached' });
  await expect(page.getByRole('alert').count()).resolves.toBe(0);
  await page.unroute('**/audit/verify');

  await page.getByRole('button', { name: 'Verify now' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('Entries verified: 57. Keys compared: 1.').waitFor();
  await page.getByRole('button', { name: 'Copy' }).click();
  await page.getByText('Copied').waitFor();
  const anchor = await page.evaluate<string>('navigator.clipboard.readText()');
  expect(anchor).toMatch(/^57\.[0-9a-f]{64}$/);
  await lookAt(page, 'verified');

  const field = page.getByLabel('Anchor of the last verification');
  await field.fill('57');
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('An anchor is a number', { exact: false }).waitFor();
  await field.fill(anchor);
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('Nothing was tampered with.').first().waitFor();
  expectNoTrouble();
});

it('a refused request says why, whose it was, and from where', async () => {
  await page.getByRole('link', { name: 'Refused requests' }).click();
  await page.getByRole('heading', { name: 'Refused requests' }).waitFor();
  // Entries are written every ten seconds.
  const wrong = page.getByRole('rowheader', { name: 'Wrong API key' });
  const nothing = page.getByText('Nothing was refused');
  for (let round = 0; round < 120; round++) {
    await wrong.or(nothing).waitFor();
    if ((await wrong.count()) > 0) break;
    await page.waitForTimeout(500);
    await page.reload();
  }
  const missing = page.getByRole('row', { name: /Scope missing 2 times/ });
  await missing.getByRole('link', { name: 'alice' }).waitFor();
  await expect(missing.getByText('203.0.113.7').count()).resolves.toBe(1);
  await expect(missing.getByRole('link', { name: keyId }).count()).resolves.toBe(1);
  await lookAt(page, 'access');
  await page.getByLabel('Why').selectOption('invalid_token');
  await page.getByText('Shown: 1', { exact: true }).waitFor();
  await page.getByLabel('Owner', { exact: true }).fill('nobody');
  await page.getByText('Nothing was refused').waitFor();
  expectNoTrouble();
});

it('a log that somebody has changed is shown as that, with what is wrong where', async () => {
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query(`update api_keys.audit_events set owner_id = 'carol' where sequence = 9`);
  await client.end();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('button', { name: 'Verify now' }).click();
  await page.getByText('The log is not as it was written.').first().waitFor();
  await page.getByRole('row', { name: /wrong_copy 9/ }).waitFor();
  await expect(page.getByText('Anchor to keep').count()).resolves.toBe(0);
  await page.getByLabel('Owner', { exact: true }).fill('bob');
  await page.getByText('Shown: 1', { exact: true }).waitFor();
  await lookAt(page, 'tampered');
  expectNoTrouble();
});
