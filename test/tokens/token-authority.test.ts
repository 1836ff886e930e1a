import express from 'express';
import request from 'supertest';
import { apiKeyOf, type ApiKeyIdentity, type ApiKeysOptions } from '../../lib/index.js';
import { basic } from './token-app.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const minuteMs = 60_000;
const forbidden = '403 forbidden';
let instance: TestInstance;

afterEach(() => instance.apiKeys.close());

/** An app whose keys manage keys with `users:read`; `copied` is how it hands on who calls. */
async function start(
  options: Partial<ApiKeysOptions<Scope>> = {},
  copied: (apiKey: ApiKeyIdentity) => ApiKeyIdentity = (apiKey) => apiKey,
) {
  instance = createInstance({ tokens: { issuer: 'http://127.0.0.1', lifetimeSeconds: 60 }, ...options });
  const { apiKeys } = instance;
  await apiKeys.ready();
  const app = express();
  app.use('/oauth', apiKeys.tokenRouter());
  app.use(
    '/manage',
    apiKeys.requireApiKey('users:read'),
    apiKeys.adminRouter({
      managementScope: 'users:read',
      authorize: (req) => ({ kind: 'key', apiKey: copied(apiKeyOf(req)) }),
    }),
  );
  const by = (credential: string) => ({ Authorization: `Bearer ${credential}` });

  async function outcome(credential: string, path: string, body: object, method: 'post' | 'patch' = 'post') {
    const answer = await request(app)[method](`/manage/keys${path}`).set(by(credential)).send(body);
    return `${answer.status} ${String(answer.body.code ?? answer.body.expiresAt)}`;
  }

  return {
    outcome,
    /** What comes of asking for a key that ends so many milliseconds from now; `null`: never. Default: it is left out. */
    create: (credential: string, inMs?: number | null) =>
      outcome(credential, '', {
        ...{ name: 'made', scopes: ['orders:read'] },
        ...(inMs === null ? { expiresAt: null } : {}),
        ...(typeof inMs === 'number'
          ? { expiresAt: new Date(instance.clock.now() + inMs).toISOString() }
          : {}),
      }),
    rotate: (credential: string, id: string) => outcome(credential, `/${id}/rotate`, {}),
    async tokenOf({ id, token }: { id: string; token: string }): Promise<string> {
      const answer = await request(app)
        .post('/oauth/token')
        .type('form')
        .set(basic(id, token.slice(-49, -6)))
        .send({ grant_type: 'client_credentials' })
        .expect(200);
      return answer.body.access_token as string;
    },
    maker: () => instance.key({ scopes: ['users:read', 'orders:read'] }),
    after: (ms: number) => new Date(instance.clock.now() + ms).toISOString(),
  };
}

describe('what an access token may manage', () => {
  it.each([
    ['as it is', (apiKey: ApiKeyIdentity) => apiKey],
    ['as a copy', (apiKey: ApiKeyIdentity) => ({ ...apiKey })],
    ['through JSON', (apiKey: ApiKeyIdentity) => JSON.parse(JSON.stringify(apiKey)) as ApiKeyIdentity],
  ])('P7: a token makes only keys that end no later than itself, handed on %s', async (_how, copied) => {
    const { maker, tokenOf, create, after } = await start({}, copied);
    const key = await maker();
    const token = await tokenOf(key);
    expect(await create(token, null)).toBe(forbidden);
    expect(await create(token, minuteMs + 1000)).toBe(forbidden);
    expect(await create(token, minuteMs)).toBe(`201 ${after(minuteMs)}`);
    expect(await create(token)).toBe(`201 ${after(minuteMs)}`);
    expect(await create(key.token, null)).toBe('201 null');
    expect(await create(key.token)).toBe('201 null');
  });

  it('P7: what a token made is never extended beyond its end, and other keys are not changed', async () => {
    const { maker, tokenOf, outcome, rotate, after } = await start();
    const token = await tokenOf(await maker());
    const mine = await instance.key({ expiresAt: new Date(instance.clock.now() + 1000) });
    const lasting = await instance.key();
    const change = (id: string, body: object) => outcome(token, `/${id}`, body, 'patch');
    expect(await change(mine.id, { expiresAt: null })).toBe(forbidden);
    expect(await change(mine.id, { expiresAt: after(minuteMs + 1000) })).toBe(forbidden);
    expect(await change(mine.id, { expiresAt: after(minuteMs) })).toBe(`200 ${after(minuteMs)}`);
    expect(await rotate(token, mine.id)).toBe(`200 ${after(minuteMs)}`);
    expect(await change(lasting.id, { name: 'mine' })).toBe(forbidden);
    expect(await rotate(token, lasting.id)).toBe(forbidden);
    expect(await outcome(token, `/${lasting.id}/revoke`, {})).toBe(forbidden);
  });

  it('P7: a token does not rotate its own key, not even one that ends before it', async () => {
    const { tokenOf, rotate, maker } = await start();
    const lasting = await maker();
    const brief = await instance.key({
      scopes: ['users:read'],
      expiresAt: new Date(instance.clock.now() + minuteMs / 2),
    });
    for (const key of [lasting, brief]) {
      expect(await rotate(await tokenOf(key), key.id)).toBe(forbidden);
      expect((await instance.apiKeys.keys.verify({ key: key.token })).allowed).toBe(true);
      expect(await rotate(key.token, key.id)).toMatch(/^200 /);
    }
  });

  it('P7: nor does it end its key in favour of another one', async () => {
    const { create, tokenOf } = await start({ policy: { onePerOwner: true } });
    const brief = await instance.key({
      scopes: ['users:read', 'orders:read'],
      expiresAt: new Date(instance.clock.now() + minuteMs / 2),
    });
    expect(await create(await tokenOf(brief), minuteMs / 2)).toBe(forbidden);
    expect((await instance.apiKeys.keys.verify({ key: brief.token })).allowed).toBe(true);
    expect(await create(brief.token, minuteMs / 2)).toMatch(/^201 /);
  });
});

describe('what a secret in its grace period may manage', () => {
  it('P7: it makes only keys that end no later than itself, and does not rotate its key', async () => {
    const { maker, create, rotate, after } = await start();
    const old = await maker();
    const { key: next } = await instance.apiKeys.keys
      .as(theApp)
      .rotate({ id: old.id, gracePeriodSeconds: 60 });
    expect(await rotate(old.token, old.id)).toBe(forbidden);
    expect(await create(old.token, null)).toBe(forbidden);
    expect(await create(old.token)).toBe(forbidden);
    expect(await create(old.token, minuteMs + 1000)).toBe(forbidden);
    expect(await create(old.token, minuteMs)).toBe(`201 ${after(minuteMs)}`);
    expect(await create(next, null)).toBe('201 null');
    expect(await rotate(next, old.id)).toBe('200 null');
  });

  it('P7: nor when its grace begins with the first use of the next secret', async () => {
    const { maker, create, rotate, after } = await start();
    const old = await maker();
    await instance.apiKeys.keys
      .as(theApp)
      .rotate({ id: old.id, gracePeriodSeconds: 60, graceStartsOnFirstUse: true });
    instance.clock.advance(10 * minuteMs);
    expect(await rotate(old.token, old.id)).toBe(forbidden);
    expect(await create(old.token, minuteMs + 1000)).toBe(forbidden);
    expect(await create(old.token, minuteMs)).toBe(`201 ${after(minuteMs)}`);
  });

  it('P7: tokens of it are bound as it is, and end with it', async () => {
    const { maker, create, tokenOf, after } = await start({ tokens: { issuer: 'http://127.0.0.1' } });
    const old = await maker();
    await instance.apiKeys.keys.as(theApp).rotate({ id: old.id, gracePeriodSeconds: 60 });
    const token = await tokenOf(old);
    expect(await create(token, minuteMs + 1000)).toBe(forbidden);
    expect(await create(token, minuteMs)).toBe(`201 ${after(minuteMs)}`);
  });

  it('P7: it may still revoke its key: anyone who finds a leaked secret can do so', async () => {
    const { maker, outcome } = await start();
    const old = await maker();
    await instance.apiKeys.keys.as(theApp).rotate({ id: old.id, gracePeriodSeconds: 60 });
    expect(await outcome(old.token, `/${old.id}/revoke`, {})).toMatch(/^200 /);
  });
});
