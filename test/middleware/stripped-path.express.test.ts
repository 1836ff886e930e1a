import express from 'express';
import request from 'supertest';
import { createInstance } from '../harness/instance.js';
import { outcome, startSignedApp, type SignedApp } from '../harness/signed-app.js';
import { hmacAuthorization } from '../harness/signing.js';

/** Behind proxies that strip `/api` and `/v2/orders`, and one that strips nothing; the proxies rewrite no `Host`. */
const origins = ['https://shop.example/api', 'http://orders.example:8080/v2/orders', 'https://plain.example'];

let app: SignedApp;
beforeAll(async () => {
  app = await startSignedApp({ signatures: { origin: origins } });
});
afterAll(() => app.close());

const refused = '401 invalid_signature';

describe('signatures behind a proxy that strips the beginning of the path', () => {
  it.each([
    [{ '"@target-uri"': 'https://shop.example/api/signed?a=%20b' }],
    [{ '"@authority"': 'shop.example', '"@path"': '/api/signed', '"@query"': '?a=%20b' }],
    [
      {
        '"@target-uri"': 'https://shop.example/api/signed?a=%20b',
        '"@request-target"': '/api/signed?a=%20b',
        '"@scheme"': 'https',
      },
    ],
  ])('cover what the client called: %j', async (values: Record<string, string>) => {
    const signer = await app.signer();
    const components = ['"@method"', ...Object.keys(values), '"content-digest"'];
    const use = async (given: Record<string, string>, host = 'shop.example'): Promise<string> =>
      outcome(await app.use(signer, { target: '/signed?a=%20b', host, components, values: given }));
    expect(await use(values)).toBe('200');
    for (const [name, value] of Object.entries(values)) {
      const stripped = value.replace('/api', '').replace('https', 'http');
      if (stripped !== value) expect(await use({ ...values, [name]: stripped })).toBe(refused);
    }
    expect(await use(values, 'plain.example')).toBe(refused);
  });

  it.each([
    ['orders.example:8080', 'http://orders.example:8080/v2/orders/signed'],
    ['plain.example', 'https://plain.example/signed'],
  ])('of %s have its own path', async (host, uri) => {
    const signer = await app.signer();
    const use = async (value: string): Promise<string> =>
      outcome(await app.use(signer, { target: '/signed', host, values: { '"@target-uri"': value } }));
    expect(await use(uri)).toBe('200');
    expect(await use('https://shop.example/api/signed')).toBe(refused);
  });

  it('with a secret cover the path that the client called', async () => {
    const { id, token } = await app.instance.key({ signing: 'hmac' });
    const use = async (target: string, nonce: string): Promise<string> => {
      const signing = { ts: app.instance.clock.now(), nonce, target, method: 'GET', body: '' };
      const lines = ['Host: shop.example', `Authorization: ${hmacAuthorization(id, token, signing)}`];
      return outcome(await app.send({ target: '/signed?a=1', withoutHost: true, lines }));
    };
    expect(await use('/api/signed?a=1', 'one')).toBe('200');
    expect(await use('/signed?a=1', 'two')).toBe(refused);
  });

  it('cover the path that a forward-auth proxy forwards, as it is', async () => {
    const { apiKeys, clock } = app.instance;
    const { id, token } = await app.instance.key({ signing: 'hmac' });
    const forwarding = express().set('trust proxy', 'loopback');
    forwarding.use(apiKeys.forwardAuthRouter({ proxy: 'nginx', scopes: 'orders:read', signed: 'required' }));
    const signing = { ts: clock.now(), nonce: 'forwarded', target: '/api/orders', method: 'GET', body: '' };
    await request(forwarding)
      .get('/')
      .set({ Host: 'shop.example', 'X-Original-Method': 'GET', 'X-Original-URI': '/api/orders' })
      .set('Authorization', hmacAuthorization(id, token, signing))
      .expect(200);
  });

  it.each([
    'https://shop.example/',
    'https://shop.example/api/',
    'https://shop.example//api',
    'https://shop.example/a/../api',
    'https://shop.example/api?a=1',
    'https://shop.example/api#a',
    'https://shop.example/a b',
    'https://user:secret@shop.example/api',
    'https://SHOP.example/api',
    'https://shop.example:443/api',
    'ftp://shop.example/api',
    'shop.example/api',
    '/api',
    '',
    7,
    [],
    ['https://shop.example/api', 'https://shop.example/v2'],
    ['https://shop.example', 'http://shop.example'],
  ])('have no use for %j as origin', (origin) => {
    const create = (): unknown => createInstance({ signatures: { origin: origin as string } });
    expect(create).toThrow(/signatures\.origin: (?:takes an origin|names)/);
    expect(create).not.toThrow(/secret/);
  });
});
