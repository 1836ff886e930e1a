import { yativoRouter } from '../../lib/dialects/index.js';
import { createInstance } from '../harness/instance.js';
import { createYativoApp, verifyAccessToken } from './yativo-app.js';

describe('options of yativoRouter', () => {
  const tokens = { issuer: 'http://127.0.0.1' };
  const mount = (options: object): unknown =>
    yativoRouter(createInstance({ tokens }).apiKeys, { verifyAccessToken, ...options } as never);

  it.each([
    [{ verifyAccessToken: undefined }, 'verifyAccessToken: takes a function'],
    [{ verifyAccesToken: () => null }, 'did you mean "verifyAccessToken"|verifyAccessToken'],
    [{ scopeMap: { 'orders:read': [] } }, 'there is no scope "orders:read"'],
    [{ scopeMap: { read: ['orders:raed'] } }, 'the app has no scope "orders:raed"'],
    [{ verifySecondFactor: 'totp' }, 'verifySecondFactor: takes a function'],
    [{ secondFactorFor: ['rotate'] }, 'secondFactorFor: needs verifySecondFactor'],
    [{ verifySecondFactor: () => true, secondFactorFor: [] }, 'at least one of create, update'],
    [{ verifySecondFactor: () => true, secondFactorFor: ['delete'] }, 'at least one of create, update'],
    [{ createdStatus: 204 }, 'createdStatus: takes 200 or 201'],
    [{ acceptKeyHeaders: 'yes' }, 'acceptKeyHeaders: takes true or false'],
    [{ rateLimits: { minute: 0 } }, 'rateLimits.minute: takes a whole number'],
    [{ rateLimits: { second: 1 } }, 'rateLimits: unknown option "second"'],
    [{ rateLimits: null }, 'rateLimits'],
    [{ tokenLifetimeMinutes: 1441 }, 'tokenLifetimeMinutes: takes a whole number from 1 to 1,440'],
  ])('%j is refused', (options, message) => {
    expect(() => mount(options)).toThrow(new RegExp(message));
  });

  it('are an object, for an instance with tokens, and one router for each instance', () => {
    const withoutTokens = createInstance().apiKeys;
    expect(() => yativoRouter(withoutTokens, { verifyAccessToken })).toThrow(/the option tokens/);
    expect(() => yativoRouter({} as never, { verifyAccessToken })).toThrow(
      /takes what createApiKeys returned/,
    );
    const { apiKeys } = createInstance({ tokens });
    expect(() => yativoRouter(apiKeys, undefined as never)).toThrow(/takes an object with verifyAccessToken/);
    yativoRouter(apiKeys, { verifyAccessToken });
    expect(() => yativoRouter(apiKeys, { verifyAccessToken })).toThrow(/keyspace 'yativo' already/);
  });

  it('YA14 say whether a new key is answered with 200 or 201', async () => {
    const created = createYativoApp({ createdStatus: 201 });
    await created.instance.apiKeys.ready();
    const answer = await created.ask('post', '/api/v1/apikey/generate').send({ name: 'x' });
    expect(answer.status).toBe(201);
    const rotated = await created.ask('post', `/apikey/${answer.body.data.key_id}/rotate`);
    expect(rotated.status).toBe(200);
    await created.instance.apiKeys.close();
  });

  it('YA8 make limits and lifetimes of new keys', async () => {
    const app = createYativoApp({ rateLimits: { minute: 1, hour: 2, day: 3 }, tokenLifetimeMinutes: 1 });
    await app.instance.apiKeys.ready();
    const answer = await app.ask('post', '/api/v1/apikey/generate').send({ name: 'x' });
    expect(answer.body.data).toMatchObject({
      rate_limit: { requests_per_minute: 1, requests_per_hour: 2, requests_per_day: 3 },
      token_expiry_minutes: 1,
    });
    await app.instance.apiKeys.close();
  });
});
