import type { Browser, Page } from 'playwright-core';
import { memoryStore } from '../../lib/testing/index.js';
import {
  launchBrowser,
  openPage,
  startPageApp,
  type OpenedPage,
  type PageApp,
  type PageAppOptions,
} from './open-page.js';

jest.setTimeout(90_000);

let [app, browser, opened]: [PageApp, Browser, OpenedPage] = [] as never;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
afterEach(async () => {
  await opened.close();
  await app.close();
});

const theApp = { kind: 'application' } as const;

/** Opens the page of a new key of alice. */
async function openKey(options: PageAppOptions = {}): Promise<{ id: string; key: string }> {
  app = await startPageApp(options);
  const { id, key } = await app.apiKeys.keys
    .as(theApp)
    .create({ ownerId: 'alice', name: 'Deploy bot', scopes: ['orders:read'] });
  opened = await openPage(browser, app, {}, `/settings#/keys/${id}`);
  ({ page } = opened);
  await page.getByRole('button', { name: 'Revoke' }).waitFor();
  return { id, key };
}

describe('a change', () => {
  it('that somebody else was faster with shows what changed, and is made only when it is wanted of that', async () => {
    const { id } = await openKey();
    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByLabel('It works on for a while').waitFor();
    await app.apiKeys.keys.as(theApp).update({ id, enabled: false, name: 'Deploy robot' });
    await page.getByRole('button', { name: 'Rotate now' }).click();
    const dialog = page.getByRole('dialog', { name: 'Somebody else has changed this key' });
    await dialog.getByRole('row', { name: 'enabled true false' }).waitFor();
    await dialog.getByRole('row', { name: 'name Deploy bot Deploy robot' }).waitFor();
    await expect(dialog.getByRole('row', { name: 'updatedAt' }).count()).resolves.toBe(0);
    await expect(app.apiKeys.keys.as(theApp).get({ id })).resolves.toMatchObject({ version: 2 });

    await dialog.getByRole('button', { name: 'Go on' }).click();
    await page.getByText('Copy the key now').waitFor();
    await expect(app.apiKeys.keys.as(theApp).get({ id })).resolves.toMatchObject({
      ...{ version: 3, enabled: false, name: 'Deploy robot' },
    });
    expect(opened.troubles).toEqual([]);
  });

  it('of two tabs at once is made by one of them; the other one sees it', async () => {
    const { id } = await openKey();
    const other = await page.context().newPage();
    await other.goto(page.url());
    for (const tab of [page, other]) {
      await tab.getByRole('button', { name: 'Rotate' }).click();
      await tab.getByLabel('It ends at once').check();
    }
    await Promise.all([page, other].map((tab) => tab.getByRole('button', { name: 'Rotate now' }).click()));
    const outcomes = await Promise.all(
      [page, other].map(async (tab) => {
        const made = tab.getByText('Copy the key now');
        const lost = tab.getByText('Somebody else has changed this key');
        await made.or(lost).waitFor();
        return (await made.count()) > 0 ? 'made' : 'lost';
      }),
    );
    expect(outcomes.toSorted()).toEqual(['lost', 'made']);
    await expect(app.apiKeys.keys.as(theApp).get({ id })).resolves.toMatchObject({ version: 2 });
  });

  it('answered with 202 shows until when it is not everywhere, and then that it is', async () => {
    const store = memoryStore();
    await openKey({ instance: { store } });
    // Another process that does not say what it has applied.
    await store.feed.join({ id: 'silent', acked: 0, leaseMs: 4_000 });
    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    const note = page.locator('.pending');
    await note.waitFor();
    const first = (await note.textContent()) ?? '';
    expect(first).toMatch(
      /^Saved\. Not every server knows it yet: in effect everywhere in at most \d+ s, by /,
    );
    const secondsIn = (text: string): number => Number(/most (\d+) s/.exec(text)?.[1]);
    await page.waitForTimeout(1_600);
    expect(secondsIn((await note.textContent()) ?? '')).toBeLessThan(secondsIn(first));
    await page.locator('.pending', { hasText: 'In effect everywhere.' }).waitFor({ timeout: 20_000 });
  });

  it('that needs a second factor asks for its code, and again when it was wrong', async () => {
    const { key } = await openKey({
      router: { stepUp: { operations: ['revoke'], verify: ({ code }) => code === '492039' } },
    });
    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByLabel(/Type the name/).fill('Deploy bot');
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    const dialog = page.getByRole('dialog', { name: 'Confirm that it is you' });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });
    await expect(app.apiKeys.keys.verify({ key })).resolves.toMatchObject({ allowed: true });

    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await dialog.getByLabel('Code of your second factor').fill('111111');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await dialog.getByRole('alert').waitFor();
    await dialog.getByLabel('Code of your second factor').fill('492039');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    await page.getByText('The key is revoked.').first().waitFor();
    await expect(app.apiKeys.keys.verify({ key })).resolves.toMatchObject({ code: 'key_revoked' });
  });

  it('whose answer is lost is made once, however often it is tried', async () => {
    const { id } = await openKey();
    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByLabel('It ends at once').check();
    // The request arrives, and the answer does not.
    await page.route('**/rotate', async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await page.getByRole('button', { name: 'Rotate now' }).click();
    await page.getByText('It is not known whether the change was made', { exact: false }).waitFor();
    await expect(page.getByText('The key has a new secret.').count()).resolves.toBe(0);
    await page.unroute('**/rotate');
    await page.getByRole('button', { name: 'Rotate now' }).click();
    await page.getByText('Rotate it again.', { exact: false }).waitFor();
    await expect(app.apiKeys.keys.as(theApp).get({ id })).resolves.toMatchObject({ version: 2 });
  });

  it('of somebody whose session has ended is not shown as made', async () => {
    const { key } = await openKey();
    await page.evaluate(`addEventListener('api-keys-signed-out', () => { document.title = 'signed out'; })`);
    await page.getByRole('button', { name: 'Disable' }).click();
    app.signIn(null);
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('You are signed out').waitFor();
    await expect(page.title()).resolves.toBe('signed out');
    await expect(page.getByText('The key is disabled.').count()).resolves.toBe(0);
    await expect(app.apiKeys.keys.verify({ key })).resolves.toMatchObject({ allowed: true });
  });
});
