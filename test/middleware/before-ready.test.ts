import express from 'express';
import request from 'supertest';
import { createInstance } from '../harness/instance.js';

it('before it is ready, a guard answers 503 to a request with a key, and 401 to one without', async () => {
  const { apiKeys } = createInstance({ database: 'file:/etc/passwd/x/keys.sqlite' });
  const app = express();
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.sendStatus(200));
  const without = await request(app).get('/orders');
  expect([without.status, without.body.code]).toEqual([401, 'missing_credential']);
  const withKey = await request(app).get('/orders').set('X-Api-Key', 'acme_live_x');
  expect([withKey.status, withKey.body.code]).toEqual([503, 'unavailable']);
  await apiKeys.close();
});
