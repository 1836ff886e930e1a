import type { Browser } from 'playwright-core';
import { lookAt } from './look-at.js';
import { admin, alice, launchBrowser, openPage, startPageApp } from './open-page.js';

jest.setTimeout(120_000);

const theApp = { kind: 'application' } as const;
const tokens = { issuer: 'https://api.example.com', lifetimeSeconds: 900 };

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

it('an admin gives a new key tags, data of the app and a lifetime of its tokens, within what the router takes, and changes it later', async () => {
  const app = await startPageApp({ instance: { tokens } });
  app.signIn(admin);
  const { page, troubles, close } = await openPage(browser, app);
  await page.getByRole('link', { name: 'Create key' }).click();
  await page.getByLabel('Name').fill('Reports');
  await page.getByLabel('Owner').fill('bob');
  await page.getByText('60 to 86,400; empty: 15 minutes, as for all keys.').waitFor();
  const lifetime = page.getByLabel('Life of its access tokens, in seconds');
  await lifetime.fill('59');
  await page.getByLabel('Tags').fill(Array.from({ length: 21 }, (_, index) => `tag ${index}`).join(', '));
  await page.getByLabel('Data of the app').fill(JSON.stringify({ text: 'é'.repeat(2_050) }));
  const create = page.getByRole('button', { name: 'Create key' });
  await create.click();
  await page.getByText('Write a number from 60 to 86,400.').waitFor();
  await page.getByText('At most 20 tags, each of up to 50 characters.').waitFor();
  await page.getByText('It has more than 4,096 bytes.').waitFor();
  await page.getByLabel('Tags').fill('x'.repeat(51));
  await page.getByText('At most 20 tags, each of up to 50 characters.').waitFor();
  await page.getByLabel('Data of the app').fill('[1]');
  await page.getByText('Write one JSON object, in braces.').waitFor();
  await lookAt(page, 'create-admin');

  await lifetime.fill('60');
  await page.getByLabel('Tags').fill('production, eu west, production,');
  await page.getByLabel('Data of the app').fill('{ "tier": 2 }');
  await create.click();
  await page.getByText('Copy the key now').waitFor();
  await page.getByLabel('I have stored the key').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByText('1 minute', { exact: true }).waitFor();
  const read = async (): Promise<object | undefined> =>
    (await app.apiKeys.keys.as(theApp).list({ ownerId: 'bob' })).items[0];
  const given = { tags: ['production', 'eu west'], metadata: { tier: 2 } };
  await expect(read()).resolves.toMatchObject({ ...given, tokenLifetimeSeconds: 60 });

  await page.getByRole('button', { name: 'Edit' }).click();
  await lifetime.fill('0');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('Write a number from 60 to 86,400.').waitFor();
  await lifetime.fill('');
  await page.getByRole('row', { name: 'Life of its access tokens 1 minute As for all keys' }).waitFor();
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText('The key is changed.').first().waitFor();
  expect((await sent).postDataJSON()).toEqual({ tokenLifetimeSeconds: null });
  await expect(read()).resolves.toMatchObject({ ...given, tokenLifetimeSeconds: null });
  expect({ troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  await close();
  await app.close();
});

it('an owner gives tags, is not asked for data of the app, nor for tokens where there are none; what is left empty is not sent', async () => {
  const app = await startPageApp();
  app.signIn(alice);
  const { page, troubles, close } = await openPage(browser, app);
  await page.evaluate("document.querySelector('api-keys-manager').lang = 'de'");
  await page.getByRole('link', { name: 'Schlüssel anlegen' }).click();
  await page.getByLabel('Name').fill('Bericht');
  await expect(page.getByLabel('Lebensdauer').count()).resolves.toBe(0);
  await expect(page.getByLabel('Daten der Anwendung').count()).resolves.toBe(0);
  await page.getByLabel('Schlagwörter').fill('x'.repeat(51));
  await page.getByRole('button', { name: 'Schlüssel anlegen' }).click();
  await page.getByText('Höchstens 20 Schlagwörter, jedes mit bis zu 50 Zeichen.').waitFor();
  await page.getByLabel('Schlagwörter').fill(' ');
  const sent = page.waitForRequest((request) => request.method() === 'POST');
  await page.getByRole('button', { name: 'Schlüssel anlegen' }).click();
  const body = (await sent).postDataJSON() as object;
  expect(Object.keys(body).toSorted()).toEqual(['environment', 'expiresAt', 'name', 'scopes']);
  expect({ troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  await close();
  await app.close();
});
