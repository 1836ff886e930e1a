import { memoryStore } from '../../lib/testing/index.js';
import { outcome, startSignedApp, type SignedApp } from '../harness/signed-app.js';
import { testPepper } from '../harness/instance.js';
import { hmacAuthorization, type HmacSigning } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';

let app: SignedApp;
let id: string;
let key: string;

/** The secret in a key, between its id and its checksum. */
const secretOf = (token: string): string => token.slice(-49, -6);

beforeAll(async () => {
  app = await startSignedApp();
  ({ id, token: key } = await app.instance.key({ signing: 'hmac' }));
});
afterAll(() => app.close());

let nonces = 0;

/** Sends a request as it was signed, unless `sent` says otherwise. */
async function use(
  signing: HmacSigning & { keyId?: string; secret?: string } = {},
  sent: HmacSigning & { authorization?: string } = {},
  to: SignedApp = app,
): Promise<string> {
  const { keyId = id, secret = key, ...rest } = signing;
  nonces += 1;
  const whole = { ts: to.instance.clock.now(), nonce: `n${nonces}`, ...rest };
  const { method = 'POST', target = '/signed', body = '{"item":"book"}' } = { ...whole, ...sent };
  const authorization = sent.authorization ?? hmacAuthorization(keyId, secret, whole);
  const lines = [`Authorization: ${authorization}`, 'Content-Type: application/json'];
  return outcome(await to.send({ method, target, lines, ...(body === '' ? {} : { body }) }));
}

const refused = '401 invalid_signature';

describe('requests that are signed with a shared secret', () => {
  it('R77 are accepted with the whole key or the secret in it as secret, with and without body', async () => {
    for (const target of ['/signed', '/kept', '/twice', '/either', '/signed?a=%20b&c']) {
      expect([target, await use({ target })]).toEqual([target, '200']);
    }
    expect(await use({ secret: secretOf(key) })).toBe('200');
    expect(await use({ method: 'GET', body: '' })).toBe('200');
    const shown = await app.instance.apiKeys.keys.as(theApp).get({ id });
    expect(shown).toMatchObject({ signing: 'hmac', publicKey: null });
  });

  it('R77 are refused when anything is another: method, path, query, body, time, nonce, key, secret', async () => {
    const ts = app.instance.clock.now();
    const other = await app.instance.key({ signing: 'hmac' });
    const plain = await app.instance.key();
    expect(await use({}, { method: 'PUT' })).toBe(refused);
    expect(await use({ target: '/signed?a=1' }, { target: '/signed?a=2' })).toBe(refused);
    expect(await use({}, { target: '/kept' })).toBe(refused);
    expect(await use({}, { body: '{"item":"pens"}' })).toBe(refused);
    expect(await use({}, { body: '' })).toBe(refused);
    const header = hmacAuthorization(id, key, { ts, nonce: 'x1' });
    expect(await use({}, { authorization: header.replace('nonce=x1', 'nonce=x2') })).toBe(refused);
    expect(await use({}, { authorization: header.replace(`ts=${ts}`, `ts=${ts + 1}`) })).toBe(refused);
    expect(await use({}, { authorization: header.replace(`id=${id}`, `id=${other.id}`) })).toBe(refused);
    expect(await use({ keyId: other.id })).toBe(refused);
    expect(await use({ secret: other.token })).toBe(refused);
    expect(await use({ keyId: plain.id, secret: plain.token })).toBe(refused);
    expect(await use({ keyId: 'unknown' })).toBe(refused);
    expect(await use({ secret: '' })).toBe(refused);
    expect(await use({}, { authorization: 'hmac-sha256 id=x' })).toBe('400 invalid_request');
  });

  it('R77 are no credential of ours under the name that a dialect has for the scheme', async () => {
    const header = hmacAuthorization(id, key, { ts: app.instance.clock.now(), nonce: 'dialect' });
    const authorization = `deri-${header}`;
    expect(await use({}, { authorization })).toBe('401 signature_required');
    expect(await use({ target: '/either' }, { authorization })).toBe('401 missing_credential');
    expect(await use({}, { authorization: header })).toBe('200');
  });

  it('R76 are good for 60 seconds, to the millisecond', async () => {
    const now = app.instance.clock.now();
    const table: [number, string][] = [
      [30_001, refused],
      [30_000, '200'],
      [-60_000, '200'],
      [-60_001, refused],
    ];
    for (const [offset, expected] of table) {
      expect([offset, await use({ ts: now + offset })]).toEqual([offset, expected]);
    }
  });

  it('R80 are good once; the same nonce at another time is another request', async () => {
    const ts = app.instance.clock.now();
    const authorization = hmacAuthorization(id, key, { ts });
    const inCapitals = authorization.replace(/sig=\w+/, (text) => `sig=${text.slice(4).toUpperCase()}`);
    const outcomes = [];
    for (const each of [authorization, authorization, inCapitals, authorization.replaceAll(',', ', ')]) {
      outcomes.push(await use({}, { authorization: each }));
    }
    expect(outcomes).toEqual(['200', ...Array.from({ length: 3 }, () => '401 signature_replayed')]);
    expect(await use({ ts: ts + 1, nonce: 'abcd' })).toBe('200');
    expect(await use({ ts: ts + 2, nonce: 'abcd' })).toBe('200');
    const once = hmacAuthorization(id, key, { ts, nonce: 'parallel' });
    const many = await Promise.all(Array.from({ length: 50 }, () => use({}, { authorization: once })));
    expect(many.filter((each) => each === '200')).toHaveLength(1);
  });

  it('R77 go on with the new secret after a rotation, and with no other', async () => {
    const first = await app.instance.key({ signing: 'hmac' });
    const rotated = await app.instance.apiKeys.keys.as(theApp).rotate({ id: first.id });
    expect(await use({ keyId: first.id, secret: rotated.key })).toBe('200');
    expect(await use({ keyId: first.id, secret: first.token })).toBe('401 secret_rotated');
  });

  it('R77 end with their pepper, and the key itself does not', async () => {
    const store = memoryStore();
    const before = await startSignedApp({ store, pepper: 'an older pepper of thirty-two bytes or more' });
    const made = await before.instance.key({ signing: 'hmac' });
    const signing = { keyId: made.id, secret: made.token };
    expect(await use(signing, {}, before)).toBe('200');
    const both = await startSignedApp({
      store,
      pepper: [testPepper, 'an older pepper of thirty-two bytes or more'],
    });
    expect(await use(signing, {}, both)).toBe('200');
    const after = await startSignedApp({ store });
    expect(await use(signing, {}, after)).toBe(refused);
    expect((await after.send({ target: '/either', lines: [`X-Api-Key: ${made.token}`] })).status).toBe(200);
    for (const each of [before, both, after]) await each.close();
  });

  it('R77 go on without their pepper once they were resealed', async () => {
    const store = memoryStore();
    const older = 'an older pepper of thirty-two bytes or more';
    const before = await startSignedApp({ store, pepper: older });
    const made = await before.instance.key({ signing: 'hmac' });
    await before.instance.key();
    const lostKey = await startSignedApp({ store, pepper: 'a pepper that will be lost, of enough bytes' });
    await lostKey.instance.key({ signing: 'hmac' });
    const both = await startSignedApp({ store, pepper: [testPepper, older] });
    const { keys } = both.instance.apiKeys;
    const webhooks = { resealed: 0, lost: 0 };
    expect(await keys.as(theApp).resealSecrets()).toEqual({ resealed: 1, lost: 1, webhooks });
    expect(await keys.as(theApp).resealSecrets()).toEqual({ resealed: 0, lost: 1, webhooks });
    await expect(keys.as({ kind: 'owner', ownerId: 'alice' }).resealSecrets()).rejects.toMatchObject({
      code: 'ERR_API_KEYS_FORBIDDEN',
    });
    const after = await startSignedApp({ store });
    expect(await use({ keyId: made.id, secret: made.token }, {}, after)).toBe('200');
    for (const each of [before, lostKey, both, after]) await each.close();
  });

  it('R77 the stored secret is sealed, and shown nowhere', async () => {
    const store = memoryStore();
    const sealing = await startSignedApp({ store });
    const made = await sealing.instance.key({ signing: 'hmac' });
    const record = await store.find(made.id);
    expect(JSON.stringify(record)).not.toContain(secretOf(made.token));
    expect(record?.credentials).toMatchObject([
      { kind: 'secret', sealedSecret: expect.stringMatching(/^[0-9a-f]{16}\.[\w-]{90,}$/) as string },
    ]);
    const shown = JSON.stringify(await sealing.instance.apiKeys.keys.as(theApp).get({ id: made.id }));
    expect(shown).not.toMatch(/sealed/i);
    expect(sealing.logged).toEqual([]);
    await sealing.close();
  });

  it('R77 are accepted beside a key, and not with one', async () => {
    const { token } = await app.instance.key();
    const authorization = hmacAuthorization(id, key, { ts: app.instance.clock.now(), target: '/either' });
    const lines = [
      `Authorization: ${authorization}`,
      `X-Api-Key: ${token}`,
      'Content-Type: application/json',
    ];
    const answer = await app.send({ method: 'POST', target: '/either', lines, body: '{"item":"book"}' });
    expect(outcome(answer)).toBe('400 invalid_request');
  });
});
