import request from 'supertest';
import { createNebulaApp } from './nebula-app.js';
import { createYativoApp } from './yativo-app.js';

/** The documents of these systems authenticate with access tokens: so must the messages. */
describe('a request without an access token', () => {
  it('is answered by the Yativo router with a message to send one, and that an invalid one is no key', async () => {
    const yativo = createYativoApp();
    await yativo.instance.apiKeys.ready();
    const missing = 'Send an access token: Authorization: Bearer YOUR_ACCESS_TOKEN.';
    const invalid = 'The access token is invalid or has expired. Request another one.';
    const paths = ['/yativo/api/v1/apikey/generate', '/orders'];
    for (const path of paths) {
      const none = await request(yativo.app).post(path).send({ name: 'CI' });
      expect([none.status, none.body.error, none.body.message]).toEqual([401, 'unauthorized', missing]);
      for (const token of ['unknown', 'a.b.c']) {
        const wrong = await request(yativo.app).post(path).set('Authorization', `Bearer ${token}`).send({});
        expect([wrong.status, wrong.body.error, wrong.body.message]).toEqual([401, 'unauthorized', invalid]);
      }
    }
    await yativo.instance.apiKeys.close();
  });

  it('is answered by the Nebula Block router with a message to send one, or a key', async () => {
    const nebula = createNebulaApp();
    await nebula.apiKeys.ready();
    const none = await request(nebula.app).post('/api/v1/api-keys').send({ name: 'CI' });
    expect([none.status, none.body]).toEqual([
      401,
      {
        data: {},
        message:
          'Send an access token or an API key: Authorization: Bearer {TOKEN/KEY}. API keys begin with ak_.',
        status: 'failed',
      },
    ]);
    await nebula.apiKeys.close();
  });
});

describe('POST /api/authentication/generate-key of older Yativo clients', () => {
  const path = '/yativo/api/authentication/generate-key';
  const email = 'dev@acme.example';

  it('returns result.token for an e-mail address and both parts of a key in one string', async () => {
    const yativo = createYativoApp();
    await yativo.instance.apiKeys.ready();
    const { api_key, api_secret } = await yativo.make();
    const answer = await request(yativo.app)
      .post(path)
      .send({ email, api_key: `${api_key}:${api_secret}` });
    expect([answer.status, answer.body.success]).toEqual([200, true]);
    expect(answer.body.result).toEqual({ token: answer.body.access_token });
    expect((await yativo.orders(answer.body.result.token as string)).status).toBe(200);
    const apart = await request(yativo.app).post(path).send({ email, api_key, api_secret });
    expect([apart.status, typeof apart.body.result.token]).toEqual([200, 'string']);
    await yativo.instance.apiKeys.close();
  });

  it('refuses api_key alone, which is public, and everything that does not match it', async () => {
    const yativo = createYativoApp();
    await yativo.instance.apiKeys.ready();
    const { api_key, api_secret, key_id } = await yativo.make();
    const wrong = [api_key, `${api_key}:`, `:${api_secret}`, `${api_key}:${api_secret}x`, api_secret];
    for (const sent of wrong) {
      const { status, body } = await request(yativo.app).post(path).send({ email, api_key: sent });
      const message = 'Invalid, expired, or revoked API key';
      expect([status, body]).toEqual([
        401,
        { success: false, status: 'error', error: message, message, result: { message } },
      ]);
    }
    for (const body of [{ email }, { api_key }, { email, api_key, scope: 'all' }, { email: 1, api_key }]) {
      expect((await request(yativo.app).post(path).send(body)).status).toBe(400);
    }
    await yativo.ask('delete', `/apikey/${key_id}`).expect(200);
    const revoked = await request(yativo.app)
      .post(path)
      .send({ email, api_key: `${api_key}:${api_secret}` });
    expect([revoked.status, revoked.body.result.token]).toEqual([401, undefined]);
    await yativo.instance.apiKeys.close();
  });
});
