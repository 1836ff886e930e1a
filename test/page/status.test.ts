import type { Browser } from 'playwright-core';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance } from '../harness/instance.js';
import { lookAt } from './look-at.js';
import { admin, launchBrowser, openPage, startPageApp } from './open-page.js';

jest.setTimeout(120_000);

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

it('an admin sees what the process that answers reaches, where it counts, and when another process comes', async () => {
  const store = memoryStore();
  const app = await startPageApp({ instance: { store } });
  app.signIn(admin);
  const { page, troubles, close } = await openPage(browser, app);
  await page.getByRole('link', { name: 'Health' }).click();
  await page.getByText('Everything works as it is set up.').waitFor();
  await page.getByText('Each process counts for itself.').waitFor();
  const processes = page.locator('dl > div').filter({ has: page.getByText('Processes', { exact: true }) });
  await expect(processes.locator('strong').textContent()).resolves.toBe('1');
  const lag = page.locator('dl > div').filter({ has: page.getByText('Lag', { exact: true }) });
  await expect(lag.locator('strong').textContent()).resolves.toMatch(/^[\d.,]+ (?:ms|sec)$/);
  await expect(page.getByRole('heading', { name: 'Other processes' }).count()).resolves.toBe(0);
  await lookAt(page, 'status');

  const { apiKeys } = createInstance({ store });
  await apiKeys.ready();
  await processes.getByText('2', { exact: true }).waitFor({ timeout: 40_000 });
  const [other] = app.apiKeys.status().others;
  const row = page.getByRole('row').filter({ hasText: other?.id ?? 'none' });
  await expect(row.getByRole('cell').first().textContent()).resolves.toMatch(/^[\d.,]+ (?:ms|sec)$/);
  await lookAt(page, 'status-two-processes');
  await apiKeys.close();

  // Without a connection, what was known stays, and it is said that it may be over.
  await page.context().setOffline(true);
  await page.getByText('No connection').waitFor({ timeout: 20_000 });
  await expect(processes.count()).resolves.toBe(1);
  await page.getByText('may be out of date', { exact: false }).waitFor();
  await expect(page.getByText('Everything works as it is set up.').count()).resolves.toBe(0);
  await page.context().setOffline(false);
  await page.getByText('No connection').waitFor({ state: 'detached' });
  expect({ troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  await close();
  await app.close();
});

it('a Redis that does not respond is said, with what that means', async () => {
  const app = await startPageApp({ instance: { redis: 'redis://127.0.0.1:1' } });
  app.signIn(admin);
  const { page, close } = await openPage(browser, app, {}, '/settings#/status');
  await page.getByText('something does not work as it is set up', { exact: false }).waitFor();
  await page.getByText('limits are not counted together', { exact: false }).waitFor();
  await lookAt(page, 'status-degraded');
  expect(app.reports).toEqual([]);
  await close();
  await app.close();
});
