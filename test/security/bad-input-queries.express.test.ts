import { runBadInputs, type Cases, type Probe } from './run-bad-inputs.js';
import { theApp } from '../harness/the-app.js';

const list = '/api-keys/keys';

/** Asks for lists with each of some queries, as an owner. */
const eachQuery =
  (...queries: readonly string[]): Cases =>
  async ({ send, server }) => {
    for (const query of queries) {
      await send({ target: `${list}?${query}`, lines: [server.asAlice] });
      await send({ target: `/api-keys/audit?${query}`, lines: [server.asAlice] });
    }
  };

async function cursorOf({ send: _send, server }: Probe, filter: object): Promise<string> {
  const { nextCursor } = await server.apiKeys.keys.as(theApp).list({ limit: 1, ...filter });
  if (nextCursor === null) throw new Error('There should be a second page.');
  return nextCursor;
}

const cases: Record<string, Cases> = {
  Q1: async ({ send, server }) => {
    for (const name of ['api_key', 'apikey', 'apiKey', 'x-api-key', 'X-Api-Key', 'key', 'token']) {
      await send({ target: `/orders?${name}=${server.token}` });
    }
  },
  Q2: async ({ send, server }) => {
    await send({ target: `/orders?access_token=${server.token}` });
    await send({
      method: 'POST',
      target: '/orders',
      lines: ['Content-Type: application/x-www-form-urlencoded'],
      body: `access_token=${server.token}`,
    });
    await send({ target: '/orders', lines: [`Cookie: x-api-key=${server.token}; api_key=${server.token}`] });
  },
  Q3: async ({ send, server }) => {
    await send({ target: `/files/${server.token}` }, { status: [401] });
    await send({ target: `/orders/${server.token}` }, { status: [404] });
    await send({ target: `/${server.token}/orders` }, { status: [404] });
  },
  Q4: eachQuery(
    ...[
      '-1',
      '0',
      '1e9',
      '0x10',
      '',
      'NaN',
      '9223372036854775808',
      '101',
      '1.5',
      '+1',
      '%201',
      '1%20',
      '01',
    ].map((limit) => `limit=${limit}`),
    'limit',
  ),
  Q5: eachQuery('limit=1&limit=2', 'limit=1&limit=1', 'limit=1&%6cimit=2', 'ownerId=alice&ownerId=bob'),
  Q6: eachQuery('limit[]=1', 'limit[$gt]=', 'limit[0]=1', 'ownerId[$ne]=x', 'limit%5B%5D=1', 'limit.x=1'),
  Q7: async (probe) => {
    await eachQuery(
      '__proto__[x]=1',
      '__proto__=1',
      'constructor[prototype][x]=1',
      'constructor=1',
      '__proto__.x=1',
      'toString=1',
      'hasOwnProperty=1',
    )(probe);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  },
  Q8: async (probe) => {
    const { send, server } = probe;
    await server.apiKeys.keys.as(theApp).create({ ownerId: 'bob', name: 'one', scopes: [] });
    await server.apiKeys.keys.as(theApp).create({ ownerId: 'bob', name: 'two', scopes: [] });
    const own = await cursorOf(probe, { ownerId: 'alice' });
    const foreign = await cursorOf(probe, { ownerId: 'bob' });
    const last = own.slice(-1);
    const cursors = [
      'garbage',
      '',
      "' OR 1=1--",
      '{"createdAt":0}',
      foreign,
      own.slice(0, -1),
      own.slice(1),
      `${own}=`,
      `${own}A`,
      `${own.slice(0, -1)}${last === 'A' ? 'B' : 'A'}`,
      own.toLowerCase(),
      Buffer.from(JSON.stringify([0, 'x'])).toString('base64url'),
      'x'.repeat(2000),
    ];
    for (const cursor of cursors.map(encodeURIComponent)) {
      await send({ target: `${list}?limit=1&cursor=${cursor}`, lines: [server.asAlice] });
    }
    await send({
      target: `${list}?limit=1&q=key&cursor=${encodeURIComponent(own)}`,
      lines: [server.asAlice],
    });
    await send({
      target: `/api-keys/audit?limit=1&cursor=${encodeURIComponent(own)}`,
      lines: [server.asAlice],
    });
  },
  Q9: eachQuery(
    'sort=hash',
    'sort=id;drop%20table%20keys',
    'order=desc',
    'orderBy=bcryptHash',
    'fields=*',
    'offset=-1',
  ),
  Q10: async ({ send, server }) => {
    const targets = [`${list}?${'a&'.repeat(10_000)}`, `${list}?${'limit=1&'.repeat(10_000)}`];
    for (const target of targets) {
      await send({ target, lines: [server.asAlice] }, { status: [431] });
      await send(
        { target, lines: [server.asAlice] },
        { status: [400], code: 'invalid_request', setup: 'with room for long URLs' },
      );
    }
    // 10,000 empty ones fit into Node's limit.
    const target = `${list}?${'&'.repeat(10_000)}`;
    await send({ target, lines: [server.asAlice] }, { status: [400], code: 'invalid_request' });
  },
  Q11: eachQuery(
    ...[
      'q=%00',
      'q=a%00b',
      'q=%ff',
      'q=%E0%A4%A',
      'q=%',
      'q=%zz',
      'q=%c0%80',
      'q=%ed%a0%80',
      '%ff=1',
      '%00=1',
    ],
    ...['ownerId=%00', 'keyId=%00', 'action=%00', 'cursor=%00'],
  ),
  Q12: async ({ send }) => {
    const routed = ['/api-keys/keys', '/api-keys/keys/', '/API-KEYS/keys', '/orders', '/orders/', '/ORDERS'];
    const unrouted = [
      ...[
        '//api-keys/keys',
        '/%2e/api-keys/keys',
        '/./api-keys/keys',
        '/x/../api-keys/keys',
        '/api-keys/KEYS',
      ],
      ...[
        '/api-keys/keys;x=1',
        '/api-keys;x=1/keys',
        '/api-keys/%6beys',
        '/api-keys%2fkeys',
        '/api-keys/keys%00',
      ],
      ...['//orders', '/%2e/orders', '/orders;x=1', '/orders%2f', '/%6frders', '/orders.json'],
    ];
    for (const target of routed) await send({ target }, { status: [401] });
    for (const target of unrouted) await send({ target }, { status: [404] });
    // Whether a doubled slash belongs to the mount path is for the version of Express to say.
    await send({ target: '/api-keys//keys' }, { status: [401, 404] });
  },
  Q13: async ({ send, server }) => {
    for (const target of ['http://evil.example/orders', 'https://evil.example:99/orders']) {
      await send({ target }, { code: 'missing_credential' });
    }
    await send({ target: `http://${server.token}@evil.example/orders` }, { code: 'missing_credential' });
    await send({ target: 'http://evil.example/api-keys/keys' }, { code: 'unauthenticated' });
  },
  Q14: async ({ send, server }) => {
    const refused = { status: [400], code: 'invalid_request' };
    const hosts = ['Host: evil.example', 'Host: api.example', 'host:'];
    for (const host of hosts) {
      await send({ target: list, lines: [host, server.asAlice] }, refused);
      await send({ method: 'POST', target: list, lines: [host, server.asAlice] }, refused);
      await send({ target: '/orders', lines: [host, `X-Api-Key: ${server.token}`] }, refused);
    }
    await send({ target: list, withoutHost: true, lines: [server.asAlice] }, { status: [400] });
  },
  Q15: async ({ send, server }) => {
    const [key] = (await server.apiKeys.keys.as(theApp).list({ ownerId: 'alice', limit: 1 })).items;
    const target = `/api-keys/keys/${key?.id}`;
    for (const name of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method']) {
      await send({ target, lines: [server.asAlice, `${name}: DELETE`] }, { status: [200] });
      await send({ method: 'POST', target, lines: [server.asAlice, `${name}: DELETE`] }, { status: [405] });
    }
    expect(await server.apiKeys.keys.as(theApp).get({ id: String(key?.id) })).toMatchObject({
      state: 'active',
      version: 1,
    });
  },
  Q16: async ({ send, server }) => {
    for (const method of ['TRACE', 'PROPFIND', 'PUT', 'LINK', 'M-SEARCH']) {
      const answer = await send({ method, target: list, lines: [server.asAlice] }, { status: [405] });
      expect(answer.headers.allow).toBe('GET, HEAD, OPTIONS, POST');
      await send({ method, target: '/orders' }, { status: [401] });
    }
    for (const method of ['get', 'Get', 'GETX', 'G ET', '']) {
      await send({ method, target: list, lines: [server.asAlice] }, { status: [400] });
    }
    await send({ method: 'CONNECT', target: list, lines: [server.asAlice] }, { status: [0] });
  },
};

describe('bad URLs and queries', () => {
  runBadInputs('Q', cases);
});
