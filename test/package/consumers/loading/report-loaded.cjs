'use strict';

/**
 * Starts an app, sends it requests of every kind, and prints which files the package had loaded at which point, beyond Express.
 *
 * @param app.load - loads a package as the app does
 * @param app.list - lists the files that the process has loaded
 */
module.exports = async function reportLoaded({ load, list }) {
  const [database, admin] = process.argv.slice(2);
  const { default: express } = await load('express');
  const ofExpress = new Set(await list());
  const listOwn = async () => (await list()).filter((file) => !ofExpress.has(file));

  const { createApiKeys } = await load('express-api-keys');
  const required = await listOwn();

  const apiKeys = createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders', 'orders:write': 'Place orders' },
    pepper: 'a pepper of an app that counts what it loads',
    database,
    logger: { warn: () => undefined, error: console.error },
  });
  const app = express();
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => res.json({}));
  app.post('/orders', apiKeys.requireApiKey('orders:write'), (req, res) => res.json({}));
  if (admin === 'admin') {
    app.use(
      '/api-keys',
      apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'ops' }), page: true }),
    );
  }
  await apiKeys.ready();
  const ready = await listOwn();

  const server = await new Promise((resolve) => {
    const listening = app.listen(0, '127.0.0.1', () => resolve(listening));
  });
  const send = async (method, path, key, body) => {
    const response = await fetch(`http://127.0.0.1:${server.address().port}${path}`, {
      method,
      headers: {
        ...(key === undefined ? {} : { 'x-api-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, answer: text === '' ? null : JSON.parse(text) };
  };
  const keys = apiKeys.keys.as({ kind: 'application' });
  const statuses = [];
  const note = ({ status, answer }) => {
    statuses.push(status);
    return answer;
  };
  const newKey = { name: 'CI', ownerId: 'alice', scopes: ['orders:read'] };
  const { id, key } =
    admin === 'admin'
      ? note(await send('POST', '/api-keys/keys', undefined, newKey))
      : await keys.create(newKey);
  note(await send('GET', '/orders'));
  note(await send('GET', '/orders', key));
  note(await send('POST', '/orders', key, { item: 1 }));
  note(await send('GET', '/orders', `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`));
  if (admin === 'admin') {
    note(await send('GET', '/api-keys/keys?limit=5'));
    note(await send('PATCH', `/api-keys/keys/${id}`, undefined, { name: 'build' }));
    note(await send('POST', '/api-keys/keys', undefined, { scopes: 'all' }));
    note(await send('GET', '/api-keys/openapi.json'));
    note(await send('POST', `/api-keys/keys/${id}/revoke`, undefined, {}));
  } else {
    await keys.revoke({ id });
  }
  note(await send('GET', '/orders', key));
  const atEnd = await listOwn();
  await new Promise((resolve) => server.close(resolve));
  await apiKeys.close();
  const late = atEnd.filter((file) => !ready.includes(file));
  console.log(JSON.stringify({ required, ready, late, statuses }));
};
