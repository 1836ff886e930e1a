import type { Browser, Page } from 'playwright-core';
import { launchBrowser, openPage, startPageApp, type OpenedPage, type PageApp } from './open-page.js';

jest.setTimeout(90_000);

let [app, browser, opened]: [PageApp, Browser, OpenedPage] = [] as never;
let page: Page;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());
beforeEach(async () => {
  app = await startPageApp();
  opened = await openPage(browser, app);
  ({ page } = opened);
});
afterEach(async () => {
  await opened.close();
  await app.close();
});

async function verify(key: string, scope: 'orders:read' | 'orders:write' = 'orders:read'): Promise<string> {
  const verdict = await app.apiKeys.keys.verify({ key, scopes: scope });
  return verdict.allowed ? 'allowed' : verdict.code;
}

async function readSecret(): Promise<string> {
  await page.getByText('Copy the key now').waitFor();
  return (await page.getByLabel('The key', { exact: true }).textContent()) ?? '';
}

/** The label of what has the focus. */
function readFocus(): Promise<string> {
  return page.evaluate<string>(
    `(() => {
      const focused = document.querySelector('api-keys-manager').shadowRoot.activeElement;
      const label = focused?.labels?.[0] ?? focused;
      return (label?.getAttribute('aria-label') ?? label?.textContent ?? '').trim();
    })()`,
  );
}

async function expectNoTrouble(): Promise<void> {
  expect(opened.troubles).toEqual([]);
  // A report is sent after what it is about.
  await page.waitForTimeout(100);
  expect(app.reports).toEqual([]);
}

describe('the life of a key', () => {
  it('is led by mouse: made, shown once, rotated, disabled, enabled, revoked', async () => {
    await page.getByText('No keys yet').waitFor();
    await page.getByRole('link', { name: 'Create key' }).click();
    // Only what alice may grant, with its sentence.
    await page.getByLabel('Read orders').waitFor();
    await expect(page.getByLabel('Read reports').count()).resolves.toBe(0);

    await page.getByRole('button', { name: 'Create key' }).click();
    await page.getByText('Write a name.').waitFor();
    await expect(readFocus()).resolves.toMatch(/^Name/);

    await page.getByLabel('Name').fill('Nightly export');
    await page.getByLabel('Read orders').click();
    await page.getByLabel('In 30 days').click();
    await page.getByRole('button', { name: 'Add a limit' }).click();
    await page
      .getByText('“Nightly export” may: Read orders. It works from any address. It ends', { exact: false })
      .waitFor();
    await page.getByRole('button', { name: 'Create key' }).click();

    const first = await readSecret();
    expect(first).toMatch(/^acme_live_[0-9A-Za-z]{65}$/);
    await expect(verify(first)).resolves.toBe('allowed');
    await expect(verify(first, 'orders:write')).resolves.toBe('insufficient_scope');
    await expect(page.getByRole('button', { name: 'Done' }).isDisabled()).resolves.toBe(true);
    await page.keyboard.press('Escape');
    await expect(readSecret()).resolves.toBe(first);
    await page.getByLabel('I have stored the key').click();
    await page.getByRole('button', { name: 'Done' }).click();

    const [record] = (await app.apiKeys.keys.as({ kind: 'application' }).list()).items;
    expect(record).toMatchObject({ name: 'Nightly export', ownerId: 'alice', scopes: ['orders:read'] });
    expect(record?.rateLimits).toMatchObject([{ limit: 60, windowSeconds: 60 }]);
    const days = ((record?.expiresAt?.getTime() ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29.9);
    expect(days).toBeLessThanOrEqual(30);

    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByLabel('It works on for a while').waitFor();
    await page.getByText(/Old secret: works until/).waitFor();
    await page.getByLabel('It ends at once').click();
    await page.getByText('Old secret: ends at once. Newest secret: works from now on.').waitFor();
    await page.getByRole('button', { name: 'Rotate now' }).click();
    const second = await readSecret();
    expect(second).not.toBe(first);
    await expect(verify(first)).resolves.toBe('secret_rotated');
    await expect(verify(second)).resolves.toBe('allowed');
    await page.getByLabel('I have stored the key').click();
    await page.getByRole('button', { name: 'Done' }).click();

    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click();
    await page.getByText('The key is disabled.').first().waitFor();
    await expect(verify(second)).resolves.toBe('key_disabled');
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('The key is enabled.').first().waitFor();
    await expect(verify(second)).resolves.toBe('allowed');

    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByLabel('Reason').selectOption('keyCompromise');
    await page.getByLabel('Comment').fill('found in a repository');
    await page.getByLabel(/Type the name/).fill('nightly');
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('This is not the name of the key.').waitFor();
    await expect(verify(second)).resolves.toBe('allowed');
    await page.getByLabel(/Type the name/).fill('Nightly export');
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('The key is revoked.').first().waitFor();
    await expect(verify(second)).resolves.toBe('key_revoked');
    await page.getByText('found in a repository').waitFor();
    await expect(page.getByRole('button', { name: 'Rotate' }).count()).resolves.toBe(0);
    await page.getByText('In effect everywhere.').first().waitFor();

    await page.getByRole('link', { name: 'All keys' }).click();
    await page.getByRole('cell', { name: 'Revoked' }).waitFor();
    await expectNoTrouble();
  });

  it('is led by keyboard alone', async () => {
    /** Presses Tab until an element with this name has the focus. */
    async function tabTo(name: string | RegExp): Promise<void> {
      const pattern = typeof name === 'string' ? new RegExp(`^${name}`) : name;
      const seen: string[] = [];
      for (let presses = 0; presses < 60; presses++) {
        const focused = await readFocus();
        if (pattern.test(focused)) return;
        seen.push(focused);
        await page.keyboard.press('Tab');
      }
      throw new Error(`No Tab leads to ${pattern}; these had the focus: ${seen.join(' | ')}`);
    }
    await page.getByText('No keys yet').waitFor();
    await tabTo('Create key');
    await page.keyboard.press('Enter');
    await page.getByLabel('Name').waitFor();
    await tabTo('Name');
    await page.keyboard.type('By keyboard');
    await tabTo('Read orders');
    await page.keyboard.press('Space');
    await tabTo('Create key');
    await page.keyboard.press('Enter');
    const first = await readSecret();
    await tabTo('I have stored');
    await page.keyboard.press('Space');
    await tabTo('Done');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Rotate' }).waitFor();

    await tabTo(/^Rotate$/);
    await page.keyboard.press('Enter');
    await page.getByLabel('It works on for a while').waitFor();
    await tabTo('It works on');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.getByText('Old secret: ends at once.', { exact: false }).waitFor();
    await tabTo('Rotate now');
    await page.keyboard.press('Enter');
    const second = await readSecret();
    await expect(verify(first)).resolves.toBe('secret_rotated');
    await tabTo('I have stored');
    await page.keyboard.press('Space');
    await tabTo('Done');
    await page.keyboard.press('Enter');

    await tabTo('Disable');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await tabTo('Disable');
    await page.keyboard.press('Enter');
    await page.getByText('The key is disabled.').first().waitFor();
    await expect(verify(second)).resolves.toBe('key_disabled');
    await tabTo('Enable');
    await page.keyboard.press('Enter');
    await page.getByText('The key is enabled.').first().waitFor();

    await tabTo('Revoke');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    // Closed by Escape, a dialog gives the focus back to the button that opened it.
    await tabTo(/^Revoke$/);
    await page.keyboard.press('Enter');
    await tabTo('Type the name');
    await page.keyboard.type('By keyboard');
    await page.keyboard.press('Enter');
    await page.getByText('The key is revoked.').first().waitFor();
    await expect(verify(second)).resolves.toBe('key_revoked');
    await expectNoTrouble();
  });
});
