import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { deribitWebSocket } from '../../lib/dialects/index.js';
import { connect, startSocketApp, type SocketApp } from './deribit-sockets.js';

const list = 'private/list_api_keys';
const asAlice = { access_token: 'session-alice' };

describe('connections of deribitWebSocket that are kept open', () => {
  let app: SocketApp;
  const opened: Socket[] = [];

  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.destroy();
    await app.stop();
  });

  const until = async (isDone: () => boolean | Promise<boolean>, ms = 20_000): Promise<void> => {
    for (const end = Date.now() + ms; !(await isDone()) && Date.now() < end;) await sleep(50);
    expect(await isDone()).toBe(true);
  };
  const countSockets = (): Promise<number> =>
    new Promise((resolve, reject) => {
      app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
    });
  /** A client that never ends its side by itself. */
  const openHalf = async (path: string, headers: readonly string[] = []): Promise<Socket> => {
    const socket = connectTcp({ port: app.port, host: '127.0.0.1', allowHalfOpen: true });
    opened.push(socket);
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    const handshake = [
      ...[`GET ${path} HTTP/1.1`, 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket'],
      ...['Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', ...headers],
    ];
    socket.write(`${handshake.join('\r\n')}\r\n\r\n`);
    return socket;
  };
  const readStatus = async (socket: Socket): Promise<string> => {
    const [data] = (await once(socket, 'data')) as [Buffer];
    return data.toString().slice(9, 12);
  };

  it.each([
    ['of another path', '/ws/other', [], '404'],
    ['of another origin', '/ws/api/v2', ['Origin: https://evil.example'], '403'],
    ['above the limit', '/ws/api/v2', [], '503'],
    ['with a malformed handshake', '/ws/api/v2', ['Sec-WebSocket-Version: 7'], '400'],
  ])('are closed when they were refused: %s', async (name, path, headers, status) => {
    app = await startSocketApp(name === 'above the limit' ? { maxConnections: 1 } : {});
    if (name === 'above the limit') await app.connect();
    const open = await countSockets();
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openHalf(path, headers)));
    expect(await Promise.all(sockets.map(readStatus))).toEqual(sockets.map(() => status));
    await until(async () => (await countSockets()) === open);
  });

  it('at two paths of one server are opened, and other paths are refused', async () => {
    app = await startSocketApp();
    const second = await deribitWebSocket(app.server, app.router, { app: app.app, path: '/ws/second' });
    for (const path of ['/ws/api/v2', '/ws/second']) {
      expect((await (await connect(app.port, {}, path)).call('public/test')).error).toBeUndefined();
    }
    expect(await readStatus(await openHalf('/ws/other'))).toBe('404');
    await second.close();
    expect(await readStatus(await openHalf('/ws/second'))).toBe('404');
  });

  it('count by network: addresses of one IPv6 network share a limit', async () => {
    app = await startSocketApp({ maxConnectionsPerAddress: 2 });
    app.app.set('trust proxy', 1);
    const at = (address: string) => app.connect({ headers: { 'X-Forwarded-For': address } });
    const first = await at('2001:db8:1:2::1');
    await at('2001:db8:1:2:ffff::2');
    await expect(at('2001:db8:1:2:3:4:5:6')).rejects.toThrow('refused with 429');
    await at('2001:db8:1:3::1');
    first.socket.close();
    await until(() => app.sockets.connections === 2);
    await at('2001:db8:1:2::7');
  });

  it('are closed when they leave answers unread, even when they send more requests', async () => {
    app = await startSocketApp({ idleSeconds: 2, maxQueuedRequests: 1000 }, {}, { maxKeys: 60 });
    const client = await app.connect();
    for (let count = 0; count < 60; count += 1) {
      const params = { ...asAlice, max_scope: 'account:read_write', name: `key_${count}` };
      expect((await client.call('private/create_api_key', params)).error).toBeUndefined();
    }
    client.socket.pause();
    const text = JSON.stringify({ jsonrpc: '2.0', id: 1, method: list, params: asAlice });
    for (let count = 0; count < 700; count += 1) client.socket.send(text);
    const requests = setInterval(() => client.socket.send(text, () => undefined), 200);
    await until(() => app.sockets.connections === 0);
    clearInterval(requests);
    client.socket.terminate();
  }, 60_000);

  it('are closed when they send pings and read no answers to them', async () => {
    app = await startSocketApp();
    const socket = await openHalf('/ws/api/v2');
    expect(await readStatus(socket)).toBe('101');
    socket.pause();
    // With an empty mask the payload stays as it is.
    const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125, 'x')]);
    const pings = Buffer.concat(Array.from({ length: 1000 }, () => ping));
    let isClosed = false;
    socket.once('close', () => (isClosed = true));
    for (let count = 0; count < 1000 && !isClosed && app.sockets.connections > 0; count += 1) {
      if (!socket.write(pings)) await Promise.race([once(socket, 'drain').catch(() => 0), sleep(500)]);
    }
    await until(() => app.sockets.connections === 0);
  }, 60_000);

  it('with many large requests at once are closed, and those within the limit are answered', async () => {
    app = await startSocketApp({ maxQueuedRequests: 1000 });
    const client = await app.connect();
    const padding = 'x'.repeat(30_000);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => client.call('public/test', { padding })),
    );
    expect(answers.map(({ error }) => error)).toEqual(answers.map(() => undefined));
  });
});
