import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { ApiKeysStatus } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { create, undo, undoAll } from './doctor-setups.js';
import { anyModule, runHere } from './run-here.js';

jest.setTimeout(120_000);
afterEach(undoAll);

type Headers = Readonly<Record<string, string>>;

interface Served {
  readonly port: number;
  status(): ApiKeysStatus;
  /** A request without a key, as a proxy on this machine sends it. */
  send(headers: Headers): Promise<void>;
}

/** An app with a guarded route and the management API, on the loopback address. */
async function serve(trustProxy: unknown): Promise<Served> {
  const apiKeys = create({ store: memoryStore() });
  await apiKeys.ready();
  undo.push(() => apiKeys.close());
  const app = express().set('trust proxy', trustProxy);
  const authorize = (req: express.Request) =>
    req.get('authorization') === 'Bearer of-olga' ? ({ kind: 'admin', id: 'olga' } as const) : null;
  app.use('/api-keys', apiKeys.adminRouter({ authorize }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.end());
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  undo.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    status: () => apiKeys.status(),
    async send(headers) {
      const sent = request({ port, host: '127.0.0.1', path: '/orders', headers, agent: false }).end();
      const [response] = (await once(sent, 'response')) as [NodeJS.ReadableStream];
      response.resume();
      await once(response, 'end');
    },
  };
}

async function ask({ port }: Served, ...more: readonly string[]) {
  const url = `http://127.0.0.1:${port}/api-keys`;
  const { code, out, err } = await runHere(['doctor', '--url', url, '--json', ...more], {
    environment: { API_KEYS_TOKEN: 'of-olga' },
  });
  const { findings, proxies } = JSON.parse(out) as {
    findings: { id: string; problem: string }[];
    proxies: ApiKeysStatus['proxies'];
  };
  return {
    code,
    err,
    proxies,
    ids: findings.map(({ id }) => id),
    problems: findings.map((each) => each.problem),
  };
}

const public1 = '203.0.113.9';

const misfits: readonly (readonly [what: string, trustProxy: unknown, Headers, code: number, id: string])[] =
  [
    ['a proxy that is not trusted', false, { 'x-forwarded-for': public1 }, 0, 'trust-proxy-missing'],
    ['another proxy is trusted', '10.0.0.7', { 'x-forwarded-for': public1 }, 0, 'trust-proxy-missing'],
    ['everybody is trusted', true, { 'x-forwarded-for': public1 }, 1, 'trust-proxy-everyone'],
    ['fewer hops than proxies', 1, { 'x-forwarded-for': `${public1}, 10.0.0.5` }, 0, 'trust-proxy-too-few'],
    [
      'one network too few',
      'loopback',
      { 'x-forwarded-for': `${public1}, 172.16.3.4` },
      0,
      'trust-proxy-too-few',
    ],
    ['more hops than proxies', 2, { 'x-forwarded-for': public1 }, 1, 'trust-proxy-too-many'],
    [
      'more hops, with a forged address',
      3,
      { 'x-forwarded-for': `192.0.2.7, ${public1}` },
      1,
      'trust-proxy-too-many',
    ],
    ['connections past the proxy', 1, {}, 1, 'trust-proxy-bypassed'],
    ['a header without an address', 1, { 'x-forwarded-for': ' ' }, 1, 'trust-proxy-bypassed'],
    ['Forwarded alone', 1, { forwarded: `for=${public1}` }, 0, 'trust-proxy-forwarded'],
    ['Forwarded alone, not trusted', false, { forwarded: `for=${public1}` }, 0, 'trust-proxy-forwarded'],
  ];
const fits: readonly (readonly [what: string, trustProxy: unknown, Headers])[] = [
  ['one hop behind one proxy', 1, { 'x-forwarded-for': public1 }],
  ['one hop, with an address that the caller has sent', 1, { 'x-forwarded-for': `10.1.2.3, ${public1}` }],
  ['two hops behind two proxies', 2, { 'x-forwarded-for': `${public1}, 10.0.0.5` }],
  ['networks', ['loopback', '10.0.0.0/8'], { 'x-forwarded-for': `${public1}, 10.0.0.5` }],
  ['ports', ['loopback', '10.0.0.0/8'], { 'x-forwarded-for': `${public1}:4711, 10.0.0.5:9` }],
  ['a caller inside', 1, { 'x-forwarded-for': '10.0.0.9' }],
  ['no proxy at all', false, {}],
];

describe('doctor --url finds what does not fit trust proxy', () => {
  it.each(misfits)('%s', async (_what, trustProxy, headers, code, id) => {
    const served = await serve(trustProxy);
    for (let sent = 0; sent < 3; sent += 1) await served.send(headers);
    const report = await ask(served);
    expect(report).toMatchObject({ code, ids: [id] });
    expect(report.problems[0]).toContain('(3 of 3 requests)');
  });

  it.each(fits)('and nothing where it fits: %s', async (_what, trustProxy, headers) => {
    const served = await serve(trustProxy);
    for (let sent = 0; sent < 5; sent += 1) await served.send(headers);
    // Operators ask past the proxy, as often as they like.
    for (let asked = 0; asked < 4; asked += 1) await ask(served);
    const report = await ask(served, '--strict');
    expect(report).toMatchObject({ code: 0, ids: [], proxies: { sampled: 5 } });
  });

  it('counts all of the first requests, and few of those that follow', async () => {
    const served = await serve(false);
    for (let sent = 0; sent < 300; sent += 10)
      await Promise.all(Array.from({ length: 10 }, () => served.send({ 'x-forwarded-for': public1 })));
    const { sampled, notTrusted } = served.status().proxies;
    expect(sampled).toBe(200 + Math.floor(300 / 16) - Math.floor(200 / 16));
    expect(notTrusted).toBe(sampled);
  });
});

describe('doctor --url', () => {
  it('says so where nothing has arrived yet, and what is not looked at without it', async () => {
    const served = await serve(1);
    expect(await ask(served)).toMatchObject({
      code: 0,
      err: expect.stringContaining('has seen no request yet'),
    });
    const apiKeys = create({ store: memoryStore() });
    const { err } = await runHere(['doctor', '--app', anyModule], {
      exports: { apiKeys },
      environment: { NODE_ENV: 'production' },
    });
    expect(err).toContain('add --url, the address of the management API');
  });

  it('stands beside --app, and says more than the setting alone', async () => {
    const served = await serve(false);
    for (let sent = 0; sent < 3; sent += 1) await served.send({ 'x-forwarded-for': public1 });
    const url = `http://127.0.0.1:${served.port}/api-keys`;
    const { code, out } = await runHere(['doctor', '--app', anyModule, '--url', url, '--json'], {
      exports: { apiKeys: create({ store: memoryStore() }), app: express().set('trust proxy', true) },
      environment: { API_KEYS_TOKEN: 'of-olga' },
    });
    const { findings, facts } = JSON.parse(out) as { findings: { id: string }[]; facts: object };
    expect(findings.map(({ id }) => id)).toEqual(['trust-proxy-missing', 'node-env']);
    expect([code, facts]).toEqual([0, expect.objectContaining({ leaseSeconds: 4 })]);
  });

  it('needs a credential, of an admin, and an address that is one', async () => {
    const { port } = await serve(1);
    const run = (args: readonly string[], token = 'of-olga') =>
      runHere(['doctor', ...args], { environment: { API_KEYS_TOKEN: token } });
    const url = `http://127.0.0.1:${port}/api-keys`;
    expect(await run(['--url', url], '')).toMatchObject({
      code: 2,
      err: expect.stringContaining('A credential is missing'),
    });
    expect(await run(['--url', url], 'of-nobody')).toMatchObject({
      code: 1,
      err: expect.not.stringContaining('of-nobody'),
    });
    expect((await run(['--url', `http://127.0.0.1:${port}/elsewhere`])).code).not.toBe(0);
    expect(await run(['--header', 'X-Admin'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('are for --url'),
    });
  });
});
