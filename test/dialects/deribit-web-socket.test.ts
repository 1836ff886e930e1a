import { createServer, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { deribitWebSocket } from '../../lib/dialects/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { theApp } from '../harness/the-app.js';
import type { DeribitKey } from './deribit-app.js';
import {
  connect,
  startSocketApp,
  type SocketApp,
  type SocketClient,
  type SocketMessage,
} from './deribit-sockets.js';

interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly scope: string;
}

const list = 'private/list_api_keys';
const asAlice = { access_token: 'session-alice' };
const pairOf = ({ client_id, client_secret }: DeribitKey): object => ({
  grant_type: 'client_credentials',
  ...{ client_id, client_secret },
});
const codeOf = ({ error }: SocketMessage): unknown => error && [error.code, error.data];
const invalidToken = [13009, { reason: 'invalid_token' }];

describe('deribitWebSocket', () => {
  let app: SocketApp;
  let client: SocketClient;
  let key: DeribitKey;

  async function start(...options: Parameters<typeof startSocketApp>): Promise<void> {
    app = await startSocketApp(...options);
    client = await app.connect();
    key = await newKey();
  }
  async function newKey(params: object = {}): Promise<DeribitKey> {
    const max_scope = 'account:read_write trade:read';
    const answer = await client.call('private/create_api_key', { ...asAlice, max_scope, ...params });
    return answer.result as DeribitKey;
  }
  async function authenticate(of = key, params: object = {}, on = client): Promise<Tokens> {
    const { result, error } = await on.call('public/auth', { ...pairOf(of), ...params });
    expect(error).toBeUndefined();
    return result as Tokens;
  }
  const overHttp = (method: string, params: object): request.Test =>
    request(app.server).post('/api/v2').send({ jsonrpc: '2.0', id: 1, method, params });
  const statusOf = async (access_token: string): Promise<number> =>
    (await overHttp(list, { access_token })).status;

  afterEach(() => app.stop());

  describe('calls', () => {
    beforeEach(() => start());

    it('are answered as over HTTP, with the id and the times', async () => {
      const { result, ...envelope } = await client.call(list, asAlice);
      expect(result).toEqual([expect.objectContaining({ id: key.id, client_id: key.client_id })]);
      expect(envelope).toEqual({
        ...{ jsonrpc: '2.0', id: 2, testnet: false },
        ...{ usIn: expect.any(Number), usOut: expect.any(Number), usDiff: expect.any(Number) },
      });
    });

    it('need a token until public/auth has authenticated the connection', async () => {
      expect(codeOf(await client.call(list))).toEqual([10000, { reason: expect.any(String) }]);
      await authenticate();
      expect((await client.call(list)).result).toHaveLength(1);
      const other = await app.connect();
      expect(codeOf(await other.call(list))).toEqual([10000, { reason: expect.any(String) }]);
    });

    it('are executed in their order, so that a client need not wait for public/auth', async () => {
      const answers = await Promise.all([
        client.call('public/auth', pairOf(key)),
        client.call(list),
        client.call('public/get_time'),
      ]);
      expect(answers.map(({ error }) => error)).toEqual([undefined, undefined, undefined]);
      expect(client.received.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    });

    it('hold the scope of the token', async () => {
      await authenticate(key, { scope: 'account:read' });
      expect((await client.call(list)).result).toHaveLength(1);
      const refused = await client.call('private/create_api_key', { max_scope: '' });
      expect(refused.error?.code).toBe(13403);
    });

    it('take access_token of the message before that of the connection', async () => {
      await authenticate();
      expect((await client.call(list, { access_token: 'session-bob' })).result).toEqual([]);
      expect(codeOf(await client.call(list, { access_token: 'unknown' }))).toEqual(invalidToken);
      expect((await client.call(list)).result).toHaveLength(1);
    });

    it.each([
      ['', -32600],
      ['{', -32700],
      ['[]', -32600],
      ['[{"jsonrpc":"2.0","id":1,"method":"public/test"}]', -32600],
      ['7', -32600],
      ['{"jsonrpc":"1.0","id":1,"method":"public/test"}', -32600],
      ['{"jsonrpc":"2.0","id":{},"method":"public/test"}', -32600],
      ['{"jsonrpc":"2.0","id":1}', -32600],
      ['{"jsonrpc":"2.0","id":1,"method":"public/subscribe","params":{"channels":[]}}', -32601],
      ['{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32601],
    ])('that are malformed are errors, and the connection stays: %j', async (text, code) => {
      const before = client.received.length;
      client.socket.send(text);
      await client.call('public/get_time');
      expect(client.received[before]?.error?.code).toBe(code);
    });

    it('of hello, test and status are answered', async () => {
      const hello = await client.call('public/hello', { client_name: 'bot', client_version: '1' });
      expect(hello.result).toEqual({ version: '2.1.1' });
      expect((await client.call('public/test')).result).toEqual({ version: '2.1.1' });
      expect((await client.call('public/status')).result).toMatchObject({ locked: 'false' });
    });

    it('are in the access log when they are refused, with their method', async () => {
      const store = memoryStore();
      await app.stop();
      await start({}, { store });
      await client.call(list, { access_token: 'unknown' });
      await client.call('public/auth', { ...pairOf(key), client_secret: 'x'.repeat(43) });
      await app.stop();
      const seen = await store.accessLog.list({ limit: 10 });
      expect(seen.map(({ code, route, address }) => [code, route, address]).sort()).toEqual([
        ['invalid_client', '/ws/*', '127.0.0.1'],
        ['invalid_token', `/${list}`, '127.0.0.1'],
      ]);
    });

    it('with wrong secrets use up the failure budget, on other connections as well', async () => {
      await app.stop();
      await start({}, { failureBudget: { failures: 2, windowSeconds: 60 } });
      const codes: unknown[] = [];
      for (const letter of ['a', 'b', 'c', 'd']) {
        const wrong = { ...pairOf(key), client_secret: letter.repeat(43) };
        codes.push((await (await app.connect()).call('public/auth', wrong)).error?.code);
      }
      expect(codes).toEqual([13004, 13004, 10028, 10028]);
      expect((await client.call('public/auth', pairOf(key))).error).toBeUndefined();
    });
  });

  describe('tokens', () => {
    beforeEach(() => start());

    it('of a connection end with it, those of a session stay', async () => {
      const ofConnection = await authenticate();
      const other = await app.connect();
      const ofSession = await authenticate(key, { scope: 'session:bot account:read' }, other);
      expect([await statusOf(ofConnection.access_token), await statusOf(ofSession.access_token)]).toEqual([
        200, 200,
      ]);
      client.socket.close();
      other.socket.close();
      await Promise.all([client.closed, other.closed]);
      await until(() => app.sockets.connections === 0);
      expect([await statusOf(ofConnection.access_token), await statusOf(ofSession.access_token)]).toEqual([
        401, 200,
      ]);
    });

    it('of a connection are revoked when it authenticates anew, and not when it refreshes', async () => {
      const first = await authenticate();
      const { refresh_token } = first;
      const refreshed = await client.call('public/auth', { grant_type: 'refresh_token', refresh_token });
      const second = refreshed.result as Tokens;
      expect((await client.call(list)).result).toHaveLength(1);
      await authenticate();
      expect([await statusOf(second.access_token), await statusOf(first.access_token)]).toEqual([401, 401]);
      expect((await client.call(list)).result).toHaveLength(1);
    });

    it('end at private/logout, which closes the connection without an answer', async () => {
      const { access_token } = await authenticate(key, { scope: 'session:bot account:read' });
      const answer = client.call('private/logout');
      await expect(answer).rejects.toThrow('closed with 1000 logout');
      expect(await statusOf(access_token)).toBe(401);
    });

    it('stay at private/logout with invalidate_token false', async () => {
      const { access_token } = await authenticate();
      await expect(client.call('private/logout', { invalidate_token: false })).rejects.toThrow('logout');
      await until(() => app.sockets.connections === 0);
      expect(await statusOf(access_token)).toBe(200);
    });

    it('are needed for private/logout', async () => {
      expect((await client.call('private/logout')).error?.code).toBe(10000);
      expect((await client.call('private/logout', { ...asAlice, invalidate_token: 7 })).error?.code).toBe(
        -32602,
      );
    });

    it('that have expired are refused at the next call, and can be refreshed on the connection', async () => {
      const { refresh_token } = await authenticate(key, { scope: 'account:read expires:60' });
      app.clock.advance(60_000);
      expect(codeOf(await client.call(list))).toEqual(invalidToken);
      expect(codeOf(await client.call(list))).toEqual(invalidToken);
      const refreshed = await client.call('public/auth', { grant_type: 'refresh_token', refresh_token });
      expect(refreshed.error).toBeUndefined();
      expect((await client.call(list)).result).toHaveLength(1);
    });
  });

  describe('a connection', () => {
    it.each([
      ['disabled', 'private/disable_api_key'],
      ['removed', 'private/remove_api_key'],
      ['reset', 'private/reset_api_key'],
    ])('is closed when its key is %s', async (_, method) => {
      await start();
      await authenticate();
      await overHttp(method, { ...asAlice, id: key.id }).expect(200);
      expect(await client.closed).toEqual([1008, 'unauthorized']);
    });

    it('is closed when the owner of its key is suspended, and comes back once that is resumed', async () => {
      await start();
      await authenticate();
      const owners = app.apiKeys.owners.as(theApp);
      await owners.set({ ownerId: 'alice', plan: null, overrides: { maxKeys: 5 } });
      expect((await client.call(list)).result).toHaveLength(1);
      await owners.suspend({ ownerId: 'alice' });
      expect(await client.closed).toEqual([1008, 'unauthorized']);
      await owners.resume({ ownerId: 'alice' });
      client = await app.connect();
      await authenticate();
      expect((await client.call(list)).result).toHaveLength(1);
    });

    it('gets the answer when it removes its own key, and is then closed', async () => {
      await start();
      await authenticate();
      expect((await client.call('private/remove_api_key', { id: key.id })).result).toBe('ok');
      expect(await client.closed).toEqual([1008, 'unauthorized']);
    });

    it('stays when something else of its key changes', async () => {
      await start();
      await authenticate();
      await overHttp('private/change_api_key_name', { ...asAlice, id: key.id, name: 'bot' }).expect(200);
      expect((await client.call(list)).result).toHaveLength(1);
    });

    it('is closed when its session has ended elsewhere', async () => {
      await start();
      await authenticate(key, { scope: 'session:bot account:read' });
      app.clock.advance(1000);
      for (let count = 0; count < 15; count += 1) {
        await overHttp('public/auth', { ...pairOf(key), scope: `session:s${count}` }).expect(200);
      }
      expect((await client.call(list)).result).toHaveLength(1);
      // Of seventeen the one that would expire first ends.
      await overHttp('public/auth', { ...pairOf(key), scope: 'session:s15' }).expect(200);
      expect(await client.closed).toEqual([1008, 'unauthorized']);
    });

    it('is closed a while after its token was refused, unless it authenticates again', async () => {
      await start({ authenticateWithinSeconds: 1 });
      await authenticate(key, { scope: 'account:read expires:60' });
      app.clock.advance(60_000);
      expect(codeOf(await client.call(list))).toEqual(invalidToken);
      expect(await client.closed).toEqual([1008, 'not authenticated']);
    });

    it('is closed when it does not authenticate in time, and a private call with a token is enough', async () => {
      await start({ authenticateWithinSeconds: 1 });
      const idle = await app.connect();
      expect(await idle.closed).toEqual([1008, 'not authenticated']);
      expect(client.socket.readyState).toBe(client.socket.OPEN);
    });

    it('is closed when it is idle; a ping keeps it open', async () => {
      await start({ idleSeconds: 1 });
      const pings = setInterval(() => client.socket.ping(), 200);
      const idle = await app.connect();
      expect(await idle.closed).toEqual([1008, 'idle']);
      expect(client.socket.readyState).toBe(client.socket.OPEN);
      clearInterval(pings);
      expect(await client.closed).toEqual([1008, 'idle']);
    });

    it('is closed for a message above 32 KiB, and for one that is no text', async () => {
      await start();
      const other = await app.connect();
      client.socket.send('x'.repeat(32 * 1024 + 1));
      other.socket.send(Buffer.from('{}'));
      expect((await client.closed)[0]).toBe(1009);
      expect(await other.closed).toEqual([1003, 'send text']);
    });

    it('that sends far more than it may is closed; others are answered', async () => {
      await start({ maxQueuedRequests: 4 });
      const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: list, params: asAlice });
      const raw = (client.socket as unknown as { readonly _socket: { cork(): void; uncork(): void } })
        ._socket;
      raw.cork();
      for (let count = 0; count < 200; count += 1) client.socket.send(text);
      raw.uncork();
      expect(await client.closed).toEqual([1008, 'too many requests']);
      const other = await app.connect();
      expect((await other.call(list, asAlice)).result).toHaveLength(1);
    });

    it('that sends a few more than may wait gets all answers', async () => {
      await start({ maxQueuedRequests: 4 });
      const answers = await Promise.all(Array.from({ length: 8 }, () => client.call(list, asAlice)));
      expect(answers.map(({ error }) => error)).toEqual(answers.map(() => undefined));
    });

    it('is limited for each address, for each key and in all', async () => {
      await start({ maxConnectionsPerAddress: 3, maxConnectionsPerKey: 2 });
      const [second, third] = [await app.connect(), await app.connect()];
      await expect(app.connect()).rejects.toThrow('refused with 429');
      await authenticate(key, {}, client);
      await authenticate(key, {}, second);
      expect((await third.call('public/auth', pairOf(key))).error?.code).toBe(10028);
      expect((await third.call(list)).error?.code).toBe(10000);
      await authenticate(key, {}, second);
      second.socket.close();
      await until(() => app.sockets.connections === 2);
      await authenticate(key, {}, third);
      await (await app.connect()).call('public/test');
      await app.stop();

      await start({ maxConnections: 1 });
      await expect(app.connect()).rejects.toThrow('refused with 503');
    });

    it('is opened by pages of the own host and of listed origins alone', async () => {
      await start({ origins: ['https://app.acme.example'] });
      for (const origin of ['https://evil.example', 'null', `http://127.0.0.1.evil.example:${app.port}`]) {
        await expect(app.connect({ origin })).rejects.toThrow('refused with 403');
      }
      for (const origin of ['https://app.acme.example', `http://127.0.0.1:${app.port}`]) {
        expect((await (await app.connect({ origin })).call('public/test')).error).toBeUndefined();
      }
    });

    it('has the address that the setting trust proxy defines', async () => {
      await start();
      app.app.set('trust proxy', 1);
      const near = await newKey({ ip_whitelist: ['10.0.0.1'] });
      const at = (address: string) => app.connect({ headers: { 'X-Forwarded-For': address } });
      const answers = [
        await (await at('10.0.0.1')).call('public/auth', pairOf(near)),
        await (await at('10.0.0.2')).call('public/auth', pairOf(near)),
      ];
      expect(answers.map(({ error }) => error?.code)).toEqual([undefined, 13004]);
    });

    it('is not opened on other paths, which are left to other listeners', async () => {
      await start();
      await expect(connect(app.port, {}, '/ws/other')).rejects.toThrow('refused with 404');
      app.server.on('upgrade', (req, socket) => {
        if (req.url === '/ws/other') socket.end('HTTP/1.1 418 Teapot\r\n\r\n');
      });
      await expect(connect(app.port, {}, '/ws/other')).rejects.toThrow('refused with 418');
    });

    it('is closed by close(), which waits until all are and opens no more', async () => {
      await start();
      const { access_token } = await authenticate();
      await app.sockets.close();
      expect(await client.closed).toEqual([1001, 'server closes']);
      expect([app.sockets.connections, await statusOf(access_token)]).toEqual([0, 401]);
      await expect(app.connect()).rejects.toThrow();
      await app.sockets.close();
    });

    it('needs the handshake of a WebSocket', async () => {
      await start();
      const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '7' };
      const sent = httpRequest({ port: app.port, host: '127.0.0.1', path: '/ws/api/v2', headers }).end();
      const [answer] = (await once(sent, 'response')) as [{ statusCode: number; resume(): void }];
      answer.resume();
      expect([400, 426]).toContain(answer.statusCode);
    });
  });

  describe('options', () => {
    beforeEach(() => start());

    it.each([
      [{ app: undefined }, 'app: takes the Express app'],
      [{ path: 'ws' }, 'path: takes a path'],
      [{ origins: ['app.acme.example'] }, 'origins: takes a list of origins'],
      [{ origins: ['https://app.acme.example/'] }, 'origins: takes a list of origins'],
      [{ idleSeconds: 0 }, 'idleSeconds: takes a whole number from 1'],
      [{ maxConnection: 1 }, 'maxConnection'],
    ])('that are wrong are refused: %j', async (wrong, message) => {
      const server = createServer();
      const options = { app: app.app, ...wrong } as never;
      await expect(deribitWebSocket(server, app.router, options)).rejects.toThrow(message);
      expect(server.listenerCount('upgrade')).toBe(0);
    });

    it('take what deribitRouter returned, and a server', async () => {
      const options = { app: app.app };
      await expect(deribitWebSocket(createServer(), express.Router(), options)).rejects.toThrow(
        'what deribitRouter returned',
      );
      await expect(deribitWebSocket(null as never, app.router, options)).rejects.toThrow(
        'takes an HTTP server',
      );
    });
  });

  it('is the only transport of set_heartbeat and logout', async () => {
    await start();
    for (const method of ['public/set_heartbeat', 'public/disable_heartbeat', 'private/logout']) {
      const { body } = await overHttp(method, { ...asAlice, interval: 10 });
      expect([method, body.error.code]).toEqual([method, 10030]);
    }
    expect((app.server.address() as AddressInfo).port).toBe(app.port);
  });
});

/** Waits for a state. */
async function until(isReached: () => boolean): Promise<void> {
  while (!isReached()) await new Promise((resolve) => setTimeout(resolve, 10));
}
