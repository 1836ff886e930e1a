import type { Browser } from 'playwright-core';
import { lookAt } from './look-at.js';
import { admin, alice, launchBrowser, openPage, startPageApp, type PageApp } from './open-page.js';

jest.setTimeout(180_000);

let [app, browser]: [PageApp, Browser] = [] as never;
const theApp = { kind: 'application' } as const;

beforeAll(async () => {
  browser = await launchBrowser();
  app = await startPageApp({
    instance: { defaultPlan: 'pro', plans: { free: { scopes: ['orders:read'] }, pro: { maxKeys: 2 } } },
  });
  const keys = app.apiKeys.keys.as(theApp);
  await keys.create({ ownerId: 'alice', name: 'Deploy bot', scopes: ['orders:read', 'orders:write'] });
  await keys.create({ ownerId: 'bob', name: 'Reports', scopes: ['orders:read', 'reports:read'] });
  await keys.create({ ownerId: 'carol', name: 'Reader', scopes: ['orders:read'] });
});
afterAll(async () => {
  await app.close();
  await browser.close();
});

it('an admin sees whom another plan would hurt, and whom a change of a plan would, and nothing is changed', async () => {
  app.signIn(admin);
  const { page, troubles, close } = await openPage(browser, app, {}, '/settings#/plans');
  const ask = page.getByRole('button', { name: 'Show who would be hurt' });
  await page.getByLabel('Plan', { exact: true }).selectOption('free');
  await ask.focus();
  await page.keyboard.press('Enter');
  await page.getByText('Keys that would lose something: 2').waitFor();
  await page.getByRole('row', { name: 'alice 1 orders:write' }).waitFor();
  await page.getByRole('row', { name: 'bob 1 reports:read' }).waitFor();
  await page.getByText('Owners shown: 2 of 2').waitFor();
  await lookAt(page, 'plans');

  // For one owner; what was found for all is gone as soon as the question is another one.
  await page.getByRole('textbox', { name: 'Owner' }).fill('carol');
  await expect(page.getByText('Owners shown: 2 of 2').count()).resolves.toBe(0);
  await ask.click();
  await page.getByText('No key would lose anything.').waitFor();

  await page.getByRole('textbox', { name: 'Owner' }).fill('');
  await page.getByLabel('this plan were another one', { exact: false }).check();
  await page.getByLabel('Plan', { exact: true }).selectOption('pro');
  const members = page.getByLabel('The plan as it would be');
  await members.fill('scopes');
  await ask.click();
  await page.getByText('Write one JSON object', { exact: false }).waitFor();
  await members.fill('{ "scopes": ["orders:fly"] }');
  await ask.click();
  await page.getByRole('alert').getByText('Something went wrong').waitFor();
  await members.fill('{ "scopes": ["orders:read", "orders:write"], "maxLifetimeDays": 30 }');
  await ask.click();
  await page.getByRole('row', { name: /^bob 1 reports:read/ }).waitFor();
  await lookAt(page, 'plan-changed');
  const owners = await app.apiKeys.owners.as(theApp).list();
  expect(owners.items).toEqual([]);
  expect({ troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  await close();
});

it('an owner sees how many keys the plan still allows', async () => {
  app.signIn(alice);
  const { page, close } = await openPage(browser, app);
  await page.getByText('1 of 2 keys of the plan are used.').waitFor();
  const keys = app.apiKeys.keys.as(theApp);
  const { id } = await keys.create({ ownerId: 'alice', name: 'Second', scopes: [] });
  await page.reload();
  await page.getByText('All 2 keys of the plan are used.', { exact: false }).waitFor();
  await keys.revoke({ id });
  await page.reload();
  await page.getByText('1 of 2 keys of the plan are used.').waitFor();
  await expect(page.getByText('All 2 keys').count()).resolves.toBe(0);
  await close();
});

it('an owner sees what else the plan allows, and the count follows what the person does', async () => {
  const bounded = await startPageApp({
    instance: {
      defaultPlan: 'free',
      plans: {
        free: {
          ...{ maxKeys: 2, maxLifetimeDays: 60, credits: { amount: 1_000 } },
          rateLimits: [{ name: 'minute', limit: 600, windowSeconds: 60 }],
        },
      },
    },
  });
  const { page, troubles, close } = await openPage(browser, bounded);
  await page.getByText('0 of 2 keys of the plan are used.').waitFor();
  await expect(page.getByRole('list').first().getByRole('listitem').allTextContents()).resolves.toEqual([
    '0 of 2 keys of the plan are used.',
    'Keys end 60 days after they were made, at the latest.',
    'All keys together: 600 requests per minute.',
    '1,000 of 1,000 credits are left.',
  ]);
  await lookAt(page, 'plan-use');
  await page.getByRole('link', { name: 'Create key' }).click();
  await page.getByLabel('Name').fill('First');
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByLabel('I have stored the key').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('link', { name: 'All keys' }).click();
  await page.getByText('1 of 2 keys of the plan are used.', { exact: false }).waitFor();
  expect({ troubles, reports: bounded.reports }).toEqual({ troubles: [], reports: [] });
  await close();
  await bounded.close();
});

it('a problem is said in German where the page is German', async () => {
  app.signIn(alice);
  const { page, close } = await openPage(browser, app);
  await page.evaluate(`document.querySelector('api-keys-manager').lang = 'de'`);
  await page.getByRole('link', { name: 'Schlüssel anlegen' }).click();
  await page.getByLabel('Name').fill('Einer zu viel');
  const keys = app.apiKeys.keys.as(theApp);
  const { id } = await keys.create({ ownerId: 'alice', name: 'Second', scopes: [] });
  await page.getByRole('button', { name: 'Schlüssel anlegen' }).click();
  const alert = page.getByRole('alert');
  await alert.waitFor();
  await expect(alert.textContent()).resolves.toContain(
    'Es gibt schon so viele Schlüssel, wie der Tarif erlaubt.',
  );
  await expect(alert.textContent()).resolves.not.toContain('API keys');
  await keys.revoke({ id });
  await close();
});
