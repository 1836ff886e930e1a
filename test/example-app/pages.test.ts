import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request, { type Response } from 'supertest';
import { createApp } from '../../example-app/src/app.js';

const password = 'a-demo-password';
/** What browsers send when an address is opened, or a form of the page is sent. */
const browser = { Accept: 'text/html,*/*;q=0.8', 'Sec-Fetch-Site': 'same-origin' };

describe('the pages of the example app', () => {
  const folder = mkdtempSync(join(tmpdir(), 'express-api-keys-pages-'));
  const service = createApp({
    port: 0,
    host: '127.0.0.1',
    publicUrl: 'https://orders.example.com',
    database: `file:${join(folder, 'api-keys.db')}`,
    redisUrl: undefined,
    pepper: 'a pepper for tests, at least 32 bytes',
    demoPassword: password,
    demoPasswordIsRandom: false,
    demoStepUp: false,
    metricsToken: undefined,
  });
  const { app } = service;
  beforeAll(() => service.ready());
  afterAll(async () => {
    await service.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const signIn = (username: string, typed = password): Promise<Response> =>
    Promise.resolve(
      request(app).post('/session').set(browser).type('form').send({ username, password: typed }),
    );
  async function readCookie(username: string): Promise<string> {
    const answer = await signIn(username);
    return /^session=[^;]+/.exec(answer.headers['set-cookie']?.[0] ?? '')?.[0] ?? '';
  }

  it('sign people in by a cookie that scripts do not see and other sites do not send', async () => {
    const answer = await signIn('alice');
    expect(answer.status).toBe(303);
    expect(answer.headers['location']).toBe('settings');
    expect(answer.headers['set-cookie']?.[0]).toMatch(
      /^session=[\w-]+\.[\w-]+\.[\w-]+; Max-Age=3600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
  });

  it('say that the password is wrong, and show no cookie', async () => {
    const answer = await signIn('alice', '"><script>');
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('The name or the password is wrong.');
    expect(answer.text).not.toContain('<script>');
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('refuse forms from other sites', async () => {
    for (const path of ['/session', '/sign-out']) {
      const sent = await request(app).post(path).set('Sec-Fetch-Site', 'cross-site').type('form').send({});
      expect([sent.status, sent.headers['set-cookie']]).toEqual([403, undefined]);
    }
  });

  it('show the settings, with the element and under a strict policy, to who is signed in', async () => {
    const away = await request(app).get('/settings').set(browser);
    expect([away.status, away.headers['location']]).toEqual([303, './']);
    const cookie = await readCookie('mia');
    const { text, headers } = await request(app)
      .get('/settings')
      .set(browser)
      .set('Cookie', cookie)
      .expect(200);
    expect(text).toContain('Settings of mia of acme');
    expect(text).toContain('<api-keys-manager>');
    expect(headers['content-security-policy']).toContain(
      "script-src 'self';style-src 'self';connect-src 'self'",
    );
    expect(headers['content-security-policy']).toContain("trusted-types 'none'");
    await request(app).get('/api-keys/page/element.js').expect(200);
    await request(app).get('/style.css').expect(200).expect('Content-Type', /css/);
  });

  it('lead an admin to the page of all keys, where the cookie counts', async () => {
    const cookie = await readCookie('admin');
    const home = await request(app).get('/').set(browser).set('Cookie', cookie);
    expect(home.headers['location']).toBe('api-keys/');
    const page = await request(app).get('/api-keys/').set(browser).set('Cookie', cookie).expect(200);
    expect(page.text).toContain('<api-keys-manager');
    const { body } = await request(app).get('/api-keys/caller').set('Cookie', cookie).expect(200);
    expect(body).toMatchObject({ kind: 'admin', id: 'admin', ownerId: null });
    await request(app).get('/api-keys/caller').expect(401);
  });

  it('sign people out', async () => {
    const answer = await request(app).post('/sign-out').set(browser).expect(303);
    expect(answer.headers['set-cookie']?.[0]).toMatch(/^session=; .*Expires=Thu, 01 Jan 1970/);
  });
});
