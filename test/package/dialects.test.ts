import { join } from 'node:path';
import { PROJECTS, run, type Outcome } from './installed-package.js';

const node = (project: string, program: string): Promise<Outcome> =>
  run(process.execPath, ['-e', program], join(PROJECTS, project));

/** Makes a key in Nebula Block's words, in an app without a socket. */
const tryOut = `
  const apiKeys = createApiKeys({
    prefix: 'acme', scopes: { 'orders:read': 'Read orders' }, pepper: 'p'.repeat(32), store: memoryStore(), bcryptCost: 8,
  });
  const app = express().use(nebulaRouter(apiKeys, { verifyAccessToken: () => 'alice' }));
  const server = app.listen(0, '127.0.0.1', async () => {
    await apiKeys.ready();
    const answer = await fetch('http://127.0.0.1:' + server.address().port + '/api-keys', {
      method: 'POST', headers: { Authorization: 'Bearer session' }, body: '{"name":"k"}',
    });
    const { status, data } = await answer.json();
    const verdict = await apiKeys.keys.verify({ key: data.key, scopes: 'orders:read' });
    console.log(status, verdict.allowed, verdict.apiKey.keyspace);
    server.close();
    await apiKeys.close();
  });`;

describe('express-api-keys/dialects', () => {
  const expected = { code: 0, stdout: 'success true nebula\n', stderr: '' };
  const names = ['{ createApiKeys }', '{ nebulaRouter }', '{ memoryStore }'] as const;
  const entries = ['express-api-keys', 'express-api-keys/dialects', 'express-api-keys/testing'] as const;

  it('loads with require', async () => {
    const loaded = names.map((name, index) => `const ${name} = require('${entries[index]}');`).join('\n');
    expect(await node('cjs-js', `const express = require('express');${loaded}${tryOut}`)).toEqual(expected);
  });

  it('says what to install for WebSocket connections, which alone need ws', async () => {
    const program = `
      const express = require('express');
      const { createApiKeys } = require('express-api-keys');
      const { deribitRouter, deribitWebSocket } = require('express-api-keys/dialects');
      const { memoryStore } = require('express-api-keys/testing');
      const apiKeys = createApiKeys({
        prefix: 'acme', scopes: { 'orders:read': 'Read orders' }, pepper: 'p'.repeat(32), store: memoryStore(),
        tokens: { issuer: 'http://127.0.0.1' }, signatures: {},
      });
      const app = express();
      const router = deribitRouter(apiKeys, { verifyAccessToken: () => null });
      deribitWebSocket(require('node:http').createServer(app), router, { app }).catch(async (error) => {
        console.log(error.code, error.message.includes('npm install ws'));
        await apiKeys.close();
      });`;
    expect(await node('cjs-js', program)).toEqual({
      ...{ code: 0, stdout: 'ERR_API_KEYS_INVALID_OPTION true\n', stderr: '' },
    });
  });

  it.each([
    ['with import', 'import'],
    ['with require while the instance came with import', 'require'],
  ])('loads %s', async (_, dialectsBy) => {
    const program = `
      (async () => {
        const { default: express } = await import('express');
        const { createApiKeys } = await import('express-api-keys');
        const { memoryStore } = await import('express-api-keys/testing');
        const { nebulaRouter } = ${dialectsBy === 'import' ? 'await import' : 'require'}('express-api-keys/dialects');
        ${tryOut}
      })();`;
    expect(await node('cjs-js', program)).toEqual(expected);
  });
});
