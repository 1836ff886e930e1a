import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import express, { type RequestHandler, type Response } from 'express';
import { nebulaRouter } from '../../lib/dialects/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { newEd25519, outcome, pemOf } from '../harness/signed-app.js';
import { sent, signed, type Signed, type TestSigner } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';
import { bytesOf, exchange, type RawRequest } from '../security/raw-http.js';

let instance: TestInstance;
let server: Server;
let port: number;
/** The responses to the requests whose callers went away. */
let responses: Response[] = [];

/** What takes so long in front of the guard that the caller goes away meanwhile. */
const waitUntilGone: RequestHandler = (req, res, next) => {
  if (req.headers['x-goes-away'] === undefined) return next();
  responses.push(res);
  server.emit('waiting');
  void once(res, 'close').then(() => next());
};
const end: RequestHandler = (_req, res) => void res.json({});

beforeEach(async () => {
  instance = createInstance({
    signatures: {},
    tokens: { issuer: 'http://127.0.0.1' },
    failureBudget: { failures: 1, windowSeconds: 60 },
  });
  const { apiKeys } = instance;
  await apiKeys.ready();
  const app = express().use(waitUntilGone);
  app.set('env', 'test');
  app.post('/signed', apiKeys.requireApiKey('orders:read', { signed: 'required' }), end);
  app.use('/mcp', apiKeys.mcpGuard({ tools: { read_orders: 'orders:read' } }), end);
  app.use('/api-keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }));
  app.use('/oauth', apiKeys.tokenRouter());
  app.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken: () => 'alice' }));
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  responses = [];
  server.close();
  server.closeAllConnections();
  await instance.apiKeys.close();
});

/** Sends a whole request and goes away; resolves when the response to it has been ended, which nobody reads. */
async function sendAndLeave(request: RawRequest): Promise<void> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const waiting = once(server, 'waiting');
  socket.write(bytesOf({ ...request, lines: [...(request.lines ?? []), 'X-Goes-Away: 1'] }));
  await waiting;
  socket.resetAndDestroy();
  while (responses.some(({ writableEnded }) => !writableEnded)) await wait(5);
}

async function createSigner(): Promise<TestSigner> {
  const { publicKey, privateKey } = newEd25519();
  const fields = { ownerId: 'alice', name: 'signer', scopes: ['orders:read' as const] };
  const { id } = await instance.apiKeys.keys.as(theApp).create({ ...fields, publicKey: pemOf(publicKey) });
  return { keyId: id, privateKey };
}

const sign = (signer: TestSigner): Signed => signed(signer, { now: instance.clock.now() });

describe('a caller who goes away when all of the body has come in and none of it was read', () => {
  it('keeps no place in the failure budget', async () => {
    const signer = await createSigner();
    await sendAndLeave(sent(sign(signer)));
    const { privateKey } = newEd25519();
    const answers: string[] = [];
    for (let count = 0; count < 2; count += 1) {
      answers.push(outcome(await exchange(port, bytesOf(sent(sign({ ...signer, privateKey }))))));
    }
    expect(answers).toEqual(['401 invalid_signature', '429 too_many_failures']);
  });

  it.each<[string, string, string]>([
    ['/mcp', 'application/json', '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'],
    ['/api-keys/keys', 'application/json', '{"name":"CI","scopes":["orders:read"]}'],
    ['/oauth/token', 'application/x-www-form-urlencoded', 'grant_type=client_credentials'],
    ['/nebula/api-keys', 'application/json', '{"name":"CI"}'],
  ])('does not leave the request unanswered: %s', async (target, type, body) => {
    const { token } = await instance.key();
    const authorization = `Authorization: Bearer ${target === '/mcp' ? token : 'session'}`;
    await sendAndLeave({ method: 'POST', target, lines: [authorization, `Content-Type: ${type}`], body });
    expect(responses.map(({ statusCode }) => statusCode)).toEqual([400]);
    expect(instance.log).toEqual([]);
  });
});
