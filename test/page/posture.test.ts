import type { Browser, Locator, Page } from 'playwright-core';
import { lookAt } from './look-at.js';
import {
  admin,
  launchBrowser,
  openPage,
  readEverything,
  startPageApp,
  type OpenedPage,
  type PageApp,
} from './open-page.js';

jest.setTimeout(180_000);

let [app, browser, opened]: [PageApp, Browser, OpenedPage] = [] as never;
let page: Page;
const theApp = { kind: 'application' } as const;
const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000);
const ids: Record<string, string> = {};

beforeAll(async () => {
  browser = await launchBrowser();
  app = await startPageApp({
    instance: { defaultPlan: 'pro', plans: { free: { scopes: ['orders:read'] }, pro: {} } },
  });
  const keys = app.apiKeys.keys.as(theApp);
  for (const [name, expiresAt] of [
    ['Endless', null],
    ['Rotated', inDays(60)],
    ['Ending', inDays(5)],
    ['Ending later', inDays(9)],
    ['Beyond', inDays(60)],
    ['Fine', inDays(60)],
  ] as const) {
    const ownerId = name === 'Beyond' ? 'bob' : 'alice';
    const scopes = ['orders:read', 'orders:write'] as const;
    ids[name] = (await keys.create({ ownerId, name, scopes, expiresAt })).id;
  }
  await keys.rotate({ id: ids['Rotated'] ?? '', gracePeriodSeconds: 3_600 });
  await app.apiKeys.owners.as(theApp).set({ ownerId: 'bob', plan: 'free' });
  app.signIn(admin);
  opened = await openPage(browser, app, {}, '/settings#/posture');
  ({ page } = opened);
});
afterAll(async () => {
  await opened.close();
  await app.close();
  await browser.close();
});

/** Nothing has failed in the page, and nothing was against its policy. */
function expectNoTrouble(): void {
  expect({ troubles: opened.troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
}

const cardOf = (name: string): Locator =>
  page.getByRole('listitem').filter({ has: page.getByRole('link', { name, exact: true }) });
const read = (name: string): Promise<object | null> =>
  app.apiKeys.keys.as(theApp).get({ id: ids[name] ?? '' });

it('each key that deserves attention has its owner, its reason and one action; what hurts soonest is first', async () => {
  await page.getByText('Shown: 5').waitFor();
  await expect(page.getByRole('heading', { level: 3 }).allTextContents()).resolves.toEqual([
    ...['Ending', 'Ending later', 'Beyond', 'Rotated', 'Endless'],
  ]);
  const beyond = cardOf('Beyond');
  await expect(beyond.getByRole('link', { name: 'bob' }).count()).resolves.toBe(1);
  await expect(beyond.getByText('Beyond the plan: orders:write.').count()).resolves.toBe(1);
  for (const name of ['Ending', 'Beyond', 'Rotated', 'Endless']) {
    await expect(cardOf(name).getByRole('button').count()).resolves.toBe(1);
  }
  await lookAt(page, 'posture');
  await page.getByLabel('Reason').selectOption('never_expires');
  await page.getByText('Shown: 1').waitFor();
  await page.getByLabel('Reason').selectOption('unused');
  await page.getByText('Nothing needs attention').waitFor();
  await page.getByLabel('Reason').selectOption('');
  await page.getByText('Shown: 5').waitFor();
  expectNoTrouble();
});

it('the action says what becomes of the key, is done by keyboard, and is shown as done where it was', async () => {
  await cardOf('Beyond').getByRole('button', { name: 'Bring within the plan' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Change “Beyond”?' });
  await dialog.getByRole('row', { name: 'Scopes orders:read, orders:write orders:read' }).waitFor();
  await lookAt(page, 'remedy');
  await dialog.getByRole('button', { name: 'Bring within the plan' }).focus();
  await page.keyboard.press('Enter');
  await cardOf('Beyond').getByText('The key is changed.').waitFor();
  await expect(read('Beyond')).resolves.toMatchObject({ scopes: ['orders:read'] });
  await expect(cardOf('Beyond').getByRole('button').count()).resolves.toBe(0);
  expectNoTrouble();
});

it('the action is about the key as the person saw it', async () => {
  await cardOf('Endless').getByRole('button', { name: 'Set an end' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change “Endless”?' });
  await dialog.getByRole('row', { name: 'Ends no end' }).waitFor();
  await app.apiKeys.keys.as(theApp).update({ id: ids['Endless'] ?? '', enabled: false });
  await dialog.getByRole('button', { name: 'Set an end' }).click();
  const conflict = page.getByRole('dialog', { name: 'Somebody else has changed this key' });
  await conflict.getByRole('row', { name: 'enabled true false' }).waitFor();
  await expect(read('Endless')).resolves.toMatchObject({ expiresAt: null });
  await conflict.getByRole('button', { name: 'Go on' }).click();
  await cardOf('Endless').getByText('The key is changed.').waitFor();
  await expect(read('Endless')).resolves.toMatchObject({ expiresAt: expect.any(Date) as Date });
  expectNoTrouble();
});

it('the end of old secrets shows the new one, once', async () => {
  await cardOf('Rotated').getByRole('button', { name: 'End old secrets' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'End old secrets' }).click();
  await page.getByText('Copy the key now').waitFor();
  const key = (await page.getByLabel('The key', { exact: true }).textContent()) ?? '';
  await expect(app.apiKeys.keys.verify({ key })).resolves.toMatchObject({ allowed: true });
  await page.getByLabel('I have stored the key').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await cardOf('Rotated').getByText('The key has a new secret.').waitFor();
  await expect(readEverything(page)).resolves.not.toContain(key);
  expectNoTrouble();
});
