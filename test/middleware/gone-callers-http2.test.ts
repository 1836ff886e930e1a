import { once } from 'node:events';
import { connect, constants, createServer } from 'node:http2';
import type { ClientHttp2Session, ClientHttp2Stream, Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Express, RequestHandler, Response } from 'express';
import { memoryStore } from '../../lib/testing/index.js';
import { http2App } from '../harness/http2-server.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

let store: ReturnType<typeof memoryStore>;
let instance: TestInstance;
let server: Http2Server;
let client: ClientHttp2Session;
/** Resolves with the response of the next request for `/gone` whose handler was reached. */
let reached: Promise<Response>;
let noteReached: (res: Response) => void;
/** Instances that read what another one has written. */
const readers: TestInstance[] = [];

/** What takes so long in front of the guard that the caller goes away meanwhile. */
const waitUntilGone: RequestHandler = (_req, res, next) => {
  void once(res, 'close').then(() => next());
};
const noteHandled: RequestHandler = (_req, res) => noteReached(res);

beforeEach(async () => {
  store = memoryStore();
  instance = createInstance({ store, metrics: { usageByRoute: true } });
  // A day that begins at the time that is looked at is no part of it.
  instance.clock.advance(60 * 60 * 1_000);
  await instance.apiKeys.ready();
  reached = new Promise((resolve) => (noteReached = resolve));
});
afterEach(async () => {
  client.destroy();
  server.close();
  for (const { apiKeys } of [instance, ...readers.splice(0)]) await apiKeys.close();
});

async function serve(mount: (app: Express) => void): Promise<void> {
  const app = http2App();
  app.set('env', 'test');
  mount(app);
  server = createServer(app as unknown as Parameters<typeof createServer>[1]).listen(0, '127.0.0.1');
  await once(server, 'listening');
  client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** Sends a request and resets its stream when the server has it; resolves when its handler was reached all the same. */
async function sendAndReset(path: string, headers: Record<string, string> = {}): Promise<void> {
  const arrived = once(server, 'stream');
  const stream = client.request({ ':path': path, ...headers });
  stream.on('error', () => undefined);
  await arrived;
  stream.close(constants.NGHTTP2_CANCEL);
  await reached;
}

function createReader(): TestInstance['apiKeys'] {
  const reader = createInstance({ store, clock: instance.clock });
  readers.push(reader);
  return reader.apiKeys;
}

describe('a caller who resets the stream of HTTP/2 while a guard is reached', () => {
  it('is not watched by mcpGuard, because nothing would end the watch', async () => {
    const { mcpGuard, keys } = instance.apiKeys;
    let noteOpen = (): void => undefined;
    const open = new Promise<void>((resolve) => (noteOpen = resolve));
    await serve((app) => {
      app.get('/gone', waitUntilGone, mcpGuard(), noteHandled);
      app.get('/open', mcpGuard(), (_req, res) => {
        res.set('Content-Type', 'text/event-stream').write(': begun\n\n');
        noteOpen();
      });
    });
    const [gone, staying] = [await instance.key(), await instance.key({ ownerId: 'bob' })];
    await sendAndReset('/gone', { 'x-api-key': gone.token });
    const stream = client.request({ ':path': '/open', 'x-api-key': staying.token });
    stream.resume();
    await open;
    // Whoever is watched is decided about again, and refused, in this order.
    for (const { id } of [gone, staying]) await keys.as(theApp).revoke({ id });
    await once(stream, 'close');
    await instance.apiKeys.close();
    const { items } = await createReader().audit.as(theApp).listAccess();
    expect(items.map(({ keyId, code }) => [keyId, code])).toEqual([[staying.id, 'key_revoked']]);
  });

  it('is counted as aborted in the usage by route', async () => {
    const guard = instance.apiKeys.requireApiKey('orders:read');
    await serve((app) => app.get('/gone', waitUntilGone, guard, noteHandled));
    const { id, token } = await instance.key();
    await sendAndReset('/gone', { 'x-api-key': token });
    await instance.apiKeys.close();
    const { routes } = await createReader().keys.as(theApp).usage({ id, byRoute: true });
    expect(routes).toEqual([expect.objectContaining({ route: '/gone', counts: { aborted: 1 } })]);
  });

  it('is counted as aborted in the usage by route, also where the answer has begun', async () => {
    const guard = instance.apiKeys.requireApiKey('orders:read');
    const closed: Promise<unknown>[] = [];
    await serve((app) => {
      app.get('/stream', guard, (_req, res) => {
        closed.push(once(res, 'close'));
        res.write('begun');
      });
      app.get('/whole', guard, (_req, res) => {
        closed.push(once(res, 'close'));
        res.json({});
      });
    });
    const { id, token } = await instance.key();
    const headers = { 'x-api-key': token };
    const whole = client.request({ ':path': '/whole', ...headers }).resume();
    await once(whole, 'close');
    for (const leave of [
      (it: ClientHttp2Stream) => it.close(constants.NGHTTP2_CANCEL),
      () => client.destroy(),
    ]) {
      const stream = client.request({ ':path': '/stream', ...headers });
      stream.on('error', () => undefined);
      await once(stream, 'response');
      leave(stream);
    }
    await Promise.all(closed);
    await instance.apiKeys.close();
    const { routes = [] } = await createReader().keys.as(theApp).usage({ id, byRoute: true });
    expect(Object.fromEntries(routes.map(({ route, counts }) => [route, counts]))).toEqual({
      '/stream': { aborted: 2 },
      '/whole': { '2xx': 1 },
    });
  });

  it('is counted by a guard in observe mode in front of a router', async () => {
    const guard = instance.apiKeys.requireApiKey('orders:read', { mode: 'observe' });
    await serve((app) => app.use('/gone', waitUntilGone, guard, noteHandled));
    await sendAndReset('/gone');
    const { items } = await instance.apiKeys.audit.as(theApp).listObserved();
    expect(items.map(({ route, code }) => [route, code])).toEqual([['/gone', 'missing_credential']]);
  });
});

describe('a body over HTTP/2 whose stream is reset before its end', () => {
  /** When the caller goes away: before the body is read, or while it is. */
  const moments = ['before it is read', 'while it is read'] as const;
  const ways = ['the stream', 'the connection'] as const;
  const cases = moments.flatMap((moment) =>
    ['', '{"graceSeconds":'].flatMap((sent) => ways.map((closed) => [sent, moment, closed] as const)),
  );

  it.each(cases)('is no body that is complete: %j, %s, by the end of %s', async (sent, moment, closed) => {
    const { adminRouter, keys } = instance.apiKeys;
    const { id } = await instance.key();
    const responses: Response[] = [];
    let noteWaiting = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (noteWaiting = resolve));
    const actor = { kind: 'owner' as const, ownerId: 'alice' };
    await serve((app) => {
      app.use((_req, res, next) => {
        responses.push(res);
        next();
      });
      app.use(
        '/api-keys',
        adminRouter({
          async authorize() {
            noteWaiting();
            if (moment === 'before it is read') await once(responses[0] as Response, 'close');
            return actor;
          },
        }),
      );
    });
    const stream = client.request(
      { ':method': 'POST', ':path': `/api-keys/keys/${id}/rotate`, 'content-type': 'application/json' },
      { endStream: false },
    );
    stream.on('error', () => undefined);
    if (sent !== '') stream.write(sent);
    await waiting;
    if (moment === 'while it is read') await wait(50);
    // `close()` would send an end of the body before.
    (closed === 'the stream' ? stream : client).destroy();
    const readVersion = async (): Promise<unknown> => (await keys.as(theApp).get({ id }))?.version;
    // A stream that was closed is not always ended.
    while (responses[0]?.statusCode === 200 && (await readVersion()) === 1) await wait(5);
    expect([responses[0]?.statusCode, await readVersion()]).toEqual([400, 1]);
    expect(instance.log).toEqual([]);
  });
});
