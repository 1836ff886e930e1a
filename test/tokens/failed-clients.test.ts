import { generateKeyPairSync, randomUUID, sign, type KeyObject } from 'node:crypto';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { addPublicKey } from './public-key-of.js';
import {
  basic,
  startTokenApp,
  type Answer,
  type MadeKey,
  type TokenApp,
  type TokenAppOptions,
} from './token-app.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const windowSeconds = 3600;
const grant = { grant_type: 'client_credentials' };
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const random = createRandomSource();
const format = createKeyFormat('acme', 'live');
const unknownId = (): string => random.base62(16);
const wrongSecret = (): string => random.base62(43);
const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });

/** A store whose reads of keys are counted. */
function countedStore(): { readonly store: KeyStore; readonly reads: { find: number; existing: number } } {
  const reads = { find: 0, existing: 0 };
  const store = new Proxy(memoryStore(), {
    get(target, name: keyof KeyStore) {
      if (name === 'find' || name === 'existing') reads[name] += 1;
      const value = target[name] as unknown;
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  return { store, reads };
}

function tally(answers: readonly Answer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, body } of answers) {
    const { error, code = error } = body as { error?: string; code?: string };
    const what = code === undefined ? `${status}` : `${status} ${code}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

const running: TokenApp[] = [];
afterEach(async () => {
  for (const app of running.splice(0)) await app.close();
});

async function start(failures: number, options: TokenAppOptions = {}): Promise<TokenApp> {
  const failureBudget = { failures, windowSeconds };
  const app = await startTokenApp({ isBehindProxy: true, failureBudget, ...options });
  running.push(app);
  return app;
}

const ask = (app: TokenApp, headers: Record<string, string>, address = '192.0.2.1'): Promise<Answer> =>
  app.post('/token', grant, { ...headers, ...from(address) });

describe('clients that fail', () => {
  it.each(['/token', '/introspect', '/revoke'])(
    'R45 use up the budget of their network at %s',
    async (path) => {
      const app = await start(3);
      const key = await app.key();
      const form = { ...grant, token: 'x' };
      const post = (headers: Record<string, string>, address: string): Promise<Answer> =>
        app.post(path, form, { ...headers, ...from(address) });
      const answers: Answer[] = [];
      for (let tries = 0; tries < 5; tries += 1)
        answers.push(await post(basic(key.id, wrongSecret()), '192.0.2.1'));
      expect(answers.map(({ status, body }) => [status, body['error']])).toEqual([
        ...Array.from({ length: 3 }, () => [401, 'invalid_client']),
        ...Array.from({ length: 2 }, () => [429, 'temporarily_unavailable']),
      ]);
      const last = answers.at(-1)?.headers;
      expect(Number(last?.get('retry-after'))).toBeGreaterThan(windowSeconds - 600);
      expect(Number(last?.get('retry-after'))).toBeLessThanOrEqual(windowSeconds);
      expect(last?.get('cache-control')).toBe('no-store');
      expect(last?.get('www-authenticate')).toBeNull();
      expect(answers.at(-1)?.body['error_description']).toMatch(/Wait as long as Retry-After says/);
      // A right secret is not refused for it, and neither is another network.
      expect((await post(basic(key.id, key.secret), '192.0.2.1')).status).toBe(200);
      expect((await post(basic(key.id, wrongSecret()), '192.0.2.2')).status).toBe(401);
    },
  );

  describe('of one kind or another', () => {
    const ed25519 = generateKeyPairSync('ed25519').privateKey;
    const foreign = generateKeyPairSync('ed25519').privateKey;
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const assertion = (app: TokenApp, id: string, key: KeyObject): Record<string, string> => {
      const claims = { iss: id, sub: id, aud: app.url, jti: randomUUID(), exp: app.clock.now() / 1000 + 60 };
      const input = `${part({ alg: 'EdDSA' })}.${part(claims)}`;
      const signature = sign(null, Buffer.from(input), key).toString('base64url');
      return { client_assertion_type: assertionType, client_assertion: `${input}.${signature}` };
    };
    type Try = (app: TokenApp, key: MadeKey) => readonly [Record<string, string>, Record<string, string>?];

    it.each<[string, Try]>([
      ['a wrong secret', (_app, { id }) => [{}, basic(id, wrongSecret())]],
      ['a wrong secret in the body', (_app, { id }) => [{ client_id: id, client_secret: wrongSecret() }]],
      ['a secret that is no secret', (_app, { id }) => [{}, basic(id, 'junk')]],
      ['an unknown client', () => [{}, basic(unknownId(), wrongSecret())]],
      ['a whole key that is wrong', () => [{ client_secret: format.compose(unknownId(), wrongSecret()) }]],
      ['a right key under another id', (_app, { token }) => [{}, basic(unknownId(), token)]],
      ['Basic that cannot be read', () => [{}, { Authorization: 'Basic !' }]],
      ['a wrong assertion', (app, { id }) => [assertion(app, id, foreign)]],
      ['an assertion of an unknown client', (app) => [assertion(app, unknownId(), foreign)]],
      ['junk as an assertion', () => [{ client_assertion_type: assertionType, client_assertion: 'a.b.c' }]],
    ])('R45 count: %s', async (_what, request) => {
      const app = await start(1);
      const key = await app.key();
      const send = (): Promise<Answer> => {
        const [form, headers = {}] = request(app, key);
        return app.post('/token', { ...grant, ...form }, { ...headers, ...from('192.0.2.1') });
      };
      expect(tally([await send(), await send()])).toEqual({
        '401 invalid_client': 1,
        '429 temporarily_unavailable': 1,
      });
    });

    it('R69 a right assertion is taken from a network over its budget, once', async () => {
      const store = memoryStore();
      const app = await start(1, { store });
      const key = await app.key();
      await addPublicKey(store, key.id, ed25519);
      expect((await ask(app, basic(key.id, wrongSecret()))).status).toBe(401);
      const form = { ...grant, ...assertion(app, key.id, ed25519) };
      const answers = [];
      for (let tries = 0; tries < 2; tries += 1)
        answers.push(await app.post('/token', form, from('192.0.2.1')));
      expect(answers.map(({ status }) => status)).toEqual([200, 429]);
    });

    it.each<[string, Try, number]>([
      ['nothing at all', () => [{}], 401],
      ['another scheme', () => [{}, { Authorization: 'Bearer x' }], 401],
      ['two ways at once', (_app, { id, secret }) => [{ client_secret: 'x' }, basic(id, secret)], 400],
      ['a scope too much', (_app, { id, secret }) => [{ scope: 'users:read' }, basic(id, secret)], 400],
    ])('R45 do not count: %s', async (_what, request, status) => {
      const app = await start(1);
      const [form, headers = {}] = request(app, await app.key());
      for (let tries = 0; tries < 3; tries += 1) {
        const answer = await app.post('/token', { ...grant, ...form }, { ...headers, ...from('192.0.2.1') });
        expect(answer.status).toBe(status);
      }
    });

    it('R45 do not count: a right secret of a key that cannot be used', async () => {
      const app = await start(1);
      const off = await app.key();
      await app.apiKeys.keys.as(theApp).update({ id: off.id, enabled: false });
      const elsewhere = await app.key({ ipAllowlist: ['203.0.113.7'] });
      for (const { id, secret } of [off, elsewhere, off, elsewhere]) {
        expect((await ask(app, basic(id, secret))).status).toBe(401);
      }
      // Also when others of that network have used the budget up.
      await ask(app, basic(unknownId(), wrongSecret()));
      expect((await ask(app, basic(unknownId(), wrongSecret()))).status).toBe(429);
      expect((await ask(app, basic(off.id, off.secret))).body['error']).toBe('invalid_client');
    });
  });

  it('R45 a flood of unknown clients costs few reads, and right clients are served meanwhile', async () => {
    const failures = 10;
    const { store, reads } = countedStore();
    const app = await start(failures, { store });
    const keys = await Promise.all(Array.from({ length: 6 }, () => app.key()));
    Object.assign(reads, { find: 0, existing: 0 });
    const beganAt = performance.now();
    const flood: Answer[] = [];
    let left = 1_000;
    let areOthersServed = false;
    const attacker = async (): Promise<void> => {
      while (left > 0 || !areOthersServed) {
        left -= 1;
        flood.push(await ask(app, basic(unknownId(), wrongSecret())));
      }
    };
    const attackers = Array.from({ length: 50 }, attacker);
    const served = [];
    for (const { id, secret } of keys) served.push(await ask(app, basic(id, secret)));
    areOthersServed = true;
    await Promise.all(attackers);
    const seconds = (performance.now() - beganAt) / 1000;
    expect(tally(served)).toEqual({ '200': keys.length });
    expect(tally(flood)).toEqual({
      '401 invalid_client': failures,
      '429 temporarily_unavailable': flood.length - failures,
    });
    // Two for each client that was served: to prove it, and to give the token.
    expect(reads.find).toBeLessThanOrEqual(failures + 2 * keys.length);
    expect(reads.existing).toBeLessThanOrEqual(Math.ceil(seconds / 0.25) + 2);
  });

  it('R45 a flood of wrong secrets of one client costs few reads', async () => {
    const { store, reads } = countedStore();
    const app = await start(5, { store, cache: { leaseSeconds: 60 } });
    const key = await app.key();
    expect((await ask(app, basic(key.id, key.secret))).status).toBe(200);
    Object.assign(reads, { find: 0, existing: 0 });
    const beganAt = performance.now();
    for (let round = 0; round < 4; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => ask(app, basic(key.id, wrongSecret()))));
    }
    const seconds = (performance.now() - beganAt) / 1000;
    expect(reads.find).toBeLessThanOrEqual(5);
    expect(reads.existing).toBeLessThanOrEqual(Math.ceil(seconds / 0.25) + 2);
    expect((await ask(app, basic(key.id, key.secret))).status).toBe(200);
  });

  it('R45 share the budget with keys at guards', async () => {
    const app = await start(2);
    const send = (): Promise<Answer> =>
      app.use('nonsense', '/orders', { ...from('192.0.2.1'), 'X-Api-Key': 'nonsense' });
    const guess = (): Promise<Answer> => app.use('nonsense', '/orders', from('192.0.2.1'));
    expect((await send()).status).toBe(400);
    expect(tally([await guess(), await ask(app, basic(unknownId(), wrongSecret()))])).toEqual({
      '401 invalid_token': 1,
      '401 invalid_client': 1,
    });
    expect(tally([await guess(), await ask(app, basic(unknownId(), wrongSecret()))])).toEqual({
      '429 too_many_failures': 1,
      '429 temporarily_unavailable': 1,
    });
  });
});
