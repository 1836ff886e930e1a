import type { Browser, Page } from 'playwright-core';
import { lookAt } from './look-at.js';
import { launchBrowser, openPage, startPageApp, type OpenedPage, type PageApp } from './open-page.js';

jest.setTimeout(120_000);

let [app, browser, opened]: [PageApp, Browser, OpenedPage] = [] as never;
let page: Page;
let id = '';
const theApp = { kind: 'application' } as const;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  app = await startPageApp();
  ({ id } = await app.apiKeys.keys.as(theApp).create({
    ...{ ownerId: 'alice', name: 'Deploy bot', description: 'Old note' },
    ...{ scopes: ['orders:read', 'reports:read'], expiresAt: new Date('2099-03-04T12:34:56Z') },
  }));
  opened = await openPage(browser, app, {}, `/settings#/keys/${id}`);
  ({ page } = opened);
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('dialog', { name: 'Change “Deploy bot”' }).getByLabel('Name').waitFor();
});
afterEach(async () => {
  await opened.close();
  await app.close();
});

const read = (): Promise<object | null> => app.apiKeys.keys.as(theApp).get({ id });
const save = (): Promise<void> => page.getByRole('button', { name: 'Save' }).click();

it('a key gets another name, note, scopes, end and addresses, which are shown before; nothing else is sent', async () => {
  await page.getByText('Nothing is changed yet.').waitFor();
  await expect(page.getByRole('button', { name: 'Save' }).isDisabled()).resolves.toBe(true);
  await page.getByLabel('Name').fill('');
  await save();
  await page.getByText('Write a name.').waitFor();
  await page.locator('input:focus').waitFor();
  await page.getByLabel('Name').fill('Deploy robot');
  await page.getByLabel('Note').fill('');
  await page.getByLabel('Place and change orders').check();
  await page.getByLabel('Only these addresses').check();
  await page.getByLabel('Addresses and networks').fill('203.0.113.7');
  await page.getByRole('row', { name: 'Name Deploy bot Deploy robot' }).waitFor();
  await page.getByRole('row', { name: 'Addresses Any address 203.0.113.7' }).waitFor();
  await lookAt(page, 'edit');
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.getByRole('button', { name: 'Save' }).focus();
  await page.keyboard.press('Enter');
  await page.getByText('The key is changed.').first().waitFor();
  await page.getByRole('heading', { name: 'Deploy robot' }).waitFor();
  // The end is as it was to the millisecond, and a scope that alice may not give is kept.
  expect((await sent).postDataJSON()).toEqual({
    ...{ name: 'Deploy robot', description: null, ipAllowlist: ['203.0.113.7'] },
    scopes: ['orders:read', 'reports:read', 'orders:write'],
  });
  expect({ troubles: opened.troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
});

it('an end is changed, and what somebody else changed meanwhile is shown first', async () => {
  await page.getByLabel('On a date').check();
  await page.getByLabel('Last day').fill('2098-01-02');
  await page.getByRole('row', { name: /^Ends Mar 4, 2099.* Jan 2, 2098/ }).waitFor();
  await app.apiKeys.keys.as(theApp).update({ id, name: 'Deploy robot' });
  await save();
  const conflict = page.getByRole('dialog', { name: 'Somebody else has changed this key' });
  await conflict.getByRole('row', { name: 'name Deploy bot Deploy robot' }).waitFor();
  await expect(read()).resolves.toMatchObject({ expiresAt: new Date('2099-03-04T12:34:56Z') });
  await conflict.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('The key is changed.').first().waitFor();
  await expect(read()).resolves.toMatchObject({ name: 'Deploy robot', version: 3 });
  await page.getByText('Jan 2, 2098', { exact: false }).first().waitFor();
  expect(opened.troubles).toEqual([]);
});

it('what the router refuses is said, and the form stays as it was filled in', async () => {
  await page.getByLabel('Only these addresses').check();
  await page.getByLabel('Addresses and networks').fill('not-an-address');
  await save();
  await page.getByRole('alert').getByText('ipAllowlist', { exact: false }).waitFor();
  await expect(page.getByLabel('Addresses and networks').inputValue()).resolves.toBe('not-an-address');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('The key is changed.').count()).resolves.toBe(0);
  await expect(read()).resolves.toMatchObject({ version: 1 });
});
