import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type Request } from 'express';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { bytesOf, exchange, type RawAnswer } from '../security/raw-http.js';

let instance: TestInstance;
let server: Server;
let token: string;
let other: string;
let step: (req: Request) => void = () => undefined;

beforeAll(async () => {
  instance = createInstance();
  await instance.apiKeys.ready();
  token = (await instance.key()).token;
  other = (await instance.key({ ownerId: 'bob' })).token;
  const app = express();
  app.use((req, _res, next) => {
    step(req);
    next();
  });
  app.get('/orders', instance.apiKeys.requireApiKey('orders:read'), (req, res) => {
    res.json({ ownerId: instance.apiKeys.apiKeyOf(req).ownerId });
  });
  server = await listen(app);
});
afterAll(async () => {
  stop(server);
  await instance.apiKeys.close();
});

async function listen(app: Express): Promise<Server> {
  const listening = app.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return listening;
}

function stop(listening: Server): void {
  listening.close();
  listening.closeAllConnections();
}

async function get(from: Server, target: string, lines: readonly string[]): Promise<RawAnswer> {
  const { port } = from.address() as AddressInfo;
  return exchange(port, bytesOf({ target, lines }));
}

/** Sends header lines through the step; returns the status, and the owner who was authenticated. */
async function send(change: (req: Request) => void, ...lines: string[]): Promise<string> {
  step = change;
  const { status, body } = await get(server, '/orders', lines);
  const owner = /"ownerId":"(\w+)"/.exec(body)?.[1];
  return owner === undefined ? String(status) : `${status} ${owner}`;
}

describe('a header that the middleware in front of a guard has changed', () => {
  const unchanged = (): void => undefined;

  it('is read as it was sent when nothing was changed', async () => {
    expect(await send(unchanged, `X-API-Key: ${token}`)).toBe('200 alice');
    expect(await send(unchanged, `Authorization: Bearer ${token}`)).toBe('200 alice');
  });

  it('is gone when it was deleted, set to undefined or to null', async () => {
    const lines = [`X-API-Key: ${token}`];
    expect(await send((req) => delete req.headers['x-api-key'], ...lines)).toBe('401');
    expect(await send((req) => (req.headers['x-api-key'] = undefined), ...lines)).toBe('401');
    expect(await send((req) => (req.headers['x-api-key'] = null as never), ...lines)).toBe('401');
    const bearer = `Authorization: Bearer ${token}`;
    expect(await send((req) => delete req.headers.authorization, bearer)).toBe('401');
  });

  it('is read when it was set, renamed or replaced', async () => {
    expect(await send((req) => (req.headers['x-api-key'] = token))).toBe('200 alice');
    expect(await send((req) => (req.headers['x-api-key'] = [token]))).toBe('200 alice');
    expect(await send((req) => (req.headers.authorization = `Bearer ${token}`))).toBe('200 alice');
    const rename = (req: Request): void => {
      req.headers['x-api-key'] = req.headers['x-old-key'];
    };
    expect(await send(rename, `X-Old-Key: ${token}`)).toBe('200 alice');
    expect(await send((req) => (req.headers['x-api-key'] = other), `X-API-Key: ${token}`)).toBe('200 bob');
    expect(await send((req) => (req.headers['x-api-key'] = `${token}x`), `X-API-Key: ${token}`)).toBe('401');
  });

  it('is read of an object that was put in place of req.headers', async () => {
    const replace = (headers: object) => (req: Request) => void Object.assign(req, { headers });
    const lines = [`X-API-Key: ${token}`];
    expect(await send(replace({ 'x-api-key': other }), ...lines)).toBe('200 bob');
    expect(await send(replace({}), ...lines)).toBe('401');
    expect(await send(replace(Object.assign(Object.create(null), { 'x-api-key': other })), ...lines)).toBe(
      '200 bob',
    );
    // Names are in lower case, as Node has them.
    expect(await send(replace({ 'X-API-Key': other }), ...lines)).toBe('401');
    expect(await send(replace(Object.freeze({ 'x-api-key': other })), ...lines)).toBe('200 bob');
  });

  it('stays repeated when it was sent twice', async () => {
    const lines = [`X-API-Key: ${token}`, `X-API-Key: ${token}`];
    expect(await send(unchanged, ...lines)).toBe('400');
    expect(await send((req) => (req.headers['x-api-key'] = token), ...lines)).toBe('400');
    const twoBearers = [`Authorization: Bearer ${other}`, `Authorization: Bearer ${token}`];
    expect(await send(unchanged, ...twoBearers)).toBe('400');
    expect(await send((req) => (req.headers.authorization = `Bearer ${token}`), ...twoBearers)).toBe('400');
    expect(await send((req) => delete req.headers['x-api-key'], ...lines)).toBe('401');
  });

  it('is no key when it was set to several values, or to what only converts to one', async () => {
    const set = (value: unknown) => (req: Request) => void (req.headers['x-api-key'] = value as string);
    expect(await send(set([token, token]))).toBe('400');
    expect(await send(set([]))).toBe('401');
    expect(await send(set([[token]]))).toBe('401');
    expect(await send(set({ toString: () => token }))).toBe('401');
    expect(await send(set(new String(token)))).toBe('401');
    expect(await send(set(7))).toBe('401');
  });

  it('counts beside one that was sent', async () => {
    const both = (req: Request): void => void (req.headers.authorization = `Bearer ${other}`);
    expect(await send(both, `X-API-Key: ${token}`)).toBe('400');
  });

  it('is not read of Object.prototype', async () => {
    let polluted: Record<string, unknown> = {};
    const pollute = (req: Request): void => {
      // That of Node: jest has one of its own.
      polluted = Object.getPrototypeOf(req.headers) as Record<string, unknown>;
      polluted['x-api-key'] = token;
      polluted['authorization'] = `Bearer ${token}`;
    };
    try {
      expect(await send(pollute)).toBe('401');
      expect(polluted).toHaveProperty('hasOwnProperty');
    } finally {
      delete polluted['x-api-key'];
      delete polluted['authorization'];
    }
  });
});

describe('a key that an earlier guard has hidden', () => {
  it('gives way to one that the app has set since then', async () => {
    const hiding = createInstance({ hideCredentials: true });
    await hiding.apiKeys.ready();
    const first = await hiding.key();
    const second = await hiding.key({ ownerId: 'bob' });
    const app = express();
    const guard = hiding.apiKeys.requireApiKey('orders:read');
    app.get('/orders', guard, (req, _res, next) => {
      if (req.query['switch'] !== undefined) req.headers['x-api-key'] = second.token;
      next();
    });
    app.get('/orders', guard, (req, res) => {
      res.json({ ownerId: hiding.apiKeys.apiKeyOf(req).ownerId, seen: req.headers['x-api-key'] ?? null });
    });
    const hidden = await listen(app);
    const show = async (target: string): Promise<unknown> =>
      JSON.parse((await get(hidden, target, [`X-API-Key: ${first.token}`])).body) as unknown;
    try {
      expect(await show('/orders')).toEqual({ ownerId: 'alice', seen: null });
      expect(await show('/orders?switch')).toEqual({ ownerId: 'bob', seen: null });
    } finally {
      stop(hidden);
      await hiding.apiKeys.close();
    }
  });
});
