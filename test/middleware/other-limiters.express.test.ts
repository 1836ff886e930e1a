import express, { type Express, type RequestHandler } from 'express';
import { rateLimit } from 'express-rate-limit';
import request from 'supertest';
import { createInstance, type TestInstance } from '../harness/instance.js';

let instance: TestInstance;
beforeEach(() => {
  instance = createInstance();
});
afterEach(() => instance.apiKeys.close());

const perMinute = { rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }] };

function behind(...before: RequestHandler[]): Express {
  const app = express();
  app.get('/orders', ...before, instance.apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
  return app;
}

describe('a guard behind another limiter', () => {
  it('adds its windows to those of express-rate-limit, when it allows and when it refuses', async () => {
    const { token } = await instance.key(perMinute);
    const limiter = rateLimit({
      windowMs: 900_000,
      limit: 100,
      standardHeaders: 'draft-8',
      legacyHeaders: false,
    });
    const app = behind(limiter);
    for (const [status, left] of [
      [200, 0],
      [429, 0],
    ] as const) {
      const { headers } = await request(app).get('/orders').set('X-Api-Key', token).expect(status);
      expect(headers['ratelimit']).toMatch(
        new RegExp(`^"100-in-15min"; r=\\d+; t=900, "minute";r=${left};t=60$`),
      );
      expect(headers['ratelimit-policy']).toMatch(
        /^"100-in-15min"; q=100; w=900; pk=:[\w=]+:, "minute";q=1;w=60$/,
      );
    }
  });

  it('keeps its own windows when express-rate-limit comes behind it', async () => {
    const { token } = await instance.key(perMinute);
    const app = express();
    app.use(instance.apiKeys.requireApiKey('orders:read'));
    app.use(rateLimit({ windowMs: 900_000, limit: 100, standardHeaders: 'draft-8' }));
    app.get('/orders', (_req, res) => void res.end());
    const { headers } = await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    expect(headers['ratelimit']).toMatch(/^"minute";r=0;t=60, "100-in-15min"/);
  });

  it.each([
    ['30', '60'],
    ['90', '90'],
    [new Date(Date.now() + 1_000).toUTCString(), '60'],
    [new Date(4_102_444_800_000).toUTCString(), new Date(4_102_444_800_000).toUTCString()],
    ['soon', '60'],
  ])('answers with the later Retry-After: %s before', async (before, expected) => {
    const { token } = await instance.key(perMinute);
    const app = behind((_req, res, next) => {
      res.setHeader('Retry-After', before);
      next();
    });
    await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    const refused = await request(app).get('/orders').set('X-Api-Key', token).expect(429);
    expect(refused.headers['retry-after']).toBe(expected);
  });

  it('reports each window once behind another guard', async () => {
    const { token } = await instance.key({ rateLimits: [{ name: 'minute', limit: 9, windowSeconds: 60 }] });
    const app = behind(instance.apiKeys.requireApiKey('orders:read'));
    const { headers } = await request(app).get('/orders').set('X-Api-Key', token).expect(200);
    expect(headers['ratelimit']).toBe('"minute";r=7;t=60');
  });
});
