import express, { type Express } from 'express';
import request from 'supertest';
import { problems } from '../../lib/errors.js';
import { createProblemTypes } from '../../lib/http/problem-types.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { problemTypeOf } from '../harness/problem-type.js';

let instance: TestInstance;
afterEach(() => instance.apiKeys.close());

/** An app with the default of `refusals.typeBase`, or another one. */
async function start(refusals?: { readonly typeBase: string }): Promise<Express> {
  instance = createInstance(refusals === undefined ? {} : { refusals });
  await instance.apiKeys.ready();
  const app = express();
  app.use('/api-keys', instance.apiKeys.adminRouter({ authorize: () => null }));
  app.get('/orders', instance.apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
  return app;
}

async function typesIn(app: Express): Promise<readonly unknown[]> {
  const { token } = await instance.key({ scopes: [] });
  const answers = [
    await request(app).get('/orders'),
    await request(app).get('/orders').set('X-Api-Key', 'acme_live_x'),
    await request(app).get('/orders').set('X-Api-Key', token),
    await request(app).get('/api-keys/keys'),
    await request(app).get('/api-keys/nothing'),
    await request(app).get('/api-keys/self'),
  ];
  return answers.map(({ body }) => (body as { type: unknown }).type);
}

const codes = [
  ...['missing_credential', 'invalid_token', 'insufficient_scope'],
  ...['unauthenticated', 'not_found', 'missing_credential'],
];

describe('the type of a problem', () => {
  it('is the address where its code is explained, from guards and the admin router', async () => {
    expect(await typesIn(await start())).toEqual(codes.map(problemTypeOf));
  });

  it('begins with refusals.typeBase', async () => {
    const typeBase = 'https://docs.acme.example/errors?v=1';
    const app = await start({ typeBase });
    expect(await typesIn(app)).toEqual(codes.map((code) => `${typeBase}#${code}`));
    const { body } = await request(app).get('/api-keys/openapi.json').expect(200);
    expect(body.components.schemas.Problem.properties.type.enum).toEqual(
      Object.keys(problems).map((code) => `${typeBase}#${code}`),
    );
    expect(body.components.schemas.Problem.examples[0].type).toBe(`${typeBase}#not_found`);
  });

  it('is about:blank everywhere for apps that want it so', async () => {
    const app = await start({ typeBase: 'about:blank' });
    expect(await typesIn(app)).toEqual(codes.map(() => 'about:blank'));
    const { body } = await request(app).get('/api-keys/openapi.json').expect(200);
    expect(body.components.schemas.Problem.properties.type.enum).toEqual(['about:blank']);
  });

  it('exists for every code', () => {
    const types = createProblemTypes('https://docs.acme.example/errors');
    expect(Object.keys(types)).toEqual(Object.keys(problems));
    expect(new Set(Object.values(types)).size).toBe(Object.keys(problems).length);
  });
});
