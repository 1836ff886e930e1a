import {
  createHmac,
  generateKeyPairSync,
  createPublicKey,
  randomBytes,
  sign,
  type KeyObject,
} from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { createSecretSealer } from '../../lib/crypto/secret-sealer.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { testPepper } from '../harness/instance.js';
import { readParts, startTokenApp, type MadeKey, type TokenApp } from './token-app.js';

type Json = Record<string, unknown>;

const part = (value: unknown): string => {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return Buffer.from(text).toString('base64url');
};

/** What is forged is made by hand: no library that we use has a part in it. */
function compact(header: unknown, claims: unknown, signer: (input: string) => Buffer): string {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${signer(input).toString('base64url')}`;
}

const byEd25519 =
  (key: KeyObject) =>
  (input: string): Buffer =>
    sign(null, Buffer.from(input), key);
const byHmac =
  (key: Buffer | string, hash = 'sha256') =>
  (input: string): Buffer =>
    createHmac(hash, key).update(input).digest();

/** The key that the app signs with, taken out of its store. */
async function signingKeyOf(store: KeyStore): Promise<KeyObject> {
  const [stored] = await store.tokens.signingKeys.list();
  const sealer = createSecretSealer(parsePeppers(testPepper));
  const bytes = sealer.open(stored?.sealedKey ?? '', `signing key ${stored?.algorithm} ${stored?.id}`);
  if (bytes === null) throw new Error('the signing key does not open');
  return createPrivateKey({ key: bytes, type: 'pkcs8', format: 'der' });
}

describe('tokens that were not given by us, or not for us', () => {
  let app: TokenApp;
  let key: MadeKey;
  let other: MadeKey;
  let good: { header: Json; claims: Json };
  let own: KeyObject;
  let ownPublic: KeyObject;
  let foreign: KeyObject;
  let token: string;

  beforeAll(async () => {
    const store = memoryStore();
    app = await startTokenApp({ store });
    key = await app.key();
    other = await app.key({ ownerId: 'bob' });
    token = await app.token(key);
    good = readParts(token);
    own = await signingKeyOf(store);
    ownPublic = createPublicKey(own);
    foreign = generateKeyPairSync('ed25519').privateKey;
  });
  afterAll(() => app.close());

  const ours = (header: Json, claims: Json): string =>
    compact({ ...good.header, ...header }, { ...good.claims, ...claims }, byEd25519(own));
  const without = (from: Json, name: string): Json =>
    Object.fromEntries(Object.entries(from).filter(([one]) => one !== name));

  async function expectRefused(forged: string): Promise<void> {
    const answer = await app.use(forged);
    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid_token']);
    expect(answer.headers.get('www-authenticate')).toContain('error="invalid_token"');
  }

  it('R70 the way of forging them works: an honest token made that way is accepted', async () => {
    const answer = await app.use(ours({}, { jti: 'made-by-the-test-itself' }));
    expect([answer.status, answer.body['via']]).toEqual([200, 'token']);
  });

  it.each(['none', 'None', 'NONE', 'nOnE', ''])('R70 alg %j is refused', async (alg) => {
    for (const signature of ['', 'x', token.split('.')[2] ?? '']) {
      const header = { ...good.header, alg };
      await expectRefused(`${part(header)}.${part(good.claims)}.${signature}`);
      await expectRefused(`${part(without(header, 'kid'))}.${part(good.claims)}.${signature}`);
    }
  });

  it.each(['HS256', 'HS384', 'HS512'])('R70 %s with the public key as secret is refused', async (alg) => {
    const jwk = ownPublic.export({ format: 'jwk' });
    const secrets = [
      ownPublic.export({ type: 'spki', format: 'pem' }),
      ownPublic.export({ type: 'spki', format: 'der' }),
      Buffer.from(jwk.x ?? '', 'base64url'),
      JSON.stringify({ ...jwk, kid: good.header['kid'], alg: 'EdDSA', use: 'sig' }),
      '',
    ];
    for (const secret of secrets) {
      const signer = byHmac(secret, `sha${alg.slice(2)}`);
      await expectRefused(compact({ ...good.header, alg }, good.claims, signer));
      await expectRefused(compact(good.header, good.claims, signer));
    }
  });

  it.each(['RS256', 'PS256', 'ES256', 'EdDSA ', 'eddsa', 'Ed25519', 'ES256K', 'A128KW', 'dir'])(
    'R70 alg %j in the header of a token that our key has signed is refused',
    async (alg) => {
      await expectRefused(ours({ alg }, {}));
    },
  );

  it('R70 a signature of another key is refused, also under the name of ours', async () => {
    await expectRefused(compact(good.header, good.claims, byEd25519(foreign)));
    await expectRefused(compact({ ...good.header, kid: 'A'.repeat(16) }, good.claims, byEd25519(foreign)));
  });

  it('R70 a key that comes with the token, or an address of one, is never used', async () => {
    const jwk = createPublicKey(foreign).export({ format: 'jwk' });
    const headers: Json[] = [
      { jwk },
      { jku: 'http://127.0.0.1:9/jwks.json' },
      { x5u: 'http://127.0.0.1:9/cert.pem' },
      { x5c: ['AA=='] },
    ];
    for (const header of headers) {
      await expectRefused(compact({ ...good.header, ...header }, good.claims, byEd25519(foreign)));
      // Not even beside a right signature: nothing in a header is passed over.
      await expectRefused(ours(header, {}));
    }
  });

  it.each(['../../x', "' or 1=1--", '__proto__', 'constructor', '\u0000', 'a'.repeat(3000), 7, null, {}])(
    'R70 kid %p is refused',
    async (kid) => {
      await expectRefused(ours({ kid }, {}));
    },
  );

  it('R70 crit is refused, whatever it lists', async () => {
    for (const crit of [['exp'], ['b64'], [], ['kid'], 'exp', ['x', 'x']]) {
      await expectRefused(ours({ crit, b64: true, exp: 1, x: 1 }, {}));
      await expectRefused(ours({ crit }, {}));
    }
    await expectRefused(ours({ b64: false }, {}));
    await expectRefused(ours({ zip: 'DEF' }, {}));
    await expectRefused(ours({ cty: 'JWT' }, {}));
  });

  it.each(['JWT', 'at+jws', 'id+jwt', 'client-authentication+jwt', 'at+jwt ', '', 'application/jwt', 5])(
    'R70 typ %p is refused',
    async (typ) => {
      await expectRefused(ours({ typ }, {}));
    },
  );

  it('R70 a token without typ is refused, and application/at+jwt is at+jwt', async () => {
    await expectRefused(compact(without(good.header, 'typ'), good.claims, byEd25519(own)));
    expect((await app.use(ours({ typ: 'application/at+jwt' }, {}))).status).toBe(200);
    expect((await app.use(ours({ typ: 'AT+JWT' }, {}))).status).toBe(200);
  });

  it.each<[string, (url: string) => unknown]>([
    ['another', () => 'https://other.example'],
    ['ours with a slash', (url) => `${url}/`],
    ['ours in capitals', (url) => url.toUpperCase()],
    ['ours in a list', (url) => [url]],
    ['ours and another', (url) => [url, 'https://other.example']],
    ['ours as part of another', (url) => `${url}.evil.example`],
    ['an object', (url) => ({ [url]: true })],
    ['true', () => true],
    ['null', () => null],
    ['empty', () => ''],
    ['none', () => undefined],
  ])('R70 an audience or an issuer that is %s is refused', async (_what, value) => {
    await expectRefused(ours({}, { aud: value(app.url) }));
    await expectRefused(ours({}, { iss: value(app.url) }));
  });

  it('R70 a token is good until its end and not one second longer', async () => {
    const now = app.clock.now() / 1000;
    expect((await app.use(ours({}, { exp: now + 1 }))).status).toBe(200);
    for (const exp of [now, now - 1, now - 86_400, 0]) await expectRefused(ours({}, { exp }));
  });

  it.each([
    '9999999999',
    -1,
    1.5,
    null,
    true,
    [9_999_999_999],
    {},
    'Infinity',
    undefined,
    Number.MAX_SAFE_INTEGER + 1,
    8_640_000_000_001,
  ])('R70 exp %p is refused', async (exp) => {
    await expectRefused(ours({}, { exp }));
  });

  it('R70 exp that is no finite number is refused', async () => {
    for (const exp of ['1e400', '-1e400', '1e20', '99999999999999999999']) {
      const claims = JSON.stringify(good.claims).replace(/"exp":\d+/, `"exp":${exp}`);
      await expectRefused(compact(good.header, claims, byEd25519(own)));
    }
  });

  it('R70 nbf in the future, iat in the future, and either that is no number are refused', async () => {
    const now = app.clock.now() / 1000;
    for (const nbf of [now + 1, now + 3600, '0', null, 1.5, 'now']) await expectRefused(ours({}, { nbf }));
    for (const iat of [now + 61, now + 86_400, '0', null, 1.5, undefined]) {
      await expectRefused(ours({}, { iat }));
    }
    expect((await app.use(ours({}, { nbf: now }))).status).toBe(200);
  });

  it.each(['sub', 'client_id', 'cid', 'jti', 'scope'])('R70 a token without %s is refused', async (name) => {
    await expectRefused(compact(good.header, without(good.claims, name), byEd25519(own)));
    for (const value of [null, 1, [good.claims[name]], {}]) await expectRefused(ours({}, { [name]: value }));
  });

  it('R70 a token for a key, an owner or a credential that do not belong together is refused', async () => {
    await expectRefused(ours({}, { client_id: other.id }));
    await expectRefused(ours({}, { sub: 'bob' }));
    await expectRefused(ours({}, { cid: 'AAAAAAAAAAAA' }));
    await expectRefused(ours({}, { client_id: 'A'.repeat(16) }));
    for (const name of ['__proto__', 'constructor', '', '\u0000']) {
      await expectRefused(ours({}, { client_id: name }));
      await expectRefused(ours({}, { cid: name }));
    }
  });

  it('R70 scopes that the key does not hold do nothing', async () => {
    const limited = await app.key({ scopes: ['users:read'] });
    const { claims } = readParts(await app.token(limited));
    const forged = ours({}, { ...claims, scope: 'orders:read orders:write users:read *' });
    const answer = await app.use(forged);
    expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient_scope']);
  });

  it('R70 every changed bit of a signature, and every changed part, is refused', async () => {
    const [header = '', claims = '', signature = ''] = token.split('.');
    const bytes = Buffer.from(signature, 'base64url');
    for (let bit = 0; bit < bytes.length * 8; bit += 7) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      await expectRefused(`${header}.${claims}.${changed.toString('base64url')}`);
    }
    for (const odd of [
      '',
      signature.slice(1),
      `${signature}A`,
      `${signature}=`,
      `${signature}\u00e9`.slice(0, -1),
    ]) {
      if (odd === signature) continue;
      await expectRefused(`${header}.${claims}.${odd}`);
    }
    await expectRefused(`${header}.${part({ ...good.claims, sub: 'bob' })}.${signature}`);
  });

  it('R70 other spellings of the same bytes are other tokens, and refused', async () => {
    const [header = '', claims = '', signature = ''] = token.split('.');
    for (const one of [`${header}=`, header.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))]) {
      await expectRefused(`${one}.${claims}.${signature}`);
    }
    await expectRefused(`${header}.${claims}=.${signature}`);
  });

  it.each<[string, (token: string) => string]>([
    ['two parts', (t) => t.split('.').slice(0, 2).join('.')],
    ['four parts', (t) => `${t}.x`],
    ['five parts, as a JWE has', (t) => `${t}.x.y`],
    ['a part that is empty', (t) => t.replace(/\.[^.]+\./, '..')],
    ['a header that is null', (t) => t.replace(/^[^.]+/, part('null'))],
    ['a header that is a list', (t) => t.replace(/^[^.]+/, part('[]'))],
    ['a header that is no JSON', (t) => t.replace(/^[^.]+/, part('{"alg":'))],
    [
      'a header with __proto__',
      (t) => t.replace(/^[^.]+/, part('{"__proto__":{"alg":"none"},"alg":"none"}')),
    ],
  ])('R70 a token with %s is refused', async (_what, change) => {
    await expectRefused(change(token));
  });

  it('R70 claims that are no object are refused, though our key has signed them', async () => {
    for (const claims of ['null', '[]', '"x"', '1', '{', '']) {
      await expectRefused(compact(good.header, claims, byEd25519(own)));
    }
  });

  it('R70 a token that is too long is refused before anything of it is read', async () => {
    await expectRefused(ours({}, { padding: randomBytes(3000).toString('hex') }));
    await expectRefused(`${token}${'A'.repeat(12_000)}`);
  });

  it('R70 a token is taken as Bearer only, and never beside a key', async () => {
    const send = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${app.url}/orders`, { headers })).status;
    expect(await send({ 'X-Api-Key': token })).toBe(401);
    expect(await send({ Authorization: `Token ${token}` })).toBe(401);
    expect(await send({ Authorization: `Basic ${token}` })).toBe(401);
    expect(await send({ 'X-Api-Key': key.token, Authorization: `Bearer ${token}` })).toBe(400);
    expect((await fetch(`${app.url}/orders?access_token=${token}`)).status).toBe(401);
  });

  it('R70 refuses what is not ours without asking the store for a key', async () => {
    const counted = memoryStore();
    let reads = 0;
    const store: KeyStore = { ...counted, find: (...args) => ((reads += 1), counted.find(...args)) };
    const another = await startTokenApp({ store });
    for (const forged of [
      token,
      compact(good.header, good.claims, byEd25519(foreign)),
      'eyJ.x.y',
      'eyJhbGciOiJub25lIn0.e30.',
    ]) {
      expect((await another.use(forged)).status).toBe(401);
    }
    expect(reads).toBe(0);
    await another.close();
  });
});
