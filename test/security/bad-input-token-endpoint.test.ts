import {
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import type { Expectation } from './bad-input-manifest.js';
import type { BadInputServer } from './bad-input-server.js';
import type { RawAnswer, RawRequest } from './raw-http.js';
import { runBadInputs, type Cases, type Probe } from './run-bad-inputs.js';
import { theApp } from '../harness/the-app.js';

type Json = Record<string, unknown>;

const issuer = 'http://api.example';
const form = 'Content-Type: application/x-www-form-urlencoded';
const grant = 'grant_type=client_credentials';
const assertionType =
  'client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer';
const endpoints = ['/oauth/token', '/oauth/introspect', '/oauth/revoke'];

const idOf = (token: string): string => token.slice('acme_live_'.length, 'acme_live_'.length + 16);
const secretOf = (token: string): string => token.slice(-49, -6);
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const basic = (id: string, secret: string): string => `Authorization: Basic ${base64(`${id}:${secret}`)}`;
const right = ({ token }: BadInputServer): string => basic(idOf(token), secretOf(token));

const ask = (
  { send }: Probe,
  lines: readonly string[],
  body: string,
  expected?: Partial<Expectation>,
  target = '/oauth/token',
): Promise<RawAnswer> => send({ method: 'POST', target, lines: [form, ...lines], body }, expected);

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function signed(key: KeyObject, header: Json, claims: unknown): string {
  const input = `${part({ alg: 'EdDSA', ...header })}.${part(claims)}`;
  return `${input}.${sign(null, Buffer.from(input), key).toString('base64url')}`;
}

function claimsOf({ signers }: BadInputServer, changes: Json = {}): Json {
  const { keyId } = signers.alice;
  const exp = Math.floor(Date.now() / 1000) + 60;
  return { iss: keyId, sub: keyId, aud: issuer, jti: randomUUID(), exp, ...changes };
}

const withAssertion = (
  probe: Probe,
  assertion: string,
  expected?: Partial<Expectation>,
): Promise<RawAnswer> =>
  ask(probe, [], `${grant}&${assertionType}&client_assertion=${encodeURIComponent(assertion)}`, expected);

async function withClaims(probe: Probe, changes: Json, header: Json = {}): Promise<void> {
  const { privateKey } = probe.server.signers.alice;
  await withAssertion(probe, signed(privateKey, header, claimsOf(probe.server, changes)));
}

async function tokenOf({ server }: Probe, secret: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${server.ports.direct}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'client_credentials', client_secret: secret }),
  });
  const { access_token: token } = (await answer.json()) as { access_token: string };
  return token;
}

const cases: Record<string, Cases> = {
  O1: async (probe) => {
    for (const target of endpoints) {
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const answer = await probe.send({ method, target, lines: [right(probe.server)] });
        expect(answer.headers['allow']).toBe('POST');
      }
      const query = `${target}?${grant}&client_secret=${probe.server.token}`;
      await probe.send({ method: 'GET', target: query });
    }
  },
  O2: async ({ send, server }) => {
    const requests: Partial<RawRequest>[] = [
      { lines: ['Content-Type: application/json'], body: '{"grant_type":"client_credentials"}' },
      { lines: ['Content-Type: text/plain'], body: grant },
      { lines: ['Content-Type: multipart/form-data; boundary=x'], body: '--x--' },
      { lines: ['Content-Type: application/x-www-form-urlencoded; charset=utf-16'], body: grant },
      { lines: ['Content-Type: application/x-www-form-urlencoded, application/json'], body: grant },
      { lines: [], body: grant },
      { lines: [], body: '' },
    ];
    for (const target of endpoints) {
      for (const { lines = [], body = '' } of requests) {
        await send({ method: 'POST', target, lines: [...lines, right(server)], body });
      }
    }
  },
  O3: async (probe) => {
    const lines = [right(probe.server)];
    for (const body of [
      `${grant}&${grant}`,
      `${grant}&grant_type=password`,
      `${grant}&scope=orders%3Aread&scope=orders%3Aread`,
      `${grant}&x=1&x=2`,
      `${grant}&client_id=a&client_id=b`,
      'scope=orders%3Aread',
      '',
      'GRANT_TYPE=client_credentials',
      // Without a value it counts as left out (RFC 6749 section 3.2).
      'grant_type=',
      'grant_type[]=client_credentials',
      '__proto__=1&constructor=2',
    ]) {
      await ask(probe, lines, body, { error: 'invalid_request' });
    }
    for (const type of [
      ...['password', 'refresh_token', 'authorization_code', 'implicit', 'CLIENT_CREDENTIALS'],
      ...['client_credentials%20', '__proto__', 'toString', '%00'],
      'urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer',
    ]) {
      const body = `grant_type=${type}&refresh_token=x&username=a&password=b`;
      await ask(probe, lines, body, { error: 'unsupported_grant_type' });
    }
  },
  O4: async (probe) => {
    const { token } = probe.server;
    const header = right(probe.server);
    const inBody = `client_id=${idOf(token)}&client_secret=${secretOf(token)}`;
    for (const target of endpoints) {
      for (const [lines, body] of [
        [[header], inBody],
        [[header], `client_secret=${token}`],
        [[header], `${assertionType}&client_assertion=x`],
        [[], `${inBody}&${assertionType}&client_assertion=x`],
        [[header], assertionType],
        [[header, header], ''],
        [[header, 'Authorization: Bearer x'], ''],
        [['Authorization: Bearer x'], inBody],
      ] as [string[], string][]) {
        await ask(probe, lines, `${grant}&token=x&${body}`, {}, target);
      }
    }
  },
  O5: async (probe) => {
    const { token, boundToken } = probe.server;
    for (const id of [idOf(boundToken), 'A'.repeat(16), '%00', '__proto__', token]) {
      await ask(probe, [right(probe.server)], `${grant}&client_id=${id}`);
    }
  },
  O6: async (probe) => {
    const { token, boundToken } = probe.server;
    const [id, secret] = [idOf(token), secretOf(token)];
    const headers = [
      ...['Basic', 'Basic ', 'Basic =', 'Basic !!!!', 'Basic é', `Basic ${base64(id)}`, `Basic ${token}`],
      ...[`Bearer ${token}`, `Digest ${token}`, token, ''],
      `Basic ${base64(`${id}:${secret}`)} x`,
      `Basic ${base64(`${id}:${secret}`)},Basic ${base64(`${id}:${secret}`)}`,
    ].map((value) => `Authorization: ${value}`);
    const wrong: [string, string][] = [
      [id, ''],
      ['', ''],
      ['', secret],
      [id, `:${secret}`],
      [id, `${secret}:`],
      [id, '%'],
      [id, '%zz'],
      [`${id}%`, secret],
      ['%FF', secret],
      [id, `${secret}%00`],
      [id, secret.slice(1)],
      [id, `${secret}A`],
      [id, secret.toUpperCase()],
      [id.toLowerCase(), secret],
      [id, 'A'.repeat(43)],
      ['A'.repeat(16), secret],
      [idOf(boundToken), secret],
      [idOf(boundToken), token],
      ['__proto__', secret],
      ["' or 1=1--", secret],
      [id, 'x'.repeat(8000)],
    ];
    for (const header of [...headers, ...wrong.map(([user, password]) => basic(user, password))]) {
      await ask(probe, [header], grant);
    }
    for (const [user, password] of wrong.slice(10)) {
      const fields = new URLSearchParams({ client_id: user, client_secret: password });
      await ask(probe, [], `${grant}&${fields.toString()}`);
    }
    await ask(probe, [], grant);
    await ask(probe, [], `${grant}&client_id=${id}`);
    // Right, but not from here.
    await ask(probe, [right({ ...probe.server, token: boundToken })], grant);
    await ask(probe, [], `${grant}&client_secret=${probe.server.testToken}`);
  },
  O7: async (probe) => {
    for (const scope of [
      ...['orders:write', 'orders:read orders:write', '*', 'orders:*', 'users:read', 'unknown'],
      ...[' ', 'orders:read ', ' orders:read', 'orders:read  orders:read'],
      ...[
        'orders:read\u0000',
        'orders:read\n',
        '\u0007',
        'orders:read\torders:read',
        '"orders:read"',
        'a\\b',
      ],
      ...['ORDERS:READ', 'orders:read,orders:write', '__proto__', 'constructor', 'é', 'a'.repeat(5000)],
      Array.from({ length: 200 }, (_, index) => `a:b${index}`).join(' '),
    ]) {
      const fields = new URLSearchParams({ scope });
      await ask(probe, [right(probe.server)], `${grant}&${fields.toString()}`);
    }
  },
  O8: async (probe) => {
    const { privateKey } = probe.server.signers.alice;
    for (const alg of ['none', 'None', 'nOnE', '']) {
      const input = `${part({ alg })}.${part(claimsOf(probe.server))}`;
      for (const signature of ['', 'AA']) await withAssertion(probe, `${input}.${signature}`);
    }
    const publicKey = createPublicKey(privateKey);
    for (const secret of [
      publicKey.export({ type: 'spki', format: 'pem' }),
      publicKey.export({ type: 'spki', format: 'der' }),
    ]) {
      const input = `${part({ alg: 'HS256' })}.${part(claimsOf(probe.server))}`;
      const mac = createHmac('sha256', secret).update(input).digest('base64url');
      await withAssertion(probe, `${input}.${mac}`);
    }
    const foreign = generateKeyPairSync('ed25519').privateKey;
    await withAssertion(probe, signed(foreign, {}, claimsOf(probe.server)));
  },
  O9: async (probe) => {
    for (const name of ['exp', 'jti', 'aud', 'iss', 'sub']) await withClaims(probe, { [name]: undefined });
    for (const exp of ['9999999999', -1, 0, 1.5, null, true, [], 9_999_999_999])
      await withClaims(probe, { exp });
    const text = JSON.stringify(claimsOf(probe.server)).replace(/"exp":\d+/, '"exp":1e400');
    await withAssertion(probe, signed(probe.server.signers.alice.privateKey, {}, text));
  },
  O10: async (probe) => {
    for (const aud of [
      [issuer, 'http://other.example'],
      [issuer, issuer],
      [],
      `${issuer}/oauth/introspect`,
      `${issuer}/oauth/token/`,
      [`${issuer}/oauth/token`, `http://other.example`],
      `${issuer}/`,
      'HTTP://API.EXAMPLE',
      'https://api.example',
      'http://api.example.evil',
      { [issuer]: true },
      true,
    ]) {
      await withClaims(probe, { aud });
    }
    const { bob } = probe.server.signers;
    await withClaims(probe, { iss: bob.keyId });
    await withClaims(probe, { sub: bob.keyId });
    await withClaims(probe, { iss: bob.keyId, sub: bob.keyId });
  },
  O11: async (probe) => {
    const { server } = probe;
    const shown = signed(server.signers.alice.privateKey, {}, claimsOf(server));
    const body = `${grant}&${assertionType}&client_assertion=${shown}`;
    const url = `http://127.0.0.1:${server.ports.direct}/oauth/token`;
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fetch(url, { method: 'POST', headers, body })),
    );
    const statuses = answers.map(({ status }) => status).toSorted();
    expect(statuses).toEqual([200, ...Array.from({ length: 49 }, () => 401)]);
    await withAssertion(probe, shown, { status: [401], error: 'invalid_client' });
  },
  O12: async (probe) => {
    const jwk = createPublicKey(generateKeyPairSync('ed25519').privateKey).export({ format: 'jwk' });
    for (const header of [
      { kid: '../../x' },
      { kid: "' or 1=1--" },
      { kid: '__proto__' },
      { kid: '\u0000' },
      { jku: 'http://127.0.0.1:9/keys' },
      { x5u: 'http://127.0.0.1:9/cert' },
      { jwk },
      { crit: ['unknown'], unknown: 1 },
      { typ: 'at+jwt' },
    ]) {
      await withClaims(probe, {}, header);
    }
  },
  O13: async (probe) => {
    const shown = signed(probe.server.signers.alice.privateKey, {}, claimsOf(probe.server));
    const [, claims = '', signature = ''] = shown.split('.');
    const odd = [
      '...',
      '....',
      'a.b.c.d.e',
      `${part('null')}.${claims}.${signature}`,
      `${shown}.`,
      'eyJ',
      '%',
      '\u0000',
    ];
    for (const text of [...odd, 'x'.repeat(50_000)]) {
      await withAssertion(probe, text, { status: [401], error: 'invalid_client' });
      for (const target of ['/oauth/introspect', '/oauth/revoke']) {
        const body = `token=${encodeURIComponent(text)}`;
        const answer = await ask(probe, [right(probe.server)], body, { status: [200] }, target);
        expect(JSON.parse(answer.body)).toEqual(target === '/oauth/revoke' ? {} : { active: false });
      }
      await probe.send(
        {
          target: '/orders',
          lines: [`Authorization: Bearer eyJ${text.replace(/[^\w.]/g, '')}`.slice(0, 9000)],
        },
        { status: [401], code: 'invalid_token' },
      );
    }
    const megabyte = `token=${'x'.repeat(1024 * 1024)}`;
    for (const target of endpoints) {
      await ask(probe, [right(probe.server)], megabyte, { status: [413], error: 'invalid_request' }, target);
    }
  },
  O14: async (probe) => {
    const { key: ofBob } = await probe.server.apiKeys.keys.as(theApp).create({
      ownerId: 'bob',
      name: 'a key',
      scopes: ['orders:read'],
    });
    const token = await tokenOf(probe, ofBob);
    for (const target of ['/oauth/introspect', '/oauth/revoke']) {
      const answer = await ask(probe, [right(probe.server)], `token=${token}`, { status: [200] }, target);
      expect(JSON.parse(answer.body)).toEqual(target === '/oauth/revoke' ? {} : { active: false });
      for (const lines of [[], [basic(idOf(ofBob), 'A'.repeat(43))], [`Authorization: Bearer ${token}`]]) {
        await ask(probe, lines, `token=${token}`, { status: [401], error: 'invalid_client' }, target);
      }
    }
    // It has not been revoked.
    await probe.send({ target: '/orders', lines: [`Authorization: Bearer ${token}`] }, { status: [200] });
  },
};

describe('bad input at the token endpoints', () => {
  runBadInputs('O', cases);
});
