// @ts-check
// Takes the screenshots in docs/images of an example app that runs, started with `DEMO_PASSWORD=a-demo-password npm start` and without
// data of its own: `node test/docs/take-screenshots.mjs http://localhost:3000 a-demo-password`. The path of a Chromium can be given as `CHROMIUM`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { encodePalette } from './encode-palette.mjs';

const [, , url = 'http://localhost:3000', password = 'a-demo-password'] = process.argv;
const folder = new URL('../../docs/images/', import.meta.url);
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu'],
});

/** @param {string} name @param {import('playwright-core').BrowserContextOptions} options */
async function signIn(name, options) {
  const context = await browser.newContext({
    viewport: { width: 900, height: 680 },
    locale: 'en-GB',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(`${url}/`);
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((address) => address.pathname !== '/');
  return page;
}

/** @param {import('playwright-core').Page} page @param {object} body @returns {Promise<{ id: string, key: string }>} */
async function createKey(page, body) {
  const answer = await page.request.post(`${url}/api-keys/keys`, {
    data: { scopes: ['orders:read'], ...body },
    headers: { Origin: url },
  });
  if (!answer.ok()) throw new Error(await answer.text());
  return answer.json();
}

/** @param {import('playwright-core').Page} page @param {string} name */
async function take(page, name) {
  mkdirSync(folder, { recursive: true });
  // What has the focus stands out, and is not what the picture is about.
  await page.evaluate('document.activeElement?.shadowRoot?.activeElement?.blur()');
  const picture = encodePalette(await page.screenshot({ animations: 'disabled' }));
  writeFileSync(new URL(`${name}.png`, folder), picture);
  console.log(`${name}.png: ${picture.length} bytes`);
}

const alice = await signIn('alice', { colorScheme: 'light' });
const inDays = (/** @type {number} */ days) => new Date(Date.now() + days * 86_400_000).toISOString();
const { id, key } = await createKey(alice, {
  ...{ name: 'Nightly export', description: 'Runs on the reporting server.', expiresAt: inDays(90) },
  rateLimits: [{ name: 'minute', limit: 600, windowSeconds: 60 }],
});
await createKey(alice, { name: 'Deploy bot', scopes: ['orders:read', 'orders:write'], expiresAt: inDays(5) });
await createKey(alice, { name: 'Partner portal', expiresAt: inDays(12) });
await createKey(alice, { name: 'Warehouse tablet', expiresAt: inDays(365) });
for (let count = 0; count < 40; count++) {
  await alice.request.get(`${url}/orders`, { headers: { 'X-API-Key': key } });
}
await alice.waitForTimeout(15_000);

await alice.goto(`${url}/api-keys/`);
await alice.getByRole('link', { name: 'Nightly export' }).first().waitFor();
await take(alice, 'page-list');
await alice.goto(`${url}/api-keys/#/keys/${id}`);
await alice.getByText('allowed', { exact: false }).first().waitFor();
await alice.getByRole('button', { name: 'Rotate' }).click();
await alice.getByLabel(/until the new one is used/).check();
await alice.setViewportSize({ width: 900, height: 700 });
await take(alice, 'page-rotate');

const admin = await signIn('admin', { colorScheme: 'dark' });
await admin.goto(`${url}/api-keys/#/posture`);
await admin.getByText('Deploy bot').first().waitFor();
await admin.setViewportSize({ width: 900, height: 500 });
await take(admin, 'page-attention');
await browser.close();
