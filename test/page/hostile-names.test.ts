import type { Browser } from 'playwright-core';
import { admin, alice, launchBrowser, openPage, startPageApp, type PageApp } from './open-page.js';

jest.setTimeout(180_000);

/** Names and notes that would run, close a tag, turn the text around, or fill a place of a text, if they were anything but text. */
const hostile = [
  '<script>alert(1)</script>',
  '<img src=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><animate onbegin=alert(1) attributeName=x dur=1s>',
  '"><script>alert(1)</script>',
  "'><script>alert(1)</script>",
  '</title><script>alert(1)</script>',
  '</template><script>alert(1)</script>',
  '</style><script>alert(1)</script>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<iframe src=javascript:alert(1)>',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)//',
  'data:text/html,<script>alert(1)</script>',
  '<a href="javascript:alert(1)">click</a>',
  '<math><mi xlink:href="javascript:alert(1)">x</mi></math>',
  '<details open ontoggle=alert(1)>',
  '<input autofocus onfocus=alert(1)>',
  '<video><source onerror=alert(1)>',
  '<body onpageshow=alert(1)>',
  '<form action=javascript:alert(1)><button>x</button></form>',
  '<object data=javascript:alert(1)>',
  '<embed src=javascript:alert(1)>',
  '<base href=//evil.example/>',
  '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
  '<link rel=stylesheet href=//evil.example/x.css>',
  '<style>@import "//evil.example/x.css"</style>',
  '{{constructor.constructor("alert(1)")()}}',
  '${alert(1)}',
  '{name} {count} {ends}',
  '$& $1 $` $$',
  '__proto__',
  'constructor',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '%3Cscript%3Ealert(1)%3C/script%3E',
  '\u202Egnp.exe',
  'x'.repeat(100),
  'ﷺ'.repeat(30),
  'Zalgo Z̸̧̛a̷l̶g̵o̷',
  '"quoted" & \'single\' `tick`',
];

let app: PageApp;
let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
  app = await startPageApp();
});
afterAll(async () => {
  await browser.close();
  await app.close();
});

it('forty hostile names and notes are text on every view, and nothing of them runs', async () => {
  expect(hostile).toHaveLength(40);
  const keys = app.apiKeys.keys.as({ kind: 'application' });
  const made: { id: string; name: string }[] = [];
  for (const name of hostile) {
    try {
      const { id, name: kept } = await keys.create({ ownerId: 'alice', name, description: name, scopes: [] });
      made.push({ id, name: kept });
    } catch {
      // What the router refuses cannot be shown: control and direction characters.
    }
  }
  expect(made.length).toBeGreaterThan(36);
  const { page, troubles, close } = await openPage(browser, app);
  await page.getByRole('button', { name: 'Show more keys' }).click();
  for (const { name } of made) await page.getByRole('link', { name, exact: true }).first().waitFor();
  for (const { id, name } of made) {
    await page.goto(`${app.url}/settings#/keys/${id}`);
    await page.locator('h2', { hasText: name }).waitFor();
    await expect(page.locator('.description').textContent()).resolves.toBe(name);
  }
  await page.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('dialog').waitFor();
  await page.waitForTimeout(200);
  expect(troubles).toEqual([]);
  expect(app.reports).toEqual([]);
  expect(app.requested.filter((path) => !/^\/(settings|api-keys|host\.js|favicon)/.test(path))).toEqual([]);
  await close();
});

it('forty hostile ids of owners and reasons of suspensions are text on the views of admins', async () => {
  const owners = app.apiKeys.owners.as({ kind: 'application' });
  const made: string[] = [];
  for (const ownerId of hostile) {
    try {
      await owners.suspend({ ownerId, suspensionReason: ownerId });
      made.push(ownerId);
    } catch {
      // As above.
    }
  }
  expect(made.length).toBeGreaterThan(36);
  app.signIn(admin);
  const { page, troubles, close } = await openPage(browser, app, {}, '/settings#/owners');
  const more = page.getByRole('button', { name: 'Show more', exact: true });
  await more.click();
  for (const id of made) await page.getByRole('link', { name: id, exact: true }).first().waitFor();
  for (const id of made) {
    await page.goto(`${app.url}/settings#/owners/${encodeURIComponent(id)}`);
    await page.locator('h2', { hasText: id }).waitFor();
    await expect(page.locator('.description').textContent()).resolves.toBe(id);
  }
  await page.getByRole('button', { name: 'Resume' }).click();
  await page.getByRole('dialog').getByText('0', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('link', { name: 'Audit log' }).click();
  await page.getByRole('heading', { name: 'Audit log' }).waitFor();
  await more.click();
  for (const id of made) await page.getByRole('link', { name: id, exact: true }).first().waitFor();
  expect(troubles).toEqual([]);
  expect(app.reports).toEqual([]);
  expect(app.requested.filter((path) => !/^\/(settings|api-keys|host\.js|favicon)/.test(path))).toEqual([]);
  await close();
  app.signIn(alice);
});

/** Answers of the router with hostile names where its own grammar admits none, as a proxy or a store of somebody else could give them. */
function poison(path: string, body: Record<string, unknown>): object {
  const named = hostile.map((name) => ({
    name,
    description: name,
    grantable: true,
    ids: null,
    planIds: null,
  }));
  const bound = Object.fromEntries(hostile.map((name) => [name, [name]]));
  const key = { scopes: hostile, features: hostile, tags: hostile, resources: bound, metadata: bound };
  if (path.endsWith('/caller')) return { ...body, plans: hostile, environments: hostile };
  if (path.endsWith('/grantable')) return { ...body, scopes: named, features: named, resources: named };
  if (path.endsWith('/keys'))
    return { ...body, items: (body['items'] as object[]).map((item) => ({ ...item, ...key })) };
  if (/\/keys\/[^/]+$/.test(path)) return { ...body, ...key };
  return /\/owners\/[^/]+$/.test(path) ? { ...body, plan: hostile[0], overrides: bound } : body;
}

it('hostile names of scopes, features, resources, tags and plans are text, in lists, forms and summaries', async () => {
  app.signIn(admin);
  const { id } = await app.apiKeys.keys
    .as({ kind: 'application' })
    .create({ ownerId: 'mallory', name: 'Poisoned', scopes: [] });
  const { page, troubles, close } = await openPage(browser, app, {}, '/elsewhere');
  await page.route('**/api-keys/**', async (route) => {
    const response = await route.fetch();
    const { pathname } = new URL(route.request().url());
    if (!(response.headers()['content-type'] ?? '').includes('json')) return route.fulfill({ response });
    return route.fulfill({
      response,
      json: poison(pathname, (await response.json()) as Record<string, unknown>),
    });
  });
  const shown = async (selector: string): Promise<string> =>
    (await page.locator(selector).allTextContents()).join('\n');
  const expectAll = (text: string): void =>
    expect(hostile.filter((name) => !text.includes(name))).toEqual([]);

  await page.goto(`${app.url}/settings#/keys/${id}`);
  await page.getByRole('heading', { name: 'Poisoned' }).waitFor();
  expectAll(await shown('aside .tag'));
  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('group', { name: 'What it may do' }).waitFor();
  expectAll(await shown('dialog legend'));
  await dialog.getByRole('group', { name: 'What it may do' }).getByRole('checkbox').first().uncheck();
  await dialog.getByRole('group', { name: 'Features' }).getByRole('checkbox').first().uncheck();
  await dialog.getByLabel('Tags').fill('');
  expectAll(await shown('dialog td'));
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await page.goto(`${app.url}/settings#/new`);
  const boxes = page.getByRole('group', { name: 'What it may do' }).getByRole('checkbox');
  await boxes.first().waitFor();
  for (const box of await boxes.all()) await box.check();
  expectAll(await shown('.summary'));

  await page.goto(`${app.url}/settings#/owners/mallory`);
  await page.locator('aside', { hasText: hostile[0] ?? '' }).waitFor();
  await page.getByRole('button', { name: 'Change plan' }).click();
  expectAll(await shown('dialog option'));
  await page.waitForTimeout(200);
  expect({ troubles, reports: app.reports }).toEqual({ troubles: [], reports: [] });
  expect(
    app.requested.filter((path) => !/^\/(settings|elsewhere|api-keys|host\.js|favicon)/.test(path)),
  ).toEqual([]);
  await close();
  app.signIn(alice);
});
