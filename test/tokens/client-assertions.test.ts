import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  type KeyObject,
} from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { KeyStore } from '../../lib/store/index.js';
import pg from 'pg';
import { postgresStore } from '../../lib/sql/postgres/postgres-store.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { memoryStore } from '../../lib/testing/index.js';
import { addPublicKey } from './public-key-of.js';
import { basic, readParts, startTokenApp, type Answer, type MadeKey, type TokenApp } from './token-app.js';
import { theApp } from '../harness/the-app.js';

type Json = Record<string, unknown>;

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ed25519 = generateKeyPairSync('ed25519').privateKey;
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const foreign = generateKeyPairSync('ed25519').privateKey;

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

function signed(key: KeyObject, header: Json, claims: unknown): string {
  const input = Buffer.from(`${part(header)}.${part(claims)}`);
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const signature =
    key.asymmetricKeyType === 'rsa' ? sign('sha256', input, { key, ...pss }) : sign(null, input, key);
  return `${input.toString()}.${signature.toString('base64url')}`;
}

it('R69 an assertion from before a database server took over, or that may be so old, is not accepted', async () => {
  const database = await makeOwnDatabase('PostgreSQL');
  const store = postgresStore({ connection: database.url, logger: console });
  const app = await startTokenApp({ store });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const setSince = (age: number): Promise<unknown> =>
    client.query(
      `update api_keys.audit_head set history_since = extract(epoch from clock_timestamp()) * 1000 - ${age}`,
    );
  try {
    const { id } = await app.key();
    await addPublicKey(store, id, ed25519);
    const ask = async (times: Json): Promise<number> => {
      const claims = { iss: id, sub: id, aud: app.url, jti: randomUUID(), ...times };
      const shown = signed(ed25519, { alg: 'EdDSA' }, claims);
      const form = { grant_type: 'client_credentials', client_assertion_type: assertionType };
      return (await app.post('/token', { ...form, client_assertion: shown })).status;
    };
    const now = app.clock.now() / 1000;
    // Acceptable for the tolerated skew before it was made, and by a clock that is a minute ahead.
    await setSince(85_000);
    expect(await ask({ exp: now + 300, iat: now })).toBe(503);
    await setSince(95_000);
    expect(await ask({ exp: now + 300, iat: now })).toBe(200);
    expect(await ask({ exp: now + 300, nbf: now })).toBe(200);
    // Without a time at which it was made, from the time on that its end allows.
    expect(await ask({ exp: now + 60 })).toBe(503);
    expect(await ask({ exp: now + 320 })).toBe(200);
  } finally {
    await client.end();
    await app.close();
    await store.close();
    await database.remove();
  }
});

describe('private_key_jwt', () => {
  let app: TokenApp;
  let store: KeyStore;
  let key: MadeKey;
  let other: MadeKey;

  beforeAll(async () => {
    store = memoryStore();
    app = await startTokenApp({ store });
    key = await app.key();
    other = await app.key({ ownerId: 'bob' });
    await addPublicKey(store, key.id, ed25519);
    await addPublicKey(store, other.id, foreign);
  });
  afterAll(() => app.close());

  const seconds = (): number => app.clock.now() / 1000;
  const claims = (changes: Json = {}): Json => ({
    iss: key.id,
    sub: key.id,
    aud: app.url,
    jti: randomUUID(),
    exp: seconds() + 60,
    iat: seconds(),
    ...changes,
  });
  const assertion = (changes: Json = {}, header: Json = {}): string =>
    signed(ed25519, { alg: 'EdDSA', ...header }, claims(changes));
  const ask = (shown: string, form: Json = {}): Promise<Answer> =>
    app.post('/token', {
      grant_type: 'client_credentials',
      client_assertion_type: assertionType,
      client_assertion: shown,
      ...form,
    } as Record<string, string>);

  async function expectRefused(shown: string, form: Json = {}): Promise<void> {
    const answer = await ask(shown, form);
    expect([answer.status, answer.body['error']]).toEqual([401, 'invalid_client']);
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="acme"');
  }

  it.each<[string, () => [string, Json?]]>([
    ['as RFC 7523 has it', () => [assertion()]],
    ['with its client_id', () => [assertion(), { client_id: key.id }]],
    ['with the type of the revision', () => [assertion({}, { typ: 'client-authentication+jwt' })]],
    ['with the type JWT', () => [assertion({}, { typ: 'JWT' })]],
    ['with the name of its credential', () => [assertion({}, { kid: 'publicKey001' })]],
    ['with the algorithm named after its curve', () => [assertion({}, { alg: 'Ed25519' })]],
    ['with the audience as the only one of a list', () => [assertion({ aud: [app.url] })]],
    ['without iat', () => [assertion({ iat: undefined })]],
    ['for the token endpoint', () => [assertion({ aud: `${app.url}/oauth/token` })]],
    [
      'for the issuer and the token endpoint',
      () => [assertion({ aud: [app.url, `${app.url}/oauth/token`] })],
    ],
    ['by a clock that is 20 seconds ahead', () => [assertion({ iat: seconds() + 20, exp: seconds() + 320 })]],
  ])('R69 an assertion is taken %s', async (_what, make) => {
    expect((await ask(...make())).status).toBe(200);
  });

  it('R69 the token names the public key, and ends with it', async () => {
    const { body } = await ask(assertion());
    const token = String(body['access_token']);
    expect(readParts(token).claims['cid']).toBe('publicKey001');
    expect((await app.use(token)).body['via']).toBe('token');
  });

  it('R69 the revision of RFC 7523, marked by its type, allows the issuer alone as audience', async () => {
    await expectRefused(assertion({ aud: `${app.url}/oauth/token` }, { typ: 'client-authentication+jwt' }));
  });

  it.each<[string, () => string, RegExp]>([
    ['another audience', () => assertion({ aud: 'https://other.example' }), /Its aud must be http/],
    ['an end that is over', () => assertion({ exp: seconds() }), /Its exp has passed/],
    [
      'an end too far ahead',
      () => assertion({ exp: seconds() + 3600 }),
      /Its exp must be at most five minutes/,
    ],
    ['an end in milliseconds', () => assertion({ exp: 1e18 }), /Its exp is missing, or not in whole seconds/],
    ['another issuer', () => assertion({ iss: other.id }), /Its iss and sub must both be the id/],
    ['no jti', () => assertion({ jti: undefined }), /Its jti must be a string/],
    [
      'RS256',
      () => assertion({}, { alg: 'RS256' }),
      /Its alg must be one of EdDSA, Ed25519, PS256, PS384, PS512/,
    ],
    ['another type', () => assertion({}, { typ: 'at+jwt' }), /Its typ must be JWT/],
    [
      'the key of somebody else',
      () => signed(foreign, { alg: 'EdDSA' }, claims()),
      /unknown, or its proof is invalid/,
    ],
    [
      'a client that does not exist',
      () => {
        const id = key.id.split('').reverse().join('');
        return assertion({ iss: id, sub: id });
      },
      /unknown, or its proof is invalid/,
    ],
  ])('R69 the answer to an assertion with %s says so', async (_what, make, expected) => {
    const { body } = await ask(make());
    expect(body['error_description']).toMatch(expected);
  });

  it('R69 what is wrong with the claims is said in the same way whether there is such a client or not', async () => {
    const id = key.id.split('').reverse().join('');
    const known = await ask(signed(foreign, { alg: 'EdDSA' }, claims({ exp: 1 })));
    const unknown = await ask(signed(foreign, { alg: 'EdDSA' }, claims({ exp: 1, iss: id, sub: id })));
    expect(known.body).toEqual(unknown.body);
  });

  it('R69 an assertion that was used before says so', async () => {
    const shown = assertion();
    expect((await ask(shown)).status).toBe(200);
    expect((await ask(shown)).body['error_description']).toMatch(/was used before/);
  });

  it('R69 an assertion stays used while a process whose clock is a minute ahead removes nonces', async () => {
    const shown = assertion();
    expect((await ask(shown)).status).toBe(200);
    app.clock.advance(59_000);
    await store.housekeeping.removeExpired('nonces', app.clock.now() + 60_000, 1000);
    expect((await ask(shown)).body['error_description']).toMatch(/was used before/);
  });

  it.each([0, 20, 'longest'] as const)(
    'R69 PS256 with a salt of another length (%s) is verified',
    async (salt) => {
      const withRsa = await app.key();
      await addPublicKey(store, withRsa.id, rsa);
      const saltLength = salt === 'longest' ? constants.RSA_PSS_SALTLEN_MAX_SIGN : salt;
      const input = Buffer.from(
        `${part({ alg: 'PS256' })}.${part(claims({ iss: withRsa.id, sub: withRsa.id }))}`,
      );
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const signature = sign('sha256', input, { key: rsa, padding, saltLength });
      expect((await ask(`${input.toString()}.${signature.toString('base64url')}`)).status).toBe(200);
    },
  );

  it('R69 an RSA key signs with PSS, and with nothing else', async () => {
    const withRsa = await app.key();
    await addPublicKey(store, withRsa.id, rsa);
    const own = (): Json => claims({ iss: withRsa.id, sub: withRsa.id });
    expect((await ask(signed(rsa, { alg: 'PS256' }, own()))).status).toBe(200);
    for (const alg of ['RS256', 'PS384', 'EdDSA', 'ES256', 'none']) {
      await expectRefused(signed(rsa, { alg }, own()));
    }
    const input = `${part({ alg: 'RS256' })}.${part(own())}`;
    await expectRefused(`${input}.${sign('sha256', Buffer.from(input), rsa).toString('base64url')}`);
  });

  it.each<[string, () => Json]>([
    ['another issuer', () => ({ iss: other.id })],
    ['another subject', () => ({ sub: other.id })],
    ['another client altogether', () => ({ iss: other.id, sub: other.id })],
    ['no issuer', () => ({ iss: undefined })],
    ['no subject', () => ({ sub: undefined })],
    ['a subject that is no text', () => ({ sub: [key.id] })],
    ['a subject named __proto__', () => ({ sub: '__proto__', iss: '__proto__' })],
    ['no audience', () => ({ aud: undefined })],
    ['another audience', () => ({ aud: 'https://other.example' })],
    ['another endpoint as audience', () => ({ aud: `${app.url}/oauth/introspect` })],
    ['the token endpoint with a slash as audience', () => ({ aud: `${app.url}/oauth/token/` })],
    [
      'the token endpoint and another server as audiences',
      () => ({
        aud: [`${app.url}/oauth/token`, 'https://other.example'],
      }),
    ],
    ['the issuer with a slash as audience', () => ({ aud: `${app.url}/` })],
    ['two audiences', () => ({ aud: [app.url, 'https://other.example'] })],
    ['the same audience twice', () => ({ aud: [app.url, app.url] })],
    ['an audience in a list in a list', () => ({ aud: [[app.url]] })],
    ['no audience in a list', () => ({ aud: [] })],
    ['no end', () => ({ exp: undefined })],
    ['an end that is a text', () => ({ exp: '9999999999' })],
    ['an end that is over', () => ({ exp: seconds() })],
    ['an end before 1970', () => ({ exp: -1 })],
    ['an end between two seconds', () => ({ exp: seconds() + 60.5 })],
    ['an end more than five minutes ahead, and the skew of clocks', () => ({ exp: seconds() + 331 })],
    ['a beginning that is to come', () => ({ nbf: seconds() + 60 })],
    ['a beginning that is a text', () => ({ nbf: '0' })],
    ['a time of making that is to come', () => ({ iat: seconds() + 60 })],
    ['no jti', () => ({ jti: undefined })],
    ['an empty jti', () => ({ jti: '' })],
    ['a jti that is a number', () => ({ jti: 1 })],
    ['a jti that is too long', () => ({ jti: 'x'.repeat(257) })],
  ])('R69 an assertion with %s is refused', async (_what, changes) => {
    await expectRefused(assertion(changes()));
  });

  it('R69 an end that is no finite number is refused', async () => {
    const text = JSON.stringify(claims()).replace(/"exp":\d+/, '"exp":1e400');
    await expectRefused(signed(ed25519, { alg: 'EdDSA' }, text));
  });

  it.each(['none', 'None', 'nOnE', ''])('R69 alg %j is refused', async (alg) => {
    const input = `${part({ alg })}.${part(claims())}`;
    for (const signature of ['', 'AA', assertion().split('.')[2] ?? '']) {
      await expectRefused(`${input}.${signature}`);
    }
  });

  it('R69 HS256 with the public key as secret is refused', async () => {
    const spki = createPublicKey(ed25519);
    for (const secret of [
      spki.export({ type: 'spki', format: 'pem' }),
      spki.export({ type: 'spki', format: 'der' }),
      key.secret,
      key.token,
      '',
    ]) {
      const input = `${part({ alg: 'HS256' })}.${part(claims())}`;
      await expectRefused(`${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`);
    }
  });

  it('R69 nothing in the header names or brings another key, and nothing is fetched', async () => {
    let connections = 0;
    const server = createServer((_req, res) => void res.end('{}'));
    server.on('connection', () => (connections += 1));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    const jwk = createPublicKey(foreign).export({ format: 'jwk' });
    const headers: Json[] = [
      { jku: url },
      { x5u: url },
      { jwk },
      { x5c: ['AA=='] },
      { kid: '../../x' },
      { kid: "' or 1=1--" },
      { kid: url },
      { kid: '' },
      { kid: 7 },
      { crit: ['exp'] },
      { crit: [] },
      { b64: false, crit: ['b64'] },
    ];
    for (const header of headers) {
      await expectRefused(assertion({}, header));
      await expectRefused(signed(foreign, { alg: 'EdDSA', ...header }, claims()));
    }
    expect(connections).toBe(0);
    server.close();
  });

  it.each(['at+jwt', 'id+jwt', 'secevent+jwt', '', 'JOSE', 5])('R69 typ %p is refused', async (typ) => {
    await expectRefused(assertion({}, { typ }));
  });

  it('R69 an access token is no assertion, and an assertion is no access token', async () => {
    const { body } = await ask(assertion());
    await expectRefused(String(body['access_token']));
    expect((await app.use(assertion())).status).toBe(401);
  });

  it('R69 a signature of another key, or over something else, is refused', async () => {
    await expectRefused(signed(foreign, { alg: 'EdDSA' }, claims()));
    const [header, , signature] = assertion().split('.');
    await expectRefused(`${header}.${part(claims())}.${signature}`);
  });

  it.each<[string, (shown: string) => string]>([
    ['with two parts', (shown) => shown.split('.').slice(0, 2).join('.')],
    ['with five parts', (shown) => `${shown}.x.y`],
    ['with three dots', () => '...'],
    ['that is empty', () => ' '],
    ['with a header that is null', (shown) => shown.replace(/^[^.]+/, part('null'))],
    ['with claims that are null', () => signed(ed25519, { alg: 'EdDSA' }, 'null')],
    ['that is too long', (shown) => `${shown}${'A'.repeat(10_000)}`],
  ])('R69 an assertion %s is refused', async (_what, change) => {
    await expectRefused(change(assertion()));
  });

  it('R69 an assertion counts once', async () => {
    const shown = assertion();
    expect((await ask(shown)).status).toBe(200);
    await expectRefused(shown);
    // A new assertion with the same jti: still the second time.
    const jti = randomUUID();
    expect((await ask(assertion({ jti }))).status).toBe(200);
    await expectRefused(assertion({ jti, exp: seconds() + 61 }));
  });

  it('P8: an assertion that is refused for the address of its client is not used up', async () => {
    const shown = assertion();
    await app.apiKeys.keys.as(theApp).update({ id: key.id, ipAllowlist: ['203.0.113.1'] });
    expect([(await ask(shown)).status, (await ask(shown)).status]).toEqual([401, 401]);
    await app.apiKeys.keys.as(theApp).update({ id: key.id, ipAllowlist: null });
    expect([(await ask(shown)).status, (await ask(shown)).status]).toEqual([200, 401]);
  });

  it('R69 of fifty times at once, one counts', async () => {
    const shown = assertion();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(shown)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(49);
  });

  it('R69 a client_id that is not its subject, or a second way, is refused', async () => {
    await expectRefused(assertion(), { client_id: other.id });
    const both = await ask(assertion(), { client_secret: key.token });
    expect([both.status, both.body['error']]).toEqual([400, 'invalid_request']);
    const withHeader = await app.post(
      '/token',
      {
        grant_type: 'client_credentials',
        client_assertion_type: assertionType,
        client_assertion: assertion(),
      },
      basic(key.id, key.secret),
    );
    expect([withHeader.status, withHeader.body['error']]).toEqual([400, 'invalid_request']);
    for (const type of ['', 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer']) {
      const wrongType = await ask(assertion(), { client_assertion_type: type });
      expect([wrongType.status, wrongType.body['error']]).toEqual([400, 'invalid_request']);
    }
  });

  it('R69 a key that was disabled is refused, and uses no assertion up', async () => {
    const own = await app.key();
    await addPublicKey(store, own.id, ed25519);
    const shown = signed(ed25519, { alg: 'EdDSA' }, claims({ iss: own.id, sub: own.id }));
    await app.apiKeys.keys.as(theApp).update({ id: own.id, enabled: false });
    await expectRefused(shown);
    await app.apiKeys.keys.as(theApp).update({ id: own.id, enabled: true });
    expect((await ask(shown)).status).toBe(200);
    await app.apiKeys.keys.as(theApp).revoke({ id: own.id });
    await expectRefused(signed(ed25519, { alg: 'EdDSA' }, claims({ iss: own.id, sub: own.id })));
  });
});
