import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request as requestOver, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express from 'express';
import helmet from 'helmet';
import request, { type Test } from 'supertest';
import type { AdminRouterOptions } from '../../lib/admin/admin-router.js';
import type { ApiKeys } from '../../lib/api-keys.js';
import { createApiKeys } from '../../lib/create-api-keys.js';
import type { Actor } from '../../lib/domain/actor.js';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import { testPepper } from '../harness/instance.js';
import { alice, expectProblem, mountPath, scopes, type TestScope } from './admin-app.js';

declare const EXPRESS_MAJOR: string;

/** What browsers send when an address is opened. */
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const elementFile = join(__dirname, '..', '..', 'dist', 'page', 'element.js');

/** The directives of a policy, by name. */
function readPolicy(headers: IncomingHttpHeaders): Record<string, string> {
  const policy = String(headers['content-security-policy']);
  return Object.fromEntries(
    policy.split(';').map((directive) => {
      const [name = '', ...values] = directive.trim().split(' ');
      return [name, values.join(' ')];
    }),
  );
}

const createInstance = (): ApiKeys<TestScope> =>
  createApiKeys<TestScope>({
    prefix: 'acme',
    scopes,
    pepper: testPepper,
    store: memoryStore(),
    bcryptCost: 8,
  });

const apiKeys = createInstance();
const app = express().use(helmet());
app.use(
  mountPath,
  apiKeys.adminRouter({
    authorize: (req) => JSON.parse(req.get('x-actor') ?? 'null') as Actor | null,
    page: true,
  }),
);
beforeAll(() => apiKeys.ready());
afterAll(() => apiKeys.close());

const open = (path: string): Test =>
  request(app)
    .get(mountPath + path)
    .set('Accept', browser);
const openAsAlice = (path: string): Test => open(path).set('X-Actor', JSON.stringify(alice));
const pathOfScript = (html: string): string => /src="([^"]+)"/.exec(html)?.[1] ?? '';

describe('the page', () => {
  it('is HTML with the custom element and nothing about anybody', async () => {
    const answer = await open('/').expect(200);
    expect(answer.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['vary']).toMatch(/\baccept\b/i);
    expect(answer.text).toContain('<api-keys-manager');
    const signedIn = await openAsAlice('/').expect(200);
    expect(signedIn.text).toBe(answer.text);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('R64 has a policy that allows its own script and style sheet and nothing else, whatever the app has set', async () => {
    const { headers, text } = await open('/').expect(200);
    const style = /<style>([^<]*)<\/style>/.exec(text)?.[1] ?? '';
    expect(readPolicy(headers)).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'style-src': `'sha256-${createHash('sha256').update(style).digest('base64')}'`,
      'connect-src': "'self'",
      'img-src': "'self'",
      'base-uri': "'none'",
      'form-action': "'none'",
      'frame-ancestors': "'none'",
      'require-trusted-types-for': "'script'",
      'trusted-types': "'none'",
    });
    expect(headers).toMatchObject({
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
    });
    expect(text).not.toMatch(/<script>|<script [^>]*>[^<]| on\w+=|style=|https?:/);
  });

  it('leaves every other answer as it is without a page', async () => {
    for (const accept of ['*/*', 'application/json', 'application/json, text/html', 'image/png']) {
      const answer = await request(app).get(`${mountPath}/`).set('Accept', accept);
      expectProblem(answer, 404, 'not_found');
    }
    expectProblem(await request(app).get(`${mountPath}/`).unset('Accept'), 404, 'not_found');
    expectProblem(await open('/keys'), 401, 'unauthenticated');
    expectProblem(await open('/nothing'), 404, 'not_found');
    const shown = await openAsAlice('/keys').expect(200);
    expect(shown.headers['content-type']).toBe('application/json; charset=utf-8');
    expect(readPolicy(shown.headers)).toMatchObject({ 'default-src': "'none'" });
    expect(readPolicy(shown.headers)).not.toHaveProperty('script-src');
  });

  it('answers HEAD like GET without a body, and other methods with 405', async () => {
    const answer = await request(app).head(`${mountPath}/`).set('Accept', browser).expect(200);
    expect(answer.text).toBeUndefined();
    expect(Number(answer.headers['content-length'])).toBe((await open('/')).text.length);
    for (const path of ['/', '/page/element.js']) {
      const refused = await request(app)
        .post(mountPath + path)
        .set('Accept', browser);
      expectProblem(refused, 405, 'method_not_allowed');
      expect(refused.headers['allow']).toBe('GET, HEAD');
    }
  });

  it('sends who opens it without a slash to the address with one, and to no other folder', async () => {
    const answer = await open('?a=1').expect(302);
    expect(answer.headers['location']).toBe('./api-keys/?a=1');
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(readPolicy(answer.headers)).toMatchObject({ 'default-src': "'none'" });
  });
});

describe('the script of the page', () => {
  it('is the built file, by a name that is kept forever and by one that is asked for again', async () => {
    const script = readFileSync(elementFile, 'utf8');
    const hashed = pathOfScript((await open('/')).text);
    expect(hashed).toMatch(/^page\/element-[0-9a-f]{16}\.js$/);
    const forever = await open(`/${hashed}`).expect(200);
    const again = await open('/page/element.js').expect(200);
    expect([forever.text, again.text].map((text) => text === script)).toEqual([true, true]);
    expect(forever.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(again.headers['cache-control']).toBe('no-cache');
    for (const { headers } of [forever, again]) {
      expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['pragma']).toBeUndefined();
      expect(headers['vary']).toMatch(/accept-encoding/i);
    }
  });

  it('is sent compressed to who takes that, and only when it has changed', async () => {
    const plain = await open('/page/element.js').set('Accept-Encoding', 'identity').expect(200);
    const gzipped = await open('/page/element.js').set('Accept-Encoding', 'gzip').expect(200);
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(gzipped.headers['content-encoding']).toBe('gzip');
    expect(Number(gzipped.headers['content-length'])).toBeLessThanOrEqual(60 * 1024);
    expect(gzipped.headers['etag']).not.toBe(plain.headers['etag']);
    const etag = String(gzipped.headers['etag']);
    await open('/page/element.js').set('Accept-Encoding', 'gzip').set('If-None-Match', etag).expect(304);
    await open('/page/element.js').set('Accept-Encoding', 'gzip').set('If-None-Match', '"other"').expect(200);
  });

  it.each([
    '/page/',
    '/page',
    '/page/element-0000000000000000.js',
    '/page/../../package.json',
    '/page/..%2f..%2fpackage.json',
    '/page/%2e%2e/%2e%2e/package.json',
    '/page/element.js/..',
    '/page/element%2ejs',
    '/page/element.d.ts',
    '/PAGE/element.js',
    '//page/element.js',
    '/page/element.js%00',
  ])('no path of a request chooses a file: %s', async (path) => {
    const server = app.listen(0);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const status = await new Promise((resolve, reject) => {
      const sent = requestOver({ port, path: mountPath + path, headers: { Accept: browser } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      sent.on('error', reject).end();
    });
    server.close();
    // Express 4 takes two slashes behind a mount path for one, and the script is public.
    const isOneSlash = EXPRESS_MAJOR === '4' && path.startsWith('//');
    expect(isOneSlash ? [200] : [400, 404]).toContain(status);
  });
});

describe('where the page is', () => {
  const createRouterWithPage = (): express.Router =>
    createInstance().adminRouter({ authorize: () => null, page: true });

  it.each(['/', '/a/b/c', '/t/:tenant/keys'])('any mount path: %s', async (path) => {
    const other = express().use(path, createRouterWithPage());
    const at = path.replace(':tenant', 'acme').replace(/\/?$/, '/');
    const { text } = await request(other).get(at).set('Accept', browser).expect(200);
    const script = new URL(pathOfScript(text), `http://app${at}`).pathname;
    await request(other)
      .get(script)
      .expect(200)
      .expect('Content-Type', /javascript/);
  });

  it('behind a proxy that strips a prefix', async () => {
    const upstream = express().use('/api-keys', createRouterWithPage()).listen(0);
    const proxy = createServer((req, res) => {
      const { port } = upstream.address() as AddressInfo;
      const path = String(req.url).replace(/^\/console/, '');
      const passed = requestOver({ port, path, headers: req.headers }, (answer) => {
        res.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(res);
      });
      req.pipe(passed);
    });
    proxy.listen(0);
    const browse = request.agent(proxy).set('Accept', browser);
    const moved = await browse.get('/console/api-keys').expect(302);
    const at = new URL(String(moved.headers['location']), 'http://proxy/console/api-keys').pathname;
    expect(at).toBe('/console/api-keys/');
    const { text } = await browse.get(at).expect(200);
    await browse.get(new URL(pathOfScript(text), `http://proxy${at}`).pathname).expect(200);
    proxy.close();
    upstream.close();
  });
});

describe('the option page', () => {
  const createRouter = (page: unknown): unknown =>
    createInstance().adminRouter({ authorize: () => null, page } as AdminRouterOptions<TestScope>);

  it.each([undefined, false])('%p: serves nothing', async (page) => {
    const other = express().use('/api-keys', createRouter(page) as express.Router);
    for (const path of ['/api-keys', '/api-keys/', '/api-keys/page/element.js']) {
      expectProblem(await request(other).get(path).set('Accept', browser), 404, 'not_found');
    }
  });

  it.each(['yes', 1, null, {}])('refuses %p', (page) => {
    expect(() => createRouter(page)).toThrow('adminRouter.page: takes true or false');
  });
});
