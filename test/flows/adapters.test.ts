import { createHmac } from 'node:crypto';
import express, { type Express, type Request, type RequestHandler } from 'express';
import { keepRawBody } from '../../lib/index.js';
import { deltadefiRouter, deribitRouter, nebulaRouter, yativoRouter } from '../../lib/dialects/index.js';
import {
  adapters,
  clientAddress,
  sendWithBodyInStreamOnly,
  type AdapterAnswer,
  type AdapterRequest,
} from '../harness/adapters.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { newEd25519, pemOf } from '../harness/signed-app.js';
import { hmacAuthorization, signed, type Signing, type TestSigner } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';

type Lines = NonNullable<AdapterRequest['lines']>;

/** An access token of the app, for owners in the dialects. */
const accessToken = 'eyJhbGciOiJub25lIn0.YWxpY2U.c2ln';
const json = ['Content-Type', 'application/json'] as const;

let instance: TestInstance;
let app: Express;
let token: string;
let wrongToken: string;
let signer: TestSigner;
let hmacKey: { id: string; token: string };

beforeAll(async () => {
  instance = createInstance({ signatures: {}, tokens: { issuer: 'https://api.example' } });
  const { apiKeys } = instance;
  app = express();
  const answer: RequestHandler = (req, res) => void res.json({ body: (req.body as unknown) ?? null });
  const guard = apiKeys.requireApiKey('orders:read');
  const signedOnly = apiKeys.requireApiKey('orders:read', { signed: 'required' });
  app.get('/orders', guard, answer);
  app.get('/deleted', change(deleteKey), guard, answer);
  app.get('/renamed', change(renameKey), guard, answer);
  app.all('/signed', signedOnly, express.json(), answer);
  app.all('/kept', express.json({ verify: keepRawBody }), signedOnly, answer);
  app.all('/signed/changed', change(deleteSignature), signedOnly, answer);
  app.use('/oauth', apiKeys.tokenRouter());
  app.use('/admin', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  const verifyAccessToken = (sent: string): string | null => (sent === accessToken ? 'alice' : null);
  app.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken }));
  app.use('/deltadefi', deltadefiRouter(apiKeys, { verifyAccessToken }));
  app.use('/yativo', yativoRouter(apiKeys, { verifyAccessToken, scopeMap: {} }));
  app.use('/deribit', deribitRouter(apiKeys, { verifyAccessToken, scopeMap: {} }));
  await apiKeys.ready();
  ({ token } = await instance.key());
  wrongToken = await revokedToken();
  hmacKey = await instance.key({ signing: 'hmac' });
  const { publicKey, privateKey } = newEd25519();
  const fields = { ownerId: 'alice', name: 'signer', scopes: ['orders:read' as const] };
  const made = await apiKeys.keys.as(theApp).create({ ...fields, publicKey: pemOf(publicKey) });
  signer = { keyId: made.id, privateKey };
});
afterAll(() => instance.apiKeys.close());

function change(step: (req: Request) => void): RequestHandler {
  return (req, _res, next) => {
    step(req);
    next();
  };
}

function deleteKey(req: Request): void {
  delete req.headers['x-api-key'];
  delete req.headers.authorization;
}

function renameKey(req: Request): void {
  req.headers['x-api-key'] = req.headers['x-old-key'];
}

function deleteSignature(req: Request): void {
  delete req.headers['signature-input'];
}

async function revokedToken(): Promise<string> {
  const key = await instance.key();
  await instance.apiKeys.keys.as(theApp).revoke({ id: key.id });
  return key.token;
}

function bearer(sent: string): readonly [string, string] {
  return ['Authorization', `Bearer ${sent}`];
}

function basic(sent: string): readonly [string, string] {
  const pair = `${sent.slice(10, 26)}:${sent.slice(-49, -6)}`;
  return ['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`];
}

/** Signs without the scheme: an adapter says `https`. */
function sign(signing: Signing): Required<Pick<AdapterRequest, 'method' | 'target' | 'lines'>> {
  const { method = 'GET', body } = signing;
  const { target, headers, input, signature } = signed(signer, {
    ...{ method, now: instance.clock.now(), ...signing },
    components: [
      '"@method"',
      '"@authority"',
      '"@path"',
      '"@query"',
      ...(body === undefined ? [] : ['"content-digest"']),
    ],
  });
  const lines: Lines = [...headers, ['Signature-Input', `sig=${input}`], ['Signature', `sig=:${signature}:`]];
  return { method, target, lines };
}

function form(fields: Readonly<Record<string, string>>, ...lines: Lines): Omit<AdapterRequest, 'target'> {
  const body = new URLSearchParams(fields).toString();
  return { method: 'POST', body, lines: [['Content-Type', 'application/x-www-form-urlencoded'], ...lines] };
}

describe.each(adapters)('requests of %s', (name, adapter) => {
  const send = (request: AdapterRequest): Promise<AdapterAnswer> => adapter(app, request);
  const statusOf = async (request: AdapterRequest): Promise<number> => (await send(request)).status;
  const get = (target: string, ...lines: Lines): Promise<number> => statusOf({ target, lines });
  // With this adapter no parser reads a body behind a middleware that takes time.
  const signedPath = name.startsWith('@codegenie') ? '/kept' : '/signed';

  it('are allowed with a key in either header', async () => {
    expect(await get('/orders', ['X-API-Key', token])).toBe(200);
    expect(await get('/orders', bearer(token))).toBe(200);
  });

  it('are refused without a key, and with one that is wrong, revoked or in the query', async () => {
    expect(await get('/orders')).toBe(401);
    expect(await get('/orders', ['X-API-Key', `${token}x`])).toBe(401);
    expect(await get('/orders', bearer(wrongToken))).toBe(401);
    expect(await get(`/orders?api_key=${token}&x-api-key=${token}`)).toBe(401);
  });

  it('are refused with two keys, or one header twice', async () => {
    expect(await get('/orders', ['X-API-Key', token], bearer(token))).toBe(400);
    expect(await get('/orders', bearer(token), bearer(token))).toBe(400);
    expect(await get('/orders', bearer('other'), bearer(token))).toBe(400);
    // This adapter joins both lines into one raw line, which is no key.
    const joined =
      name === '@codegenie/serverless-express with API Gateway v1' ||
      name.endsWith('express with API Gateway v2');
    expect(await get('/orders', ['X-API-Key', 'other'], ['X-API-Key', token])).toBe(joined ? 401 : 400);
  });

  it('are read as the middleware in front has changed them', async () => {
    expect(await get('/deleted', ['X-API-Key', token])).toBe(401);
    expect(await get('/deleted', bearer(token))).toBe(401);
    expect(await get('/renamed', ['X-Old-Key', token])).toBe(200);
  });

  it('have the address that the event names', async () => {
    const here = await instance.key({ ipAllowlist: [clientAddress] });
    const elsewhere = await instance.key({ ipAllowlist: ['192.0.2.2'] });
    expect(await get('/orders', ['X-API-Key', here.token])).toBe(200);
    expect(await get('/orders', ['X-API-Key', elsewhere.token])).toBe(403);
  });

  it('authenticate clients of the token, introspection and revocation endpoints', async () => {
    const grant = { grant_type: 'client_credentials' };
    const issued = await send({ target: '/oauth/token', ...form(grant, basic(token)) });
    expect(issued.status).toBe(200);
    const { access_token: issuedToken } = JSON.parse(issued.body) as { access_token: string };
    expect(await get('/orders', bearer(issuedToken))).toBe(200);
    const introspected = await send({
      target: '/oauth/introspect',
      ...form({ token: issuedToken }, basic(token)),
    });
    expect(JSON.parse(introspected.body)).toMatchObject({ active: true });
    expect(await statusOf({ target: '/oauth/revoke', ...form({ token: issuedToken }, basic(token)) })).toBe(
      200,
    );
    expect(await get('/orders', bearer(issuedToken))).toBe(401);
    expect(await statusOf({ target: '/oauth/token', ...form(grant, basic(wrongToken)) })).toBe(401);
    expect([400, 401]).toContain(
      await statusOf({ target: '/oauth/token', ...form(grant, basic(token), basic(token)) }),
    );
  });

  it('P14: are allowed with a signature over the body that was sent, and no other', async () => {
    const body = '{"item":"book"}';
    const answered = await send({ ...sign({ target: signedPath, method: 'POST', body }), body });
    expect([answered.status, JSON.parse(answered.body)]).toEqual([200, { body: { item: 'book' } }]);
    expect(
      await statusOf({ ...sign({ target: signedPath, method: 'POST', body }), body: '{"item":"bomb"}' }),
    ).toBe(401);
    // An adapter hands out the body with the first read only: until then it looks empty.
    expect(await statusOf({ ...sign({ target: signedPath, method: 'POST', body: '' }), body })).toBe(401);
    const withoutDigest = sign({
      target: signedPath,
      method: 'POST',
      body: undefined as never,
      headers: [json],
    });
    expect(await statusOf({ ...withoutDigest, body })).toBe(401);
    expect(await statusOf(sign({ target: `${signedPath}?a=b` }))).toBe(200);
    expect(
      await statusOf({
        ...sign({ target: signedPath }),
        lines: [...sign({ target: signedPath }).lines, json],
      }),
    ).toBe(200);
    expect(await statusOf({ ...sign({ target: '/signed/changed' }), target: '/signed/changed' })).toBe(401);
  });

  it('P14: are allowed with an HMAC over the body that was sent, and no other', async () => {
    const body = '{"item":"book"}';
    const of = (once: string): Lines => {
      const nonce = `${once}${adapters.findIndex(([each]) => each === name)}`;
      const signing = { ts: instance.clock.now(), nonce, target: signedPath, body };
      return [json, ['Authorization', hmacAuthorization(hmacKey.id, hmacKey.token, signing)]];
    };
    expect(await statusOf({ method: 'POST', target: signedPath, lines: of('a'), body })).toBe(200);
    expect(await statusOf({ method: 'POST', target: signedPath, lines: of('b'), body: `${body} ` })).toBe(
      401,
    );
    expect([400, 401]).toContain(
      await statusOf({ method: 'POST', target: signedPath, lines: [...of('c'), ...of('d')], body }),
    );
  });

  it('manage keys, under the versions and idempotency keys that were sent', async () => {
    const body = JSON.stringify({ ownerId: 'bob', name: 'CI', scopes: ['orders:read'] });
    const once = ['Idempotency-Key', `"${name}"`] as const;
    const created = await send({ method: 'POST', target: '/admin/keys', lines: [json, once], body });
    expect(created.status).toBe(201);
    const { id } = JSON.parse(created.body) as { id: string };
    const replayed = await send({ method: 'POST', target: '/admin/keys', lines: [json, once], body });
    expect([replayed.status, (JSON.parse(replayed.body) as { id: string }).id]).toEqual([created.status, id]);
    expect(
      await statusOf({ method: 'POST', target: '/admin/keys', lines: [json, once, once], body }),
    ).not.toBe(201);

    const target = `/admin/keys/${id}`;
    const renamed = JSON.stringify({ name: 'CD' });
    const patch = (version: string): Promise<number> =>
      statusOf({ method: 'PATCH', target, lines: [json, ['If-Match', version]], body: renamed });
    expect(await patch('"9"')).toBe(412);
    expect(await patch('"1"')).toBe(200);
    expect(await statusOf({ method: 'DELETE', target })).toBe(200);
  });

  it('reach the compatibility routers, with one credential and not with two', async () => {
    const once = bearer(accessToken);
    for (const [method, target] of [
      ['GET', '/nebula/api-keys'],
      ['GET', '/yativo/v1/apikey'],
      ['GET', '/deltadefi/accounts/new-api-key'],
      ['GET', '/deribit/private/list_api_keys'],
    ] as const) {
      expect([target, await statusOf({ method, target, lines: [once] })]).toEqual([target, 200]);
      expect([target, await statusOf({ method, target })]).toEqual([target, expect.any(Number)]);
      const twice = await statusOf({ method, target, lines: [once, once] });
      expect([target, twice >= 400]).toEqual([target, true]);
    }
  });

  it('are signed as the Deribit router has it, over the body that was sent, and no other', async () => {
    const created = await send({
      ...{ method: 'POST', target: '/deribit/private/create_api_key', lines: [json, bearer(accessToken)] },
      body: rpc('create_api_key', { max_scope: 'account:read' }),
    });
    const { result } = JSON.parse(created.body) as { result: { client_id: string; client_secret: string } };
    const target = '/deribit/private/list_api_keys';
    const body = rpc('list_api_keys', {});
    const signedLines = (nonce: string): Lines => {
      const ts = String(instance.clock.now());
      const text = `${ts}\n${nonce}\nPOST\n${target}\n${body}\n`;
      const sig = createHmac('sha256', result.client_secret).update(text).digest('hex');
      const scheme = `deri-hmac-sha256 id=${result.client_id},ts=${ts},sig=${sig},nonce=${nonce}`;
      return [json, ['Authorization', scheme]];
    };
    expect(await statusOf({ method: 'POST', target, lines: signedLines('a'), body })).toBe(200);
    expect(await statusOf({ method: 'POST', target, lines: signedLines('b'), body: `${body} ` })).not.toBe(
      200,
    );
  });
});

describe('requests whose body an adapter hands out with the first read', () => {
  const statusOf = async (request: AdapterRequest): Promise<number> =>
    (await sendWithBodyInStreamOnly(app, request)).status;
  const body = '{"item":"book"}';

  it('P14: are allowed with a signature over the body that was sent, and no other', async () => {
    expect(await statusOf({ ...sign({ method: 'POST', body }), body })).toBe(200);
    expect(await statusOf({ ...sign({ method: 'POST', body: '' }), body })).toBe(401);
    expect(await statusOf({ ...sign({ method: 'GET' }), body })).toBe(401);
    expect(await statusOf(sign({ method: 'GET' }))).toBe(200);
  });

  it('manage keys', async () => {
    const fields = JSON.stringify({ ownerId: 'bob', name: 'CI', scopes: ['orders:read'] });
    expect(await statusOf({ method: 'POST', target: '/admin/keys', lines: [json], body: fields })).toBe(201);
    expect(await statusOf({ method: 'POST', target: '/admin/keys', lines: [json] })).toBe(400);
  });
});

function rpc(method: string, params: object): string {
  return JSON.stringify({ jsonrpc: '2.0', id: 1, method: `private/${method}`, params });
}
