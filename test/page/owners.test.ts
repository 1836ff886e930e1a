import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { memoryStore } from '../../lib/testing/index.js';
import { lookAt } from './look-at.js';
import {
  alice,
  launchBrowser,
  openPage,
  admin,
  startPageApp,
  type OpenedPage,
  type PageApp,
} from './open-page.js';

jest.setTimeout(180_000);

let [app, browser, opened]: [PageApp, Browser, OpenedPage] = [] as never;
let page: Page;
let key = '';
const store = memoryStore();
const theApp = { kind: 'application' } as const;

beforeAll(async () => {
  browser = await launchBrowser();
  app = await startPageApp({
    instance: {
      store,
      defaultPlan: 'free',
      plans: { free: { scopes: ['orders:read'], maxKeys: 2 }, pro: {} },
    },
    router: { stepUp: { operations: ['erase'], verify: ({ code }) => code === '492039' } },
  });
  const owners = app.apiKeys.owners.as(theApp);
  const keys = app.apiKeys.keys.as(theApp);
  await owners.set({ ownerId: 'alice', plan: 'pro', overrides: { maxKeys: 20 } });
  await owners.suspend({ ownerId: 'bob', suspensionReason: 'Invoice 17 is overdue' });
  const scopes = ['orders:read', 'orders:write'] as const;
  ({ key } = await keys.create({ ownerId: 'alice', name: 'Deploy bot', scopes }));
  await keys.create({ ownerId: 'alice', name: 'Nightly export', scopes: ['orders:read'] });
  await keys.create({ ownerId: 'carol', name: 'Key of carol', scopes: [] });
  app.signIn(admin);
  opened = await openPage(browser, app);
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

it('an admin goes from the keys to the owners, and to one by its id, by keyboard alone', async () => {
  const tab = page.getByRole('link', { name: 'Owners', exact: true });
  await tab.focus();
  await page.keyboard.press('Enter');
  await page.getByRole('rowheader', { name: 'alice' }).waitFor();
  // The heading has the focus, for who hears the page.
  await page.locator('h2:focus', { hasText: 'Owners' }).waitFor();
  await expect(tab.getAttribute('aria-current')).resolves.toBe('page');
  await expect(page.getByRole('row', { name: 'bob Suspended' }).count()).resolves.toBe(1);
  await lookAt(page, 'owners');

  // A part of an id is searched for, as it stands there.
  await page.getByRole('searchbox').fill('ALI');
  await page.getByText('Shown: 1').waitFor();
  await page.getByRole('searchbox').fill('100%');
  await page.getByText('Nothing matches').waitFor();
  await page.getByRole('link', { name: 'Open “100%”' }).waitFor();
  await lookAt(page, 'owners-none');
  await page.getByRole('searchbox').fill('');
  await page.getByRole('combobox', { name: 'State' }).selectOption('true');
  await page.getByText('Shown: 1').waitFor();
  await page.getByLabel('Open an owner by its id').focus();
  await page.keyboard.type('carol');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'carol' }).waitFor();
  await page.getByText('Nothing is recorded yet').waitFor();
  await page.getByRole('link', { name: 'Key of carol' }).waitFor();
  expectNoTrouble();
});

it('a suspension shows first which keys it refuses, and then until when it is not everywhere', async () => {
  await page.goto(`${app.url}/settings#/owners/alice`);
  await page.getByRole('button', { name: 'Suspend', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Suspend “alice”?' });
  await dialog.getByText('Active keys that will be refused: 2').waitFor();
  await dialog.getByText('Deploy bot').waitFor();
  await dialog.getByLabel('Reason').fill('Unpaid since March');
  await lookAt(page, 'suspend');
  await expect(app.apiKeys.keys.verify({ key })).resolves.toMatchObject({ allowed: true });

  // Another process that does not say what it has applied.
  await store.feed.join({ id: 'silent', acked: 0, leaseMs: 6_000 });
  await dialog.getByRole('button', { name: 'Suspend now' }).click();
  await page.getByText('Not every server knows it yet', { exact: false }).first().waitFor();
  await page.getByText('Unpaid since March').waitFor();
  await lookAt(page, 'owner');
  await expect(app.apiKeys.keys.verify({ key })).resolves.toMatchObject({ code: 'owner_suspended' });
  await page.locator('.pending', { hasText: 'In effect everywhere.' }).waitFor({ timeout: 30_000 });
  await store.feed.leave('silent');

  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByText('Keys that will be accepted again: 2').waitFor();
  await page.getByRole('button', { name: 'Resume now' }).click();
  await page.getByText('The owner is resumed.').first().waitFor();
  await expect(app.apiKeys.keys.verify({ key })).resolves.toMatchObject({ allowed: true });
  expectNoTrouble();
});

it('another plan shows first what the keys would lose, and keeps what the owner has in its place', async () => {
  await page.goto(`${app.url}/settings#/owners/alice`);
  await page.getByRole('button', { name: 'Change plan' }).click();
  const dialog = page.getByRole('dialog', { name: 'Another plan for “alice”' });
  const confirm = dialog.getByRole('button', { name: 'Give this plan' });
  await expect(confirm.isDisabled()).resolves.toBe(true);
  await dialog.getByLabel('Plan').selectOption('free');
  await dialog.getByText('Keys that would lose scopes: 1 (orders:write)').waitFor();
  await lookAt(page, 'plan');

  // Somebody else is faster: nothing is done until the person has seen it.
  await app.apiKeys.owners.as(theApp).suspend({ ownerId: 'alice' });
  await confirm.click();
  const conflict = page.getByRole('dialog', { name: 'Somebody else has changed this owner' });
  await conflict.getByRole('row', { name: 'Suspended since none' }).waitFor();
  await lookAt(page, 'owner-conflict');
  await expect(app.apiKeys.owners.as(theApp).get({ ownerId: 'alice' })).resolves.toMatchObject({
    plan: 'pro',
  });
  await conflict.getByRole('button', { name: 'Go on' }).click();
  await page.getByText('The owner has another plan.').first().waitFor();
  await expect(app.apiKeys.owners.as(theApp).get({ ownerId: 'alice' })).resolves.toMatchObject({
    ...{ plan: 'free', overrides: { maxKeys: 20 } },
  });
  await app.apiKeys.owners.as(theApp).resume({ ownerId: 'alice' });
  expectNoTrouble();
});

it('the data of an owner is saved as a file, page by page', async () => {
  await app.apiKeys.owners.as(theApp).set({ ownerId: 'dora', plan: 'pro' });
  const keys = app.apiKeys.keys.as(theApp);
  for (let number = 1; number <= 101; number++) {
    await keys.create({ ownerId: 'dora', name: `Batch ${number}`, scopes: [] });
  }
  await page.goto(`${app.url}/settings#/owners/dora`);
  await page.getByRole('button', { name: 'Export data' }).click();
  const dialog = page.getByRole('dialog', { name: 'Export the data of “dora”' });
  await dialog.getByText('No secret is in it', { exact: false }).waitFor();
  await lookAt(page, 'export');
  const download = page.waitForEvent('download');
  await dialog.getByRole('button', { name: 'Export', exact: true }).click();
  await dialog.getByText('Saved as owner-dora.json, with 204 records.').waitFor();
  const saved = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as Record<string, unknown[]>;
  expect(saved).toMatchObject({ owner: { ownerId: 'dora' }, refusedRequests: [] });
  const names = (saved['keys'] as { name: string }[]).map(({ name }) => name);
  expect([new Set(names).size, saved['changes']?.length]).toEqual([101, 102]);
  await dialog.getByRole('button', { name: 'Close' }).click();
  expectNoTrouble();
});

it('an owner is erased after what that does was read, the id was typed and a code was sent', async () => {
  await page.goto(`${app.url}/settings#/owners/carol`);
  await page.getByRole('link', { name: 'Key of carol' }).waitFor();
  await page.getByRole('button', { name: 'Erase', exact: true }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Erase the data of “carol”' });
  await dialog.getByText('Active keys that will be refused: 1').waitFor();
  await dialog.getByLabel('Type the id of the owner to confirm').focus();
  await page.keyboard.type('alice');
  await page.keyboard.press('Enter');
  await dialog.getByText('This is not the id of the owner.').waitFor();
  await lookAt(page, 'erase');
  await dialog.getByLabel('Type the id of the owner to confirm').fill('carol');
  // Another process that does not say what it has applied.
  await store.feed.join({ id: 'silent', acked: 0, leaseMs: 6_000 });
  await page.keyboard.press('Enter');
  await page.getByLabel('Code of your second factor').waitFor();
  await expect(page.getByText('is erased').count()).resolves.toBe(0);
  await page.keyboard.type('492039');
  await page.keyboard.press('Enter');
  await page.getByText('The personal data of the owner is erased.').first().waitFor();
  await page.getByText('Erase once more then', { exact: false }).waitFor();
  await page.getByText('Keys revoked: 1').waitFor();
  await store.feed.leave('silent');
  await page.getByRole('link', { name: 'Erased' }).waitFor();
  await lookAt(page, 'erased');
  await expect(page.getByText('Key of carol').count()).resolves.toBe(0);
  expectNoTrouble();
});

it('an owner has no such views, whatever the address says', async () => {
  app.signIn(alice);
  const own = await openPage(browser, app, {}, '/settings#/owners/bob');
  await own.page.getByRole('link', { name: 'Deploy bot' }).first().waitFor();
  await expect(own.page.getByRole('navigation').count()).resolves.toBe(0);
  await expect(own.page.getByText('bob').count()).resolves.toBe(0);
  expect(own.troubles).toEqual([]);
  await own.close();
  app.signIn(admin);
  expectNoTrouble();
});

it('everything of it is there in German', async () => {
  await page.goto(`${app.url}/settings#/owners/bob`);
  await page.evaluate(`document.querySelector('api-keys-manager').setAttribute('lang', 'de')`);
  await page.getByRole('button', { name: 'Entsperren' }).click();
  await page.getByText('Schlüssel, die wieder angenommen werden: 0').waitFor();
  await page.getByRole('button', { name: 'Abbrechen' }).click();
  await page.evaluate(`document.querySelector('api-keys-manager').removeAttribute('lang')`);
  expectNoTrouble();
});
