import type { Browser, Locator, Page } from 'playwright-core';
import type { Actor } from '../../lib/domain/actor.js';
import { lookAt } from './look-at.js';
import { admin, launchBrowser, openPage, startPageApp, type OpenedPage, type PageApp } from './open-page.js';

jest.setTimeout(120_000);

let [app, browser, opened]: [PageApp, Browser, OpenedPage] = [] as never;
let page: Page;
let id = '';
const theApp = { kind: 'application' } as const;
const rights = {
  features: { block_trades: 'Place block trades', beta: 'Use what is not finished' },
  resources: { project: 'A project' },
} as object;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  app = await startPageApp({ instance: rights });
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
  await page.getByRole('alert').getByText('Addresses: entry 1 must be an IPv4', { exact: false }).waitFor();
  await expect(page.getByLabel('Addresses and networks').inputValue()).resolves.toBe('not-an-address');
  const speak = (language: string): Promise<unknown> =>
    page.evaluate(`document.querySelector('api-keys-manager').lang = '${language}'`);
  await speak('de');
  await page.getByRole('alert').getByText('Adressen: Eintrag 1 muss eine IPv4-', { exact: false }).waitFor();
  await speak('en');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('The key is changed.').count()).resolves.toBe(0);
  await expect(read()).resolves.toMatchObject({ version: 1 });
});

describe('limits, credits, resources, features, tags and data', () => {
  const group = (name: string): Locator => page.getByRole('group', { name, exact: true });

  /** Opens the form as somebody else, about a key that has some of each. */
  async function openAs(actor: Actor, change: object): Promise<void> {
    await app.apiKeys.keys.as(theApp).update({ id, ...change });
    app.signIn(actor);
    await page.reload();
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('dialog').getByLabel('Name').waitFor();
  }

  it('an admin sets all of them, sees what they become, and what is cleared is not what is empty', async () => {
    await openAs(admin, {
      rateLimits: [{ name: 'burst', limit: 10, windowSeconds: 7 }],
      credits: { remaining: 500, refillAmount: 500, refillIntervalSeconds: 86_400 },
      resources: { project: ['p1'] },
      ...{ features: ['beta'], tags: ['production', 'eu west'], metadata: { tier: [2, 1] } },
    });
    await page.getByText('Nothing is changed yet.').waitFor();

    // A window that stays keeps its name, and with it what was counted in it.
    await group('Limits').getByLabel('Requests').fill('20');
    await page.getByRole('button', { name: 'Add a limit' }).click();
    await group('Limits').getByLabel('Requests').last().fill('x');
    await group('Credits').getByLabel('Set').check();
    await page.getByLabel('Credits left').fill('');
    await save();
    await page.getByText('Write a whole number from 1 on.').waitFor();
    await page.getByText('Write a whole number from 0 on.').waitFor();
    await group('Limits').getByLabel('Requests').last().fill('1000');
    await group('Limits').getByLabel('per').last().selectOption('day');
    await page.getByLabel('Credits left').fill('0');
    await group('Credits').getByRole('combobox').selectOption('hour');
    await group('Only for: A project').getByLabel('Ids').fill('p1\np2');
    await group('Features').getByLabel('Use what is not finished').uncheck();
    await group('Features').getByLabel('Place block trades').check();
    await page.getByLabel('Tags').fill('');
    await page.getByLabel('Data of the app').fill('[1]');
    await save();
    await page.getByText('Write one JSON object').waitFor();
    await page.locator('textarea:focus').waitFor();
    await page.getByLabel('Data of the app').fill('{ "tier": [1, 2] }');

    const row = (name: string): Promise<void> => page.getByRole('row', { name, exact: true }).waitFor();
    await row('Limits 10 requests per 7 seconds 20 requests per 7 seconds 1,000 requests per day');
    await row('Credits 500, refilled to 500 every day 0, refilled to 500 every hour');
    await row('Only for project: p1 project: p1, p2');
    await row('Features beta block_trades');
    await row('Tags production, eu west none');
    await lookAt(page, 'edit-admin');
    const sent = page.waitForRequest((request) => request.method() === 'PATCH');
    await save();
    await page.getByText('The key is changed.').first().waitFor();
    expect((await sent).postDataJSON()).toEqual({
      rateLimits: [
        { name: 'burst', limit: 20, windowSeconds: 7 },
        { name: 'limit-1', limit: 1_000, windowSeconds: 86_400 },
      ],
      credits: { remaining: 0, refillAmount: 500, refillIntervalSeconds: 3_600 },
      ...{ resources: { project: ['p1', 'p2'] }, features: ['block_trades'], tags: [] },
      metadata: { tier: [1, 2] },
    });

    // No limits, no credits and no resources are each said in words of their own.
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByRole('button', { name: 'Remove limit 1' }).click();
    await page.getByRole('button', { name: 'Remove limit 1' }).click();
    await group('Credits').getByLabel('No credits needed').check();
    await group('Only for: A project').getByLabel('All').check();
    await row('Credits 0, refilled to 500 every hour No credits needed');
    await row('Only for project: p1, p2 all');
    await save();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect(read()).resolves.toMatchObject({ rateLimits: [], credits: null, resources: null });
    expect({ troubles: opened.troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  });

  it('a person sets no more than may be granted, keeps what the key has, and is shown what changed meanwhile', async () => {
    const ceiling = [{ name: 'minute', limit: 600, windowSeconds: 60 }];
    const grants = {
      ...{ scopes: ['orders:read'], features: ['block_trades'], resources: { project: ['p1', 'p2'] } },
      limits: { rateLimits: ceiling, credits: 1_000 },
    };
    const given = { resources: { project: ['p1', 'p9'] }, features: ['beta'], rateLimits: ceiling };
    await openAs(
      { kind: 'owner', ownerId: 'alice', grants },
      { ...given, credits: { remaining: 100 }, metadata: { tier: 1 } },
    );
    await expect(page.getByLabel('Data of the app').count()).resolves.toBe(0);
    await page.getByText('At most 600 requests per minute.').waitFor();
    await expect(group('Credits').getByLabel('No credits needed').count()).resolves.toBe(0);
    await group('Credits').getByLabel('Set').check();
    await page.getByText('They can only be lowered: at most 100.', { exact: false }).waitFor();
    await expect(page.getByLabel('Refilled to').count()).resolves.toBe(0);
    await page.getByLabel('Credits left').fill('50');
    // What the key has beyond the grants can stay or go.
    await expect(group('Only for: A project').getByLabel('p9').isChecked()).resolves.toBe(true);
    await group('Only for: A project').getByLabel('p1').uncheck();
    await expect(group('Features').getByLabel('Use what is not finished').isChecked()).resolves.toBe(true);
    await group('Limits').getByLabel('Requests').fill('601');
    await save();
    await page.getByRole('alert').getByText('at most 600 in 60 seconds', { exact: false }).waitFor();
    await group('Limits').getByLabel('Requests').fill('500');

    await app.apiKeys.keys.as(theApp).update({ id, tags: ['moved'] });
    await save();
    const conflict = page.getByRole('dialog', { name: 'Somebody else has changed this key' });
    await conflict.getByRole('row', { name: 'Tags none moved', exact: true }).waitFor();
    await conflict.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('The key is changed.').first().waitFor();
    await expect(read()).resolves.toMatchObject({
      ...{ resources: { project: ['p9'] }, features: ['beta'], tags: ['moved'], metadata: { tier: 1 } },
      rateLimits: [{ name: 'minute', limit: 500 }],
      credits: { remaining: 50 },
    });
    expect(opened.troubles).toEqual([]);
  });
});
