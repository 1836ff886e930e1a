import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { buildApp, type BuiltApp } from '../example-app/built-app.js';
import { startApp, type RunningApp } from '../example-app/running-app.js';
import { findViolations, launchBrowser, takePicture } from './open-page.js';

jest.setTimeout(120_000);

const password = 'a-demo-password';
let [built, app, browser]: [BuiltApp, RunningApp, Browser] = [] as never;
const data = mkdtempSync(join(tmpdir(), 'express-api-keys-data-'));

beforeAll(async () => {
  built = buildApp();
  app = await startApp(built.folder, { DATA_DIR: data, DEMO_PASSWORD: password });
  await app.linesToPaste();
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser.close();
  await app.end('SIGTERM');
  built.remove();
  rmSync(data, { recursive: true, force: true });
});

/** A browser of one person, and everything in its console that is an error and no refused request. */
async function signIn(name: string): Promise<{ page: Page; troubles: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 } });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => {
    const isRefusal = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !isRefusal) troubles.push(message.text());
  });
  await page.goto(`${app.url}/`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  return { page, troubles };
}

async function createKey(page: Page, name: string): Promise<string> {
  // A place in an element without addresses of its own is a button.
  await page.getByRole('button', { name: 'Create key' }).first().click();
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Read orders').first().click();
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByText('Copy the key now').waitFor();
  return (await page.getByLabel('The key', { exact: true }).textContent()) ?? '';
}

async function readOrders(key: string): Promise<number> {
  return (await fetch(`${app.url}/orders`, { headers: { 'X-API-Key': key } })).status;
}

describe('the started example app', () => {
  it('prints the addresses of its pages first, and the lines for a terminal after', async () => {
    const output = app.output();
    await app.linesToPaste();
    expect(output.indexOf(`${app.url}/api-keys/`)).toBeGreaterThan(0);
    expect(output.indexOf(`${app.url}/api-keys/`)).toBeLessThan(output.indexOf('Paste this'));
  });

  it('gives an owner its keys in its settings: made there, a key works, and revoked there, it does not', async () => {
    const { page, troubles } = await signIn('alice');
    await page.getByRole('heading', { name: 'Settings of alice' }).waitFor();
    const key = await createKey(page, 'From the settings');
    expect(await readOrders(key)).toBe(200);
    await page.getByLabel('I have stored the key').click();
    await page.getByRole('button', { name: 'Done' }).click();

    await page.getByRole('button', { name: 'Revoke' }).click();
    await page.getByLabel(/Type the name/).fill('From the settings');
    await page.getByRole('button', { name: 'Revoke for good' }).click();
    await page.getByText('The key is revoked.').first().waitFor();
    expect(await readOrders(key)).toBe(401);
    expect(await findViolations(page)).toEqual([]);
    await takePicture(page, 'example-settings');
    expect(troubles).toEqual([]);
    await page.context().close();
  });

  it('gives an admin the page of all keys', async () => {
    const owner = await signIn('bob');
    const key = await createKey(owner.page, 'A key of bob');
    const { page, troubles } = await signIn('admin');
    expect(new URL(page.url()).pathname).toBe('/api-keys/');
    await page.getByText('A key of bob').first().waitFor();
    expect(await findViolations(page)).toEqual([]);
    expect(await page.content()).not.toContain(key);
    await takePicture(page, 'example-admin');
    expect([...troubles, ...owner.troubles]).toEqual([]);
    await page.context().close();
    await owner.page.context().close();
  });

  it('says that the session has ended when somebody signed out in another tab, and shows no secret again', async () => {
    const { page, troubles } = await signIn('mia');
    const key = await createKey(page, 'Interrupted');
    const other = await page.context().newPage();
    await other.goto(`${app.url}/settings`);
    await other.getByText('Interrupted').first().waitFor();
    expect(await other.content()).not.toContain(key);
    await other.getByRole('button', { name: 'Sign out' }).click();
    await other.getByRole('heading', { name: 'Orders: sign in' }).waitFor();

    await page.getByLabel('I have stored the key').click();
    await page.getByRole('button', { name: 'Done' }).click();
    // The page of the key was loaded before.
    await page.getByRole('button', { name: 'All keys' }).click();
    await page.getByText('You are signed out').first().waitFor();
    expect(
      await page.evaluate<string>('document.documentElement.getHTML({ serializableShadowRoots: true })'),
    ).not.toContain(key);
    await page.goto(`${app.url}/api-keys/`);
    await page.getByText('You are signed out').first().waitFor();
    await takePicture(page, 'example-signed-out');
    expect(troubles).toEqual([]);
    await page.context().close();
  });
});
