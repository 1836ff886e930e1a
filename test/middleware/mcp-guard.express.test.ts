import express from 'express';
import { gzipSync } from 'node:zlib';
import type { McpGuardOptions } from '../../lib/index.js';
import { createInstance, type Scope } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { startMcpApp, type McpApp, type McpAppOptions } from './mcp-app.js';

jest.setTimeout(180_000);

type Json = Record<string, unknown>;
type Headers = Record<string, string>;

const accept = 'application/json, text/event-stream';
const call = (name: unknown, id?: number): Json => ({
  jsonrpc: '2.0',
  ...(id === undefined ? {} : { id }),
  method: 'tools/call',
  params: { name, arguments: {} },
});
const list = (id: number): Json => ({ jsonrpc: '2.0', id, method: 'tools/list' });
const initialize: Json = {
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-03-26', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
};

const post = (app: McpApp, body: unknown, headers: Headers): Promise<Response> =>
  fetch(app.mcp, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Accept: accept, ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** The messages of an answer, in JSON or in a stream of events that has ended. */
async function messagesOf(response: Response): Promise<Json[]> {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('text/event-stream') !== true) {
    return [JSON.parse(text) as Json].flat();
  }
  return text
    .split('\n')
    .flatMap((line) => (line.startsWith('data: {') ? [JSON.parse(line.slice(6)) as Json] : []));
}

async function withApp(options: McpAppOptions, run: (app: McpApp) => Promise<void>): Promise<void> {
  const app = await startMcpApp(options);
  try {
    await run(app);
  } finally {
    await app.close();
  }
}

/** The uses of a key that was allowed once and refused once, which are written in the background. */
async function usesOf({ apiKeys }: McpApp, id: string): Promise<Json> {
  for (;;) {
    const { items } = await apiKeys.keys.as(theApp).usage({ id });
    const counts: Json = Object.assign({}, ...items.map((item) => item.counts));
    if (Object.keys(counts).length === 2) return counts;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function openSession(app: McpApp, token: string): Promise<string> {
  const answer = await post(app, initialize, { 'X-API-Key': token });
  await answer.text();
  return answer.headers.get('mcp-session-id') ?? '';
}

describe('the guard of an MCP server', () => {
  it('refuses a tool for the lack of a scope as the MCP specification has it', () =>
    withApp({ isStateless: true }, async (app) => {
      const { token } = await app.key();
      const answer = await post(app, call('delete_order', 1), { 'X-API-Key': token });
      expect(answer.status).toBe(403);
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer realm="acme", error="insufficient_scope", scope="orders:write"',
      );
      expect(await answer.json()).toMatchObject({
        code: 'insufficient_scope',
        missingScopes: ['orders:write'],
      });
      expect(app.calls).toEqual([]);
    }));

  it.each<[string, unknown]>([
    ['a notification', call('delete_order')],
    ['a batch with other calls', [call('greet', 1), call('delete_order', 2)]],
    ['a batch of one', [call('delete_order', 1)]],
    [
      'a duplicate member, of which the last counts',
      '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call","params":{"name":"greet","name":"delete_order"}}',
    ],
    [
      'escaped names',
      '{"jsonrpc":"2.0","id":1,"\\u006dethod":"tools\\u002fcall","params":{"n\\u0061me":"delete_order"}}',
    ],
    ['another content type', call('delete_order', 1)],
  ])('refuses a tool in %s as well', async (what, body) => {
    for (const parser of ['before', 'behind', 'none'] as const) {
      await withApp({ isStateless: true, parser }, async (app) => {
        const { token } = await app.key();
        const type = what === 'another content type' ? 'text/plain' : 'application/json; charset=utf-8';
        const answer = await post(app, body, { 'X-API-Key': token, 'Content-Type': type });
        if (type !== 'text/plain' || parser !== 'before') expect(answer.status).toBe(403);
        await answer.text();
        expect(app.calls).toEqual([]);
      });
    }
  });

  it.each<[string, string | Buffer, Headers, number]>([
    ['no JSON', '{', {}, 400],
    ['a list in a list', JSON.stringify([[call('delete_order', 1)]]), {}, 400],
    ['a number', '5', {}, 400],
    ['more than 100 messages', JSON.stringify(Array.from({ length: 101 }, (_, id) => list(id))), {}, 400],
    [
      'UTF-16',
      Buffer.from(JSON.stringify(call('delete_order', 1)), 'utf16le'),
      { 'Content-Type': 'application/json; charset=utf-16' },
      415,
    ],
    [
      'UTF-7, in which another tool is called than in UTF-8',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"list_orders","arguments":{"x":"+ACI-},+ACI-name+ACI-:+ACI-delete_order+ACI-,+ACI-arguments+ACI-:{+ACI-z+ACI-:+ACI-"}}}',
      { 'Content-Type': 'application/json; charset=utf-7' },
      415,
    ],
    ['more than 4 MB', `"${'x'.repeat(4 * 1024 * 1024)}"`, {}, 413],
    ['an encoding that is not known', 'x', { 'Content-Encoding': 'zstd' }, 415],
    [
      'a compressed call',
      gzipSync(JSON.stringify(call('delete_order', 1))),
      { 'Content-Encoding': 'gzip' },
      403,
    ],
  ])('a body that is %s never reaches the server', (_what, body, headers, status) =>
    withApp({ isStateless: true, parser: 'behind' }, async (app) => {
      const { token } = await app.key();
      const answer = await fetch(app.mcp, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: accept, 'X-API-Key': token, ...headers },
        body,
      });
      expect(answer.status).toBe(status);
      expect(app.calls).toEqual([]);
    }),
  );

  it('a tool that is not in the table cannot be called or seen, and the operator is told', () =>
    withApp({ isStateless: true, answersJson: true }, async (app) => {
      const { token } = await app.key({ scopes: ['*'] });
      const key = { 'X-API-Key': token };
      expect(await messagesOf(await post(app, call('forgotten', 7), key))).toEqual([
        { jsonrpc: '2.0', id: 7, error: { code: -32602, message: 'Unknown tool: forgotten' } },
      ]);
      expect((await post(app, call('forgotten'), key)).status).toBe(202);
      for (const odd of [undefined, 5, null, '<script>', '*', '__proto__', 'constructor']) {
        const [answer] = await messagesOf(await post(app, call(odd, 1), key));
        expect(answer).toMatchObject({ error: { code: -32602 } });
        expect(JSON.stringify(answer)).not.toContain('<');
      }
      expect(app.log).toEqual([]);
      await post(app, list(1), key);
      await post(app, list(2), key);
      expect(app.log).toEqual([expect.stringContaining('the tool "forgotten", because it is not in tools')]);
      expect(app.calls).toEqual([]);
    }));

  it('a batch with a tool that is not in the table costs nothing', () =>
    withApp(
      { isStateless: true, answersJson: true, guard: { tools: { read_orders: 'orders:read' }, cost: 10 } },
      async (app) => {
        const { id, token } = await app.key({ credits: { remaining: 100 } });
        const key = { 'X-API-Key': token };
        const remaining = async () => (await app.apiKeys.keys.as(theApp).get({ id }))?.credits?.remaining;
        await post(app, [call('read_orders', 1), call('forgotten', 2)], key);
        await post(app, call('forgotten', 3), key);
        expect(await remaining()).toBe(100);
        await post(app, call('read_orders', 4), key);
        expect(await remaining()).toBe(90);
      },
    ));

  it("'*' says what all other tools need", () =>
    withApp(
      { isStateless: true, answersJson: true, guard: { tools: { greet: true, '*': 'orders:write' } } },
      async (app) => {
        const reader = { 'X-API-Key': (await app.key()).token };
        const writer = { 'X-API-Key': (await app.key({ scopes: ['orders:write'] })).token };
        expect((await post(app, call('forgotten', 1), reader)).status).toBe(403);
        expect((await post(app, call('forgotten', 1), writer)).status).toBe(200);
        const [listed] = await messagesOf(await post(app, list(1), reader));
        expect(listed).toMatchObject({ result: { tools: [{ name: 'greet' }] } });
      },
    ));

  it('without tools, every key that may connect calls every tool', async () => {
    const app = express();
    const { apiKeys, key } = createInstance();
    await apiKeys.ready();
    app.use('/mcp', apiKeys.mcpGuard({ scopes: 'orders:write' }), (_req, res) => void res.json({ ok: true }));
    const server = app.listen(0);
    const { port } = server.address() as { port: number };
    const use = async (token: string): Promise<number> =>
      (
        await fetch(`http://127.0.0.1:${port}/mcp`, {
          method: 'POST',
          headers: { 'X-API-Key': token },
          body: 'x',
        })
      ).status;
    expect(await use((await key()).token)).toBe(403);
    expect(await use((await key({ scopes: ['orders:write'] })).token)).toBe(200);
    server.close();
    server.closeAllConnections();
    await apiKeys.close();
  });

  it('a batch counts as many requests as it has, and a refused one counts nothing', () =>
    withApp({ isStateless: true, answersJson: true }, async (app) => {
      const rateLimits = [{ name: 'minute', limit: 3, windowSeconds: 60 }];
      const key = { 'X-API-Key': (await app.key({ rateLimits })).token };
      expect((await post(app, call('delete_order', 1), key)).status).toBe(403);
      const answer = await post(app, [call('greet', 1), call('greet', 2)], key);
      expect([answer.status, answer.headers.get('ratelimit')]).toEqual([200, expect.stringContaining('r=1')]);
      expect((await post(app, [call('greet', 1), call('greet', 2)], key)).status).toBe(429);
      expect((await post(app, call('greet', 1), key)).status).toBe(200);
      expect((await post(app, call('greet', 1), key)).status).toBe(429);
      expect(app.calls).toHaveLength(3);
    }));

  it('a request is one use of its key', () =>
    withApp({ isStateless: true, answersJson: true }, async (app) => {
      const { id, token } = await app.key();
      await post(app, call('greet', 1), { 'X-API-Key': token });
      await post(app, call('delete_order', 1), { 'X-API-Key': token });
      expect(await usesOf(app, id)).toEqual({ allowed: 1, insufficient_scope: 1 });
    }));

  it('req.auth has an end, also for a key without one: that of the lease', () =>
    withApp(
      { isStateless: true, answersJson: true, instance: { cache: { leaseSeconds: 10 } } },
      async (app) => {
        const endless = await app.key();
        await post(app, call('greet', 1), { 'X-API-Key': endless.token });
        const expiresAt = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_600_000);
        const ending = await app.key({ expiresAt });
        await post(app, call('greet', 1), { 'X-API-Key': ending.token });
        const [first, second] = app.calls.map(
          ({ auth }) => auth as { expiresAt: number; resource?: unknown },
        );
        const now = Date.now() / 1000;
        expect(first?.expiresAt).toBeGreaterThan(now - 60);
        expect(first?.expiresAt).toBeLessThanOrEqual(now + 10);
        expect(second?.expiresAt).toBe(expiresAt.getTime() / 1000);
        expect(first).not.toHaveProperty('resource');
      },
    ));

  it('where keys are hidden from the app, req.auth has none', () =>
    withApp({ isStateless: true, answersJson: true, instance: { hideCredentials: true } }, async (app) => {
      const { id, token } = await app.key();
      expect((await post(app, call('greet', 1), { 'X-API-Key': token })).status).toBe(200);
      expect(app.calls[0]?.auth).toMatchObject({ token: '', clientId: id });
    }));

  it('requests of others go to the fallback once, and the rest of the app behind it', () =>
    withApp(
      {
        isStateless: true,
        answersJson: true,
        guard: {
          fallback: (req, _res, next) =>
            next(req.headers['x-session'] === 'alice' ? undefined : new Error('no')),
        },
      },
      async (app) => {
        expect((await post(app, call('delete_order', 1), { 'X-Session': 'alice' })).status).toBe(200);
        expect((await post(app, call('delete_order', 1), {})).status).toBe(500);
        const { token } = await app.key();
        expect(
          (await post(app, call('delete_order', 1), { 'X-API-Key': token, 'X-Session': 'alice' })).status,
        ).toBe(403);
      },
    ));

  it('refusals go to the error handling of the app, if it wants them', () =>
    withApp({ isStateless: true, guard: { onRefusal: 'next' } }, async (app) => {
      const { token } = await app.key();
      for (const [body, status] of [
        [call('delete_order', 1), 403],
        ['{', 400],
      ] as const) {
        const answer = await post(app, body, { 'X-API-Key': token });
        expect([answer.status, answer.headers.get('content-type')]).toEqual([
          status,
          expect.stringContaining('text/html'),
        ]);
      }
    }));

  it('a response that is compressed before it can be filtered is not sent', () =>
    withApp(
      {
        isStateless: true,
        answersJson: true,
        behind: (_req, res, next) => {
          res.setHeader('Content-Encoding', 'gzip');
          next();
        },
      },
      async (app) => {
        const { token } = await app.key();
        const answer = await post(app, list(1), { 'X-API-Key': token });
        expect([answer.status, await answer.text()]).toEqual([500, '']);
        expect(app.log.join()).toContain('mcpGuard failed');
      },
    ));

  it.each<[unknown, RegExp]>([
    [undefined, /mcpGuard: takes an object/],
    ['orders:read', /mcpGuard: takes an object/],
    [{ tool: {} }, /mcpGuard: unknown option "tool"; did you mean.*tools/i],
    [{ tools: undefined }, /mcpGuard.tools: takes an object of tools/],
    [{ tools: ['greet'] }, /mcpGuard.tools: takes an object of tools/],
    [
      { tools: { greet: 'orders:raed' } },
      /mcpGuard.tools\["greet"\]: unknown scope "orders:raed".*orders:read/,
    ],
    [{ tools: { greet: false } }, /mcpGuard.tools\["greet"\].*For any valid key, write true/],
    [{ scopes: undefined }, /mcpGuard.scopes.*leave scopes out/],
    [{ resource: '/mcp' }, /mcpGuard.resource: takes the URL of the MCP server/],
    [{ resource: 'https://api.example/mcp?x' }, /mcpGuard.resource/],
    [{ signed: 'required' }, /mcpGuard: unknown option "signed"/],
    [{ cost: -1 }, /mcpGuard: cost/],
  ])('refuses the options %j when it is mounted', (options, message) => {
    const { apiKeys } = createInstance();
    expect(() => apiKeys.mcpGuard(options as McpGuardOptions<Scope>)).toThrow(message);
  });
});

describe('sessions of an MCP server', () => {
  let app: McpApp;
  let alice: { id: string; token: string };
  let sessionId: string;

  beforeEach(async () => {
    app = await startMcpApp();
    alice = await app.key();
    sessionId = await openSession(app, alice.token);
  });
  afterEach(() => app.close());

  const inSession = (token: string, session = sessionId): Headers => ({
    'X-API-Key': token,
    'Mcp-Session-Id': session,
    'Mcp-Protocol-Version': '2025-03-26',
  });

  it('belong to the key that opened them', async () => {
    expect((await post(app, list(1), inSession(alice.token))).status).toBe(200);
    const other = await app.key({ ownerId: 'alice' });
    for (const method of ['POST', 'GET', 'DELETE']) {
      const answer = await fetch(app.mcp, {
        method,
        headers: { Accept: accept, 'Content-Type': 'application/json', ...inSession(other.token) },
        ...(method === 'POST' ? { body: JSON.stringify(list(1)) } : {}),
      });
      expect([method, answer.status, await answer.json()]).toMatchObject([
        method,
        404,
        { code: 'not_found' },
      ]);
    }
    expect((await post(app, list(1), inSession(alice.token))).status).toBe(200);
  });

  it('keep their id when the key gets a new secret', async () => {
    const { key } = await app.apiKeys.keys.as(theApp).rotate({ id: alice.id });
    expect((await post(app, list(1), inSession(alice.token))).status).toBe(401);
    expect((await post(app, list(1), inSession(key))).status).toBe(200);
  });

  it.each<[string, (id: string) => string]>([
    [
      'the id that the server itself uses',
      (id) => Buffer.from(id.split('.')[0] ?? '', 'base64url').toString(),
    ],
    ['another signature', (id) => `${id.slice(0, -2)}AA`],
    [
      'another id with the signature',
      (id) => `${Buffer.from('x').toString('base64url')}.${id.split('.')[1]}`,
    ],
    ['nothing at all', () => ' '],
    ['a long text', () => 'x'.repeat(5000)],
  ])('are not entered with %s', async (_what, change) => {
    expect((await post(app, list(1), inSession(alice.token, change(sessionId)))).status).toBe(404);
  });

  it('are ended by their key', async () => {
    const end = (): Promise<Response> =>
      fetch(app.mcp, { method: 'DELETE', headers: inSession(alice.token) });
    expect((await end()).status).toBe(200);
  });

  it('a stream that is open ends when the key is revoked, and also when it expires', async () => {
    const open = async (token: string, session: string): Promise<Response> =>
      fetch(app.mcp, { headers: { Accept: 'text/event-stream', ...inSession(token, session) } });
    const stream = await open(alice.token, sessionId);
    expect([stream.status, stream.headers.get('mcp-session-id')]).toEqual([200, sessionId]);
    // A change that takes nothing away does not end it.
    await app.apiKeys.keys.as(theApp).update({ id: alice.id, name: 'other' });
    const ended = stream.text();
    const first = await Promise.race([
      ended.then(() => 'ended'),
      new Promise((resolve) => setTimeout(resolve, 200, 'open')),
    ]);
    expect(first).toBe('open');
    await app.apiKeys.keys.as(theApp).revoke({ id: alice.id });
    expect(await ended).toBe('');

    const ending = await app.key({ expiresAt: new Date(Date.now() + 5_000) });
    const second = await open(ending.token, await openSession(app, ending.token));
    expect([second.status, await second.text()]).toEqual([200, '']);
  });

  it('a stream that is open ends with an end that was set later, and with the secret that it was opened with', async () => {
    const open = async (token: string): Promise<Response> => {
      const session = await openSession(app, token);
      return fetch(app.mcp, { headers: { Accept: 'text/event-stream', ...inSession(token, session) } });
    };
    const keys = app.apiKeys.keys.as(theApp);
    const [shortened, rotated] = [await app.key(), await app.key()];
    const streams = [await open(shortened.token), await open(rotated.token)];
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    await keys.update({ id: shortened.id, expiresAt: new Date(Date.now() + 2000) });
    await keys.rotate({ id: rotated.id, gracePeriodSeconds: 2 });
    expect(await Promise.all(streams.map((stream) => stream.text()))).toEqual(['', '']);
  });
});
