import type { Browser, Page, Route } from 'playwright-core';
import { admin, launchBrowser, openPage, startPageApp, type OpenedPage, type PageApp } from './open-page.js';

jest.setTimeout(120_000);

let browser: Browser;
let app: PageApp;
let opened: OpenedPage;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  app = await startPageApp();
});
afterEach(async () => {
  await opened.close();
  await app.close();
});

async function open(path = '/settings'): Promise<void> {
  opened = await openPage(browser, app, {}, path);
  ({ page } = opened);
}

async function makeKey(name: string): Promise<string> {
  const keys = app.apiKeys.keys.as({ kind: 'application' });
  return (await keys.create({ ownerId: 'alice', name, scopes: ['orders:read'] })).id;
}

/** Holds requests back until they are released, one by one. */
async function holdBack(method: string, path: RegExp): Promise<readonly Route[]> {
  const held: Route[] = [];
  await page.route(path, async (route) => {
    if (route.request().method() === method) held.push(route);
    else await route.fallback();
  });
  return held;
}

async function until(isDone: () => boolean): Promise<void> {
  for (let round = 0; round < 200 && !isDone(); round += 1) await page.waitForTimeout(50);
  expect(isDone()).toBe(true);
}

async function fillIn(name: string): Promise<void> {
  await page.getByRole('link', { name: 'Create key' }).click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Read orders').check();
  await page.getByRole('button', { name: 'Create key' }).click();
}

describe('answers that come late', () => {
  it('each show the secret of their own key', async () => {
    await open();
    const held = await holdBack('POST', /\/api-keys\/keys$/);
    await fillIn('First');
    await until(() => held.length === 1);
    await page.getByRole('link', { name: 'Cancel' }).click();
    await fillIn('Second');
    await until(() => held.length === 2);
    const secrets: Record<string, string> = {};
    for (const route of held) {
      const response = await route.fetch();
      const { name, key } = (await response.json()) as { name: string; key: string };
      secrets[name] = key;
      await route.fulfill({ response });
    }
    await page.getByRole('heading', { name: 'Second' }).first().waitFor({ state: 'attached' });
    for (const name of ['First', 'Second']) {
      const dialog = page.getByRole('dialog').filter({ hasText: name });
      await dialog.waitFor();
      await expect(page.getByLabel('The key', { exact: true }).textContent()).resolves.toBe(secrets[name]);
      await page.getByLabel('I have stored the key').check();
      await page.getByRole('button', { name: 'Done' }).click();
    }
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(opened.troubles).toEqual([]);
  });

  it('each ask for their own second factor', async () => {
    await open();
    const held = await holdBack('POST', /\/api-keys\/keys$/);
    await fillIn('First');
    await until(() => held.length === 1);
    await page.getByRole('link', { name: 'Cancel' }).click();
    await fillIn('Second');
    await until(() => held.length === 2);
    for (const [index, route] of held.slice(0, 2).entries()) {
      const challenge = { id: `challenge-${index}`, expiresAt: new Date(Date.now() + 60_000).toISOString() };
      const body = {
        type: 'about:blank',
        status: 403,
        code: 'step_up_required',
        detail: 'Send a code.',
        challenge,
      };
      await route.fulfill({ status: 403, json: body });
    }
    for (const index of [0, 1]) {
      await page.getByRole('dialog').getByRole('textbox').fill(`00000${index}`);
      await page.getByRole('dialog').locator('button.primary').click();
      await until(() => held.length === 3 + index);
      expect(held[2 + index]?.request().headers()).toMatchObject({
        'step-up-challenge': `challenge-${index}`,
        'step-up-code': `00000${index}`,
      });
    }
  });

  it('do not hide an entry of the trail that came meanwhile', async () => {
    const id = await makeKey('Deploy bot');
    const keys = app.apiKeys.keys.as({ kind: 'application' });
    for (let round = 0; round < 14; round += 1) await keys.update({ id, description: `Round ${round}.` });
    await open(`/settings#/keys/${id}`);
    const trail = page.locator('[part=trail]');
    await expect(trail.getByRole('listitem').first().waitFor()).resolves.toBeUndefined();
    const held = await holdBack('GET', /\/api-keys\/audit\?.*cursor=/);
    await trail.getByRole('button').click();
    await until(() => held.length === 1);
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    const newest = trail.getByRole('listitem').first();
    await newest
      .filter({ hasText: 'isabled' })
      .or(newest.filter({ hasText: 'nabled' }))
      .waitFor();
    const text = await newest.textContent();
    await held[0]?.continue();
    await page.waitForTimeout(1_000);
    await expect(newest.textContent()).resolves.toBe(text);
  });
});

describe('what is shown as done or as current', () => {
  it('is no answer about a plan to another question than the one that is shown', async () => {
    await app.close();
    app = await startPageApp({ instance: { defaultPlan: 'pro', plans: { free: {}, pro: {} } } });
    app.signIn(admin);
    await open('/settings#/plans');
    const held = await holdBack('POST', /plan-impact$/);
    await page.getByRole('button', { name: 'Show who would be hurt' }).click();
    await until(() => held.length === 1);
    await page.getByRole('textbox', { name: 'Owner' }).fill('carol');
    await held[0]?.continue();
    await page.waitForTimeout(1_000);
    await expect(page.getByText('No key would lose anything.').count()).resolves.toBe(0);
    await page.getByRole('button', { name: 'Show who would be hurt' }).click();
    await until(() => held.length === 2);
    await held[1]?.continue();
    await page.getByText('No key would lose anything.').waitFor();
  });

  it('are no uses of another time than the one that is chosen', async () => {
    const id = await makeKey('Deploy bot');
    await open(`/settings#/keys/${id}`);
    await page.getByText('Not used in this time.').waitFor();
    await page.route(/usage\?by=hour/, (route) =>
      route.fulfill({ status: 503, json: { code: 'unavailable' } }),
    );
    await page.locator('[part=usage] select').selectOption('byHour');
    await page.locator('[part=usage]').getByText('Not available at the moment').waitFor();
    await expect(page.getByText('Not used in this time.').count()).resolves.toBe(0);
  });

  it('is in effect when the server says so, whatever the clock of the visitor shows', async () => {
    const id = await makeKey('Deploy bot');
    await open();
    await page.addInitScript(`const now = Date.now; Date.now = () => now() + 3_600_000;`);
    await page.goto(`${app.url}/settings#/keys/${id}`);
    await page.reload();
    await page.route(/\/api-keys\/keys\/[^/]+$/, async (route) => {
      if (route.request().method() !== 'PATCH') return route.fallback();
      const response = await route.fetch();
      const effectiveBy = new Date(Date.now() + 8_000).toISOString();
      const body = { ...((await response.json()) as object), effectiveBy };
      return route.fulfill({ response, status: 202, json: body });
    });
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.locator('.pending').waitFor();
    await expect(page.locator('.pending').textContent()).resolves.not.toBe('In effect everywhere.');
    await page.locator('.pending').filter({ hasText: 'In effect everywhere.' }).waitFor({ timeout: 20_000 });
  });

  it('is marked as out of date where another filter could not be loaded', async () => {
    await makeKey('Deploy bot');
    await open();
    await page.getByText('Keys shown: 1').waitFor();
    await page.route(/state=revoked/, (route) =>
      route.fulfill({ status: 503, json: { code: 'unavailable' } }),
    );
    await page.getByRole('combobox', { name: 'State' }).selectOption('revoked');
    await page.getByText('may be out of date', { exact: false }).waitFor();
    await expect(page.getByText('Keys shown: 1').count()).resolves.toBe(0);
  });

  it('is not all where pages without an entry came, and the search can go on', async () => {
    await makeKey('Deploy bot');
    app.signIn(admin);
    await open();
    let pages = 0;
    await page.route(/q=deploy/, async (route) => {
      pages += 1;
      if (pages <= 15) await route.fulfill({ json: { items: [], nextCursor: `after-${pages}` } });
      else await route.fulfill({ json: { items: [], nextCursor: null } });
    });
    await page.getByLabel('Search by name').fill('deploy');
    await page.getByText('Nothing found so far', { exact: false }).waitFor();
    await expect(page.getByText('No key matches').count()).resolves.toBe(0);
    await page.getByRole('button', { name: 'Search on' }).click();
    await page.getByText('No key matches').waitFor();
  });
});
