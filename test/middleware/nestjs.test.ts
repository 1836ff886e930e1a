import { fork, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { signRequest } from '../../lib/index.js';

jest.setTimeout(180_000);

interface NestApp {
  readonly url: string;
  readonly reading: { readonly id: string; readonly key: string };
  readonly writing: string;
  readonly limited: string;
  /** The id of the key whose private half is here. */
  readonly signing: string;
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

describe('an app in NestJS', () => {
  let child: ChildProcess;
  let app: NestApp;

  beforeAll(async () => {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    child = fork(join(__dirname, 'nest-app.mts'), [pem], {
      execArgv: ['--import', 'tsx'],
      env: { PATH: process.env['PATH'] },
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const ended = once(child, 'exit').then(() => Promise.reject(new Error(errors)));
    ended.catch(() => undefined);
    [app] = (await Promise.race([once(child, 'message'), ended])) as [NestApp];
  });
  afterAll(async () => {
    const ended = once(child, 'exit');
    child.disconnect();
    await ended;
  });

  const ask = async (path: string, key?: string, init: RequestInit = {}) => {
    const headers = { ...(init.headers as object), ...(key === undefined ? {} : { 'X-API-Key': key }) };
    const answer = await fetch(app.url + path, { ...init, headers });
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      body: text === '' ? null : (JSON.parse(text) as unknown),
    };
  };

  it.each(['/orders', '/orders/filtered', '/orders/behind-middleware'])(
    'lets the right key in and refuses others: %s',
    async (path) => {
      expect(await ask(path, app.reading.key)).toMatchObject({ status: 200, body: { owner: 'alice' } });
      expect((await ask(path)).status).toBe(401);
      expect((await ask(path, `${app.reading.key}x`)).status).toBe(401);
      expect((await ask(path, app.writing)).status).toBe(403);
    },
  );

  it('has the status and the message of a refusal from the filter of Nest itself', async () => {
    const { status, body } = await ask('/orders', app.writing);
    expect([status, body]).toEqual([403, { statusCode: 403, message: 'This API key lacks orders:read.' }]);
  });

  it('has its headers and its code from a filter of the app', async () => {
    const { status, headers, body } = await ask('/orders/filtered');
    expect([status, body]).toEqual([401, expect.objectContaining({ code: 'missing_credential' })]);
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect((await ask('/orders/filtered', app.limited)).status).toBe(200);
    const limited = await ask('/orders/filtered', app.limited);
    expect(limited).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(limited.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('has the problem as it is behind middleware', async () => {
    const { headers, body } = await ask('/orders/behind-middleware');
    expect(body).toMatchObject({ status: 401, code: 'missing_credential' });
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('manages keys behind the body parser of Nest, with the effect on the next request', async () => {
    const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' };
    const post = (path: string, body: object) =>
      ask(`/api-keys${path}`, undefined, { method: 'POST', headers, body: JSON.stringify(body) });
    const made = await post('/keys', { name: 'made over HTTP', scopes: ['orders:read'] });
    const { id, key } = made.body as { readonly id: string; readonly key: string };
    expect(made.status).toBe(201);
    expect((await ask('/orders', key)).status).toBe(200);
    expect((await post(`/keys/${id}/revoke`, {})).status).toBe(200);
    expect((await ask('/orders', key)).status).toBe(401);
  });

  it('checks signatures over bodies that Nest has parsed, with rawBody: true', async () => {
    const body = JSON.stringify({ item: 'Ünïcode', count: 2 });
    const signed = signRequest(
      { method: 'POST', url: 'http://nest.example/orders', body },
      { keyId: app.signing, privateKey, tag: 'acme' },
    );
    const send = (sent: string, more: object) =>
      ask('/orders', undefined, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', ...more },
        body: sent,
      });
    expect((await send(body, {})).status).toBe(401);
    expect((await send(body.replace('2', '3'), signed)).status).toBe(401);
    expect(await send(body, signed)).toMatchObject({ status: 201, body: { owner: 'alice' } });
    expect((await send(body, signed)).status).toBe(401);
  });
});
