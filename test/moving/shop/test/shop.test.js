import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { test } from 'node:test';
import request from 'supertest';
import { app } from '../src/app.js';
import { createKey } from '../src/keys.js';

const everything = ['orders:read', 'orders:write', 'reports:read', 'account:manage'];
const get = (path, key) => request(app).get(path).set('X-API-Key', key);

test('a key reads what it may read, for its customer', async () => {
  const { key } = await createKey(7, 'CI', ['orders:read']);
  const { body } = await get('/v1/orders', key).expect(200);
  assert.deepEqual(body, { customer: 7, orders: [] });
});

test('a key does nothing that it may not do', async () => {
  const { key } = await createKey(7, 'CI', ['orders:read']);
  const { body } = await request(app).post('/v1/orders').set('X-API-Key', key).send({ sum: 1 }).expect(403);
  assert.deepEqual(body, { error: 'This key may not do that' });
  await get('/v1/reports/sales', key).expect(403);
});

test('nothing but a key opens a route', async () => {
  for (const key of ['', 'secret', `shop_00000000_${'0'.repeat(32)}`]) {
    const { body } = await get('/v1/orders', key).expect(401);
    assert.deepEqual(body, { error: 'Invalid API key' });
  }
  await request(app).get('/health').expect(200);
});

test('a wrong secret does not open a route', async () => {
  const { key } = await createKey(7, 'CI', ['orders:read']);
  const last = key.at(-1) === '0' ? '1' : '0';
  await get('/v1/orders', key.slice(0, -1) + last).expect(401);
});

test('a key ends', async () => {
  const { key } = await createKey(7, 'CI', ['orders:read'], Date.now() + 1_000);
  await setTimeout(1_100);
  await get('/v1/orders', key).expect(401);
});

test('a customer makes, lists and revokes its keys', async () => {
  const { key } = await createKey(9, 'First', everything);
  const asked = request(app).post('/v1/account/keys').set('X-API-Key', key);
  const { body: made } = await asked.send({ label: 'Second', permissions: ['orders:read'] }).expect(201);
  await get('/v1/orders', made.key).expect(200);
  const { body: listed } = await get('/v1/account/keys', key).expect(200);
  assert.deepEqual(listed.keys.map(({ label }) => label).toSorted(), ['First', 'Second']);
  await request(app).delete(`/v1/account/keys/${made.id}`).set('X-API-Key', key).expect(204);
  await get('/v1/orders', made.key).expect(401);
  await request(app).delete(`/v1/account/keys/${made.id}`).set('X-API-Key', key).expect(404);
});
