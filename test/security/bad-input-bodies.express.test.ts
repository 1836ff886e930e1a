import { gzipSync } from 'node:zlib';
import type { Expectation } from './bad-input-manifest.js';
import { runBadInputs, type Cases, type Probe } from './run-bad-inputs.js';
import type { RawAnswer, RawRequest } from './raw-http.js';
import { theApp } from '../harness/the-app.js';

const json = 'Content-Type: application/json';
const valid = { name: 'a key', scopes: ['orders:read'] };

/** Sends a body to `POST /keys` as alice. */
function post(
  { send, server }: Probe,
  body: string | Buffer,
  { lines = [json], ...expected }: Partial<Expectation> & Pick<RawRequest, 'lines'> = {},
): Promise<RawAnswer> {
  return send(
    { method: 'POST', target: '/api-keys/keys', lines: [server.asAlice, ...lines], body },
    expected,
  );
}

/** Sends each of some texts as a body. */
const eachBody =
  (...bodies: readonly string[]): Cases =>
  async (probe) => {
    for (const body of bodies) await post(probe, body);
  };

/** Adds each of some fields to a body that is right without them; as text, because not all are what JSON.stringify writes. */
const eachMember =
  (...members: readonly string[]): Cases =>
  async (probe) => {
    for (const member of members) await post(probe, `{"name":"a key","scopes":[],${member}}`);
  };

/** Sends each of some values, as JSON text, for one field. */
const eachValue =
  (field: string, ...values: readonly string[]): Cases =>
  async (probe) => {
    for (const value of values) await post(probe, withField(field, value));
  };

function withField(field: string, value: string): string {
  const others = Object.entries(valid).filter(([name]) => name !== field);
  return `{${[...others.map(([name, other]) => `"${name}":${JSON.stringify(other)}`), `"${field}":${value}`].join(',')}}`;
}

async function makeKey({ server }: Probe): Promise<{ id: string; path: string }> {
  const { id } = await server.apiKeys.keys.as(theApp).create({
    ownerId: 'alice',
    name: 'a key',
    scopes: ['orders:read'],
  });
  return { id, path: `/api-keys/keys/${id}` };
}

const deep = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;

const cases: Record<string, Cases> = {
  B1: async (probe) => {
    await post(probe, '');
    await post(probe, '   \n');
    await post(probe, '', { lines: [] });
    await post(probe, '0\r\n\r\n', { lines: [json, 'Transfer-Encoding: chunked'] });
  },
  B2: eachBody('null', '"x"', '1', '[]', 'true', '[{"name":"a key","scopes":[]}]'),
  B3: eachBody(
    '{',
    '{"name":',
    '{"name":"a key","scopes":["orders:read"]',
    '{"name":"a key","scopes":["orders:read"',
    '"',
  ),
  B4: eachBody(
    '{"name":"a key","scopes":[],}',
    '{"name":"a key","scopes":[NaN]}',
    '{"name":"a key",/* */"scopes":[]}',
    '{"name":"a key","scopes":[]} // end',
    "{'name':'a key'}",
    '{name:"a key"}',
    '{"name":"a key","scopes":[]}{"name":"another","scopes":[]}',
    '{"name":"tab\tin a string","scopes":[]}',
    '{"name":"\\x41","scopes":[]}',
    '{"expiresAt":Infinity}',
    '{"expiresAt":0x10}',
  ),
  B5: eachBody(
    '{"name":"a key","scopes":["orders:read"],"scopes":["orders:write"]}',
    '{"name":"a key","scopes":[],"sc\\u006fpes":["orders:write"]}',
    '{"name":"a key","scopes":[],"metadata":{"a":1,"a":2}}',
    '{"name":"a key","name":"a key","scopes":[]}',
  ),
  B6: async (probe) => {
    await post(probe, JSON.stringify(valid), { lines: ['Content-Type: text/plain'] });
    await post(probe, JSON.stringify(valid), { lines: ['Content-Type: text/plain; charset=utf-8'] });
    await post(probe, JSON.stringify(valid), { lines: ['Content-Type: text/json'] });
  },
  B7: async (probe) => {
    await post(probe, JSON.stringify(valid), { lines: [] });
    await post(probe, JSON.stringify(valid), { lines: ['Content-Type:'] });
  },
  B8: async (probe) => {
    for (const charset of [
      'utf-16',
      'utf-16le',
      'foo',
      'iso-8859-1',
      'utf-7',
      '',
      '"utf-8',
      'utf-8; charset=utf-16',
    ]) {
      await post(probe, JSON.stringify(valid), {
        lines: [`Content-Type: application/json; charset=${charset}`],
      });
    }
    await post(probe, Buffer.from(JSON.stringify(valid), 'utf16le'), {
      status: [415],
      lines: [`${json}; charset=utf-16le`],
    });
  },
  B9: async (probe) => {
    const answer = await post(probe, `\ufeff${JSON.stringify(valid)}`);
    expect(JSON.parse(answer.body)).toMatchObject(valid);
  },
  B10: async (probe) => {
    const lines = [json, 'Content-Encoding: gzip'];
    const zipped = gzipSync(JSON.stringify(valid));
    await post(probe, JSON.stringify(valid), { lines });
    await post(probe, zipped.subarray(0, -5), { lines });
    await post(probe, Buffer.concat([zipped.subarray(0, 15), Buffer.from('garbage'), zipped.subarray(22)]), {
      lines,
    });
    await post(probe, gzipSync('not JSON'), { lines });
  },
  B11: async (probe) => {
    const lines = [json, 'Content-Encoding: gzip'];
    await post(probe, gzipSync(Buffer.alloc(50 * 1024 * 1024, ' ')), { lines });
    await post(probe, gzipSync(JSON.stringify({ name: 'x'.repeat(1024 * 1024) })), { lines });
  },
  B12: async (probe) => {
    await post(probe, JSON.stringify({ ...valid, metadata: { big: 'x'.repeat(100 * 1024) } }));
    await post(probe, JSON.stringify({ ...valid, metadata: { big: 'x'.repeat(2 * 1024 * 1024) } }));
    await post(probe, `${JSON.stringify(valid)}${' '.repeat(100 * 1024)}`);
  },
  B13: eachBody(
    `{"name":"a key","scopes":[],"metadata":${deep(20_000)}}`,
    `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`,
    '['.repeat(20_000),
  ),
  B14: async (probe) => {
    const longList = (length: number): string => `[${Array<number>(length).fill(0).join(',')}]`;
    await post(probe, withField('scopes', longList(100_000)), { status: [413], code: 'payload_too_large' });
    await post(probe, withField('scopes', longList(30_000)), { status: [400], code: 'invalid_request' });
    await post(probe, withField('metadata', `{"a":${longList(30_000)}}`), {
      status: [400],
      code: 'invalid_request',
    });
  },
  B15: async (probe) => {
    await eachMember(
      '"__proto__":{"isAdmin":true}',
      '"__proto__":null',
      '"metadata":{"__proto__":{"isAdmin":true}}',
      '"metadata":{"a":[{"__proto__":1}]}',
    )(probe);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  },
  B16: async (probe) => {
    await eachMember(
      '"constructor":{"prototype":{"isAdmin":true}}',
      '"prototype":{}',
      '"metadata":{"constructor":{"prototype":{"isAdmin":true}}}',
    )(probe);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  },
  B17: eachMember('"colour":"red"', '"Name":"x"', '"":1', '"toString":1', '"scopes ":[]', '"enabled":true'),
  B18: async (probe) => {
    await eachMember(
      '"userId":"bob"',
      '"ownerId":"bob"',
      '"ownerId":"alice"',
      '"tenantId":"bob"',
      '"ownerId":null',
    )(probe);
    const { path } = await makeKey(probe);
    for (const body of ['{"ownerId":"bob"}', '{"userId":"bob","name":"x"}']) {
      await probe.send({ method: 'PATCH', target: path, lines: [probe.server.asAlice, json], body });
    }
  },
  B19: eachMember(
    '"hash":"x"',
    '"secret":"x"',
    '"id":"0000000000000000"',
    '"createdAt":"2020-01-01T00:00:00Z"',
    '"revokedAt":null',
    '"version":9',
    '"state":"active"',
    '"credentials":[]',
    '"key":"x"',
    '"keyspace":"other"',
    '"lastUsedAt":null',
  ),
  B20: async (probe) => {
    const refused = { status: [400], code: 'invalid_request' };
    const values = [
      '"admin"',
      '[1]',
      '[null]',
      '[{}]',
      '["orders:read","orders:read"]',
      '[""]',
      '["a b"]',
      '["__proto__"]',
    ];
    const more = [
      'null',
      '{}',
      '{"0":"orders:read","length":1}',
      '["orders"]',
      '["Orders:Read"]',
      '["orders:read "]',
    ];
    for (const value of [
      ...values,
      ...more,
      '[["orders:read"]]',
      '["orders:readwrite"]',
      '["constructor"]',
      '["x:*"]',
    ]) {
      await post(probe, withField('scopes', value), refused);
    }
    for (const value of ['["*"]', '["orders:*"]', '["orders:read","*"]']) {
      await post(probe, withField('scopes', value), { status: [403], code: 'forbidden' });
    }
  },
  B21: eachValue('scopes', JSON.stringify(Array.from({ length: 1000 }, (_, index) => `orders:x${index}`))),
  B22: async (probe) => {
    const refused = { status: [400], code: 'invalid_request' };
    const bad = [
      '""',
      '"   "',
      '"\\u0000"',
      '"a\\u0000b"',
      '"\\ud800"',
      '"\\udc00x"',
      '"a\\u202eb"',
      '"a\\nb"',
      '"a\\u200bb"',
    ];
    for (const value of [
      ...bad,
      `"${'x'.repeat(10_000)}"`,
      '"\\u0007"',
      '"\\u001b[31m"',
      '"\\ufeff"',
      '1',
      'null',
      '[]',
      '{}',
    ]) {
      await post(probe, withField('name', value), refused);
    }
    for (const name of [
      '<img src=x onerror=alert(1)>',
      '=HYPERLINK("https://evil.example")',
      "Robert'); DROP TABLE keys;--",
    ]) {
      const answer = await post(probe, withField('name', JSON.stringify(name)), { status: [201] });
      expect(JSON.parse(answer.body)).toMatchObject({ name });
      expect(answer.headers).toMatchObject({
        'content-type': 'application/json; charset=utf-8',
        'x-content-type-options': 'nosniff',
      });
    }
  },
  B23: eachValue(
    'expiresAt',
    ...[
      '2020-01-01T00:00:00Z',
      '2027-02-30T00:00:00Z',
      '2024-02-30',
      '2027-13-01T00:00:00Z',
      '2027-01-01',
      '2027-01-01T00:00:00',
      '2027-01-01 00:00:00Z',
      '2027-01-01T24:00:00Z',
      '2027-01-01T00:60:00Z',
      '2027-01-01T00:00:00+99:00',
      '+294277-01-01T00:00:00Z',
      '10000-01-01T00:00:00Z',
      '9999-12-31T23:59:59-23:59',
      'infinity',
      '-infinity',
      'tomorrow',
      '0',
      '-1',
      '',
    ].map((time) => JSON.stringify(time)),
    JSON.stringify(new Date().toISOString()),
    '0',
    '-1',
    '4102444800000',
    '1e21',
    '1e400',
    'true',
    '{}',
    '["2027-01-01T00:00:00Z"]',
  ),
  B24: eachMember(
    ...['-1', '0', '1.5', '"5"', '1e400', '9007199254740993', '9223372036854775808'].map(
      (value) => `"remaining":${value}`,
    ),
  ),
  B25: eachMember(
    ...['{"q":0}', '{"w":0}', '{"w":-1}', '1e18', 'null'].map((value) => `"rateLimit":${value}`),
  ),
  B26: async (probe) => {
    const refused = { status: [400], code: 'invalid_request' };
    await post(probe, withField('metadata', JSON.stringify({ big: 'x'.repeat(64 * 1024) })), {
      status: [413],
      code: 'payload_too_large',
    });
    await post(probe, withField('metadata', JSON.stringify({ big: 'x'.repeat(5000) })), refused);
    await post(probe, withField('metadata', `{"a":${deep(50)}}`), refused);
    await post(probe, withField('metadata', `{"a":${deep(6)}}`), refused);
    for (const value of [
      '{"a":"\\u0000"}',
      '{"\\u0000":1}',
      '{"a":["b\\u0000"]}',
      '{"a":1e400}',
      '[]',
      '"x"',
      'null',
    ]) {
      await post(probe, withField('metadata', value), refused);
    }
  },
  B27: async (probe) => {
    for (const body of [withField('ipAllowlist', 'null'), JSON.stringify(valid)]) {
      const answer = await post(probe, body, { status: [201] });
      const { ipAllowlist, key } = JSON.parse(answer.body) as { ipAllowlist: unknown; key: string };
      expect(ipAllowlist).toBeNull();
      expect(await probe.server.apiKeys.keys.verify({ key, address: '198.51.100.1' })).toMatchObject({
        allowed: true,
      });
    }
    for (const value of ['[]', '[null]', '[""]', '{}', '"10.0.0.0/8"', '[["10.0.0.1"]]', '[167772161]']) {
      await post(probe, withField('ipAllowlist', value), { status: [400], code: 'invalid_request' });
    }
  },
  B28: async (probe) => {
    const { path } = await makeKey(probe);
    const lines = [probe.server.asAlice, json];
    await probe.send({ method: 'PATCH', target: path, lines, body: '{}' });
    await probe.send({ method: 'PATCH', target: path, lines, body: '' });
  },
  B29: async (probe) => {
    const { id, path } = await makeKey(probe);
    await probe.server.apiKeys.keys.as(theApp).revoke({ id });
    const lines = [probe.server.asAlice, json];
    await probe.send({ method: 'PATCH', target: path, lines, body: '{"enabled":true}' });
    await probe.send({ method: 'PATCH', target: path, lines, body: '{"expiresAt":null}' });
    await probe.send({ method: 'POST', target: `${path}/rotate`, lines, body: '{}' });
    await probe.send({
      method: 'PATCH',
      target: path,
      lines: [probe.server.asRoot, json],
      body: '{"enabled":true}',
    });
  },
  B30: async (probe) => {
    const { path } = await makeKey(probe);
    const patch = (ifMatch: string[], expected: Partial<Expectation>) =>
      probe.send(
        {
          method: 'PATCH',
          target: path,
          lines: [probe.server.asAlice, json, ...ifMatch],
          body: '{"name":"x"}',
        },
        expected,
      );
    for (const tag of ['"2"', '"0"', 'W/"2"', '"01"', '"1 "', '"', '"x", "y"', "'1'"]) {
      const isMalformed = tag === '"' || tag === "'1'" || tag === '"1 "';
      await patch(
        [`If-Match: ${tag}`],
        isMalformed
          ? { status: [400], code: 'invalid_request' }
          : { status: [412], code: 'precondition_failed' },
      );
    }
    await patch([], { status: [200] });
    await patch(['If-Match: "1"'], { status: [412], code: 'precondition_failed' });
    await patch(['If-Match: "1"', 'If-Match: "2"'], { status: [200] });
  },
  B31: async (probe) => {
    for (const value of ['{"a":"\\ud800"}', '{"\\udfff":1}', '{"a":["\\ud83d"]}', '{"a":{"b":"x\\udc00"}}']) {
      await post(probe, withField('metadata', value));
    }
    const whole = await probe.server.apiKeys.keys.as(theApp).create({
      ownerId: 'alice',
      name: 'a key',
      scopes: [],
      metadata: { a: '\ud83d\ude00' },
    });
    expect(whole.metadata).toEqual({ a: '😀' });
  },
  B32: eachMember(
    ...[
      '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----',
      '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
      `-----BEGIN PUBLIC KEY-----\n${'A'.repeat(16 * 1024)}\n-----END PUBLIC KEY-----`,
      '-----BEGIN EC PRIVATE KEY-----\r\nMHcC\r\n-----END EC PRIVATE KEY-----',
      '\ufeff-----BEGIN PUBLIC KEY-----',
      'MCowBQYDK2VwAyEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=',
      '-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----\n-----BEGIN PUBLIC KEY-----\nB\n-----END PUBLIC KEY-----',
    ].map((pem) => `"publicKey":${JSON.stringify(pem)}`),
    '"publicKey":{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}',
    '"publicKey":{"kty":"RSA","n":"AA","e":"AQ"}',
  ),
  B33: async (probe) => {
    await post(probe, 'name=a+key&scopes=orders:read', {
      lines: ['Content-Type: application/x-www-form-urlencoded'],
    });
    await post(probe, '--x\r\nContent-Disposition: form-data; name="name"\r\n\r\na key\r\n--x--', {
      lines: ['Content-Type: multipart/form-data; boundary=x'],
    });
  },
  B34: async (probe) => {
    const items = JSON.stringify(Array.from({ length: 10_001 }, () => 1));
    await post(probe, items, { status: [400], code: 'invalid_request' });
    await post(probe, `{"keys":${items}}`, { status: [400], code: 'invalid_request' });
    await post(probe, JSON.stringify(Array.from({ length: 10_001 }, () => valid)), { status: [413] });
    const lines = [probe.server.asAlice, json];
    await probe.send(
      { method: 'POST', target: '/api-keys/keys/bulk', lines, body: items },
      { status: [405] },
    );
  },
};

describe('bad bodies', () => {
  runBadInputs('B', cases);
});
