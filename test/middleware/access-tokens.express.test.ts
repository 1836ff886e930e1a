import express from 'express';
import request from 'supertest';
import type { GuardOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

const issuer = 'https://api.example';
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('guards and access tokens', () => {
  let instance: TestInstance;

  const start = async (options: Parameters<typeof createInstance>[0] = {}): Promise<void> => {
    instance = createInstance({ tokens: { issuer }, ...options });
    await instance.apiKeys.ready();
  };
  afterEach(() => instance.apiKeys.close());

  function appWith(options: GuardOptions = {}): express.Express {
    const app = express();
    app.use('/oauth', instance.apiKeys.tokenRouter());
    app.get('/orders', instance.apiKeys.requireApiKey('orders:read', options), (req, res) => {
      res.json({ via: req.apiKey?.via, authorization: req.headers.authorization ?? null });
    });
    return app;
  }

  async function tokenFrom(
    app: express.Express,
    scopes: readonly Scope[] = ['orders:read'],
  ): Promise<string> {
    const { token: secret } = await instance.key({ scopes });
    const answer = await request(app)
      .post('/oauth/token')
      .type('form')
      .send({ grant_type: 'client_credentials', client_secret: secret });
    return String((answer.body as Record<string, unknown>)['access_token']);
  }

  it('hand tokens of others to the app, and keep their own', async () => {
    await start();
    const app = appWith({ fallback: (_req, res) => void res.status(202).end() });
    const foreign = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: 'https://login.example' })}.AA`;
    await request(app).get('/orders').auth(foreign, { type: 'bearer' }).expect(202);
    await request(app).get('/orders').auth('eyJ', { type: 'bearer' }).expect(202);
    const own = await tokenFrom(app);
    await request(app).get('/orders').auth(own, { type: 'bearer' }).expect(200);
    const forged = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: issuer })}.AA`;
    await request(app).get('/orders').auth(forged, { type: 'bearer' }).expect(401);
  });

  it('take no token where Bearer is not read, and none without the option', async () => {
    await start({ credentialFrom: ['x-api-key'] });
    const own = await tokenFrom(appWith());
    await request(appWith()).get('/orders').auth(own, { type: 'bearer' }).expect(401);
    await request(appWith()).get('/orders').set('X-Api-Key', own).expect(401);
    await instance.apiKeys.close();
    await start({ tokens: undefined });
    const app = express();
    app.get('/orders', instance.apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
    await request(app).get('/orders').auth(own, { type: 'bearer' }).expect(401);
  });

  it('take the token out of the request where keys are hidden', async () => {
    await start({ hideCredentials: true });
    const app = appWith();
    const answer = await request(app)
      .get('/orders')
      .auth(await tokenFrom(app), { type: 'bearer' })
      .expect(200);
    expect(answer.body).toEqual({ via: 'token', authorization: null });
  });

  it('do not reveal that a token has expired where refusals are opaque', async () => {
    await start({ refusals: { opaque: true } });
    const app = appWith();
    const own = await tokenFrom(app);
    await request(app).get('/orders').auth(own, { type: 'bearer' }).expect(200);
    instance.clock.advance(3_600_000);
    const ended = await request(app).get('/orders').auth(own, { type: 'bearer' }).expect(401);
    const unknown = await request(app).get('/orders').auth('eyJ', { type: 'bearer' }).expect(401);
    expect(ended.text).toBe(unknown.text);
  });

  it('count tokens into the limits of their key', async () => {
    await start();
    const app = appWith();
    const { token: secret } = await instance.key({
      rateLimits: [{ name: 'minute', limit: 2, windowSeconds: 60 }],
    });
    const given = await request(app)
      .post('/oauth/token')
      .type('form')
      .send({ grant_type: 'client_credentials', client_secret: secret });
    const own = String((given.body as Record<string, unknown>)['access_token']);
    await request(app).get('/orders').auth(own, { type: 'bearer' }).expect(200);
    await request(app).get('/orders').set('X-Api-Key', secret).expect(200);
    const refused = await request(app).get('/orders').auth(own, { type: 'bearer' }).expect(429);
    expect(refused.body).toMatchObject({ code: 'rate_limited' });
  });

  it('let tokens be read from a body that the app has parsed, repeated fields refused', async () => {
    await start();
    for (const extended of [true, false]) {
      const app = express();
      app.use(express.urlencoded({ extended }));
      app.use('/oauth', instance.apiKeys.tokenRouter());
      const { token: secret } = await instance.key();
      const post = (body: string) => request(app).post('/oauth/token').type('form').send(body);
      await post(`grant_type=client_credentials&client_secret=${secret}`).expect(200);
      await post(`grant_type=client_credentials&grant_type=x&client_secret=${secret}`).expect(400);
      await post(`grant_type[a]=client_credentials&client_secret=${secret}`).expect(400);
    }
  });

  it('report for each token and key what is wrong with it, whatever was refused before', async () => {
    await start();
    const app = appWith();
    const own = await tokenFrom(app);
    instance.clock.advance(3_600_000);
    const detailOf = async (token: string): Promise<unknown> => {
      const answer = await request(app).get('/orders').auth(token, { type: 'bearer' }).expect(401);
      return (answer.body as Record<string, unknown>)['detail'];
    };
    for (let round = 0; round < 2; round += 1) {
      expect(await detailOf(own)).toBe('The access token has expired. Request another one.');
      expect(await detailOf('acme_live_x')).toBe('The API key is not valid. Check that it was copied whole.');
    }
  });
});
