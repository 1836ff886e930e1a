import request, { type Response } from 'supertest';
import { alice, expectProblem, makeKey, mountPath, startAdminApp, type AdminApp } from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp({
    router: { allowedOrigins: ['https://console.example'] },
    configure: (app) => void app.set('trust proxy', 1),
  });
});
afterAll(() => adminApp.close());

const host = 'api.example:8443';

function post(headers: Record<string, string>): Promise<Response> {
  return request(adminApp.server)
    .post(`${mountPath}/keys`)
    .set({ 'X-Actor': JSON.stringify(alice), Host: host, ...headers })
    .send({ name: 'a key', scopes: [] });
}

describe('a state-changing request', () => {
  it.each<[string, Record<string, string>]>([
    ['of no browser', {}],
    ['of the same site', { 'Sec-Fetch-Site': 'same-origin', Cookie: 'session=1' }],
    ['that the user began', { 'Sec-Fetch-Site': 'none', Cookie: 'session=1' }],
    ['of the same origin', { Origin: `http://${host}`, Cookie: 'session=1' }],
    [
      'of the same origin behind a proxy',
      {
        Origin: 'https://public.example',
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-Host': 'public.example',
        Cookie: 'session=1',
      },
    ],
    ['of an allowed origin', { Origin: 'https://console.example', Cookie: 'session=1' }],
    [
      'of an allowed origin on another site',
      {
        Origin: 'https://console.example',
        'Sec-Fetch-Site': 'cross-site',
        Cookie: 'session=1',
      },
    ],
  ])('is carried out: %s', async (_what, headers) => {
    expect((await post(headers)).status).toBe(201);
  });

  it.each<[string, Record<string, string>]>([
    ['of another site', { 'Sec-Fetch-Site': 'cross-site' }],
    ['of the same site, but another origin', { 'Sec-Fetch-Site': 'same-site' }],
    ['with an unknown Sec-Fetch-Site', { 'Sec-Fetch-Site': 'Same-Origin' }],
    ['with two Sec-Fetch-Site values', { 'Sec-Fetch-Site': 'same-origin, cross-site' }],
    ['of another site that claims our origin', { 'Sec-Fetch-Site': 'cross-site', Origin: `http://${host}` }],
    ['with cookies and nothing that says where it comes from', { Cookie: 'session=1' }],
    ['of no origin', { Origin: 'null' }],
    ['of an empty origin', { Origin: '' }],
    ['of another origin', { Origin: 'https://evil.example' }],
    ['of another scheme', { Origin: `https://${host}` }],
    ['of another port', { Origin: 'http://api.example' }],
    ['of an origin that begins like ours', { Origin: `http://api.example.evil:8443` }],
    ['of an origin that ends like ours', { Origin: `http://evil-${host}` }],
    ['of an origin that contains ours', { Origin: `http://${host}@evil.example` }],
    ['of an origin with a path', { Origin: `http://${host}/` }],
    ['of an origin in capitals', { Origin: `HTTP://${host.toUpperCase()}` }],
    ['of two origins', { Origin: `http://${host}, https://evil.example` }],
    ['of an origin that begins like an allowed one', { Origin: 'https://console.example.evil' }],
    ['of an allowed origin with a trick', { Origin: 'https://console.example%60.evil.example' }],
    ['of an allowed host with another scheme', { Origin: 'http://console.example' }],
  ])('is refused: %s', async (_what, headers) => {
    const answer = await post(headers);
    expectProblem(answer, 403, 'cross_site_request');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  it('R63 is refused before the app is asked who sent it', async () => {
    let asked = 0;
    const counting = await startAdminApp({ router: { authorize: () => ((asked += 1), alice) } });
    await counting.as(null).post('/keys').set('Sec-Fetch-Site', 'cross-site').expect(403);
    expect(asked).toBe(0);
    await counting.close();
  });

  it('R63 is refused with every method and on every path that changes something', async () => {
    const { id, version } = await makeKey(adminApp, alice);
    const client = adminApp.as(alice);
    for (const sent of [
      client.post(`/keys/${id}/rotate`),
      client.post(`/keys/${id}/revoke`),
      client.delete(`/keys/${id}`),
      client.patch(`/keys/${id}`).send({ name: 'x' }),
      client.post('/self/revoke'),
    ]) {
      expectProblem(await sent.set('Sec-Fetch-Site', 'cross-site'), 403, 'cross_site_request');
    }
    expect((await client.get(`/keys/${id}`)).body).toMatchObject({ version });
  });

  it('does not believe a forwarded host that no proxy of ours has written', async () => {
    const direct = await startAdminApp();
    const answer = await direct
      .as(alice)
      .post('/keys')
      .set({ Host: host, Origin: 'http://evil.example', 'X-Forwarded-Host': 'evil.example' })
      .send({ name: 'a key', scopes: [] });
    expectProblem(answer, 403, 'cross_site_request');
    await direct.close();
  });
});

describe('a request that only reads', () => {
  it('may come from anywhere; another site cannot read its answer', async () => {
    const answer = await adminApp
      .as(alice)
      .get('/keys')
      .set({ 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example', Cookie: 'session=1' })
      .expect(200);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
  });
});

describe('the detail of a refusal', () => {
  it.each<[string, Record<string, string>, RegExp]>([
    [
      'a cookie without Origin',
      { Cookie: 'session=1' },
      /a Cookie and neither Sec-Fetch-Site nor Origin.*sends Sec-Fetch-Site: same-origin/,
    ],
    [
      'another origin',
      { Origin: 'https://evil.example' },
      /Origin is neither .* nor one of allowedOrigins.*'trust proxy'/,
    ],
    ['another site', { 'Sec-Fetch-Site': 'cross-site' }, /Sec-Fetch-Site says.*allowedOrigins/],
  ])('names what to send: %s', async (_what, headers, detail) => {
    const answer = await post(headers);
    expectProblem(answer, 403, 'cross_site_request');
    expect((answer.body as { detail: string }).detail).toMatch(detail);
  });

  it('of a session cookie can be followed', async () => {
    expect((await post({ Cookie: 'session=1', 'Sec-Fetch-Site': 'same-origin' })).status).toBe(201);
    expect((await post({ Cookie: 'session=1', Origin: `http://${host}` })).status).toBe(201);
  });
});
