const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { createApp } = require('./app');

const folder = mkdtempSync(join(tmpdir(), 'consumer-jest-cjs-'));
const { app, apiKeys } = createApp(`file:${join(folder, 'keys.db')}`);
let server;

beforeAll(async () => {
  await apiKeys.ready();
  await new Promise((resolve) => {
    server = app.listen(0, '127.0.0.1', resolve);
  });
});

afterAll(async () => {
  server.close();
  await apiKeys.close();
  rmSync(folder, { recursive: true });
});

const ask = async (method, key) => {
  const url = `http://127.0.0.1:${server.address().port}/orders`;
  return (await fetch(url, { method, headers: key ? { 'x-api-key': key } : {} })).status;
};

test('a key works until it is revoked', async () => {
  const created = await apiKeys.keys
    .as({ kind: 'application' })
    .create({ ownerId: 'alice', name: 'first', scopes: ['orders:read'] });
  expect(await ask('GET')).toBe(401);
  expect(await ask('GET', created.key)).toBe(200);
  expect(await ask('POST', created.key)).toBe(403);
  await apiKeys.keys.as({ kind: 'application' }).revoke({ id: created.id });
  expect(await ask('GET', created.key)).toBe(401);
});

test('the parts for tests and for stores load too', () => {
  expect(typeof require('express-api-keys/testing').memoryStore).toBe('function');
  expect(typeof require('express-api-keys/store').describeKeyStore).toBe('function');
});
