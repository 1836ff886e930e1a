import { generateKeyPairSync, sign } from 'node:crypto';
import { memoryStore } from '../../lib/testing/index.js';
import {
  basic,
  readParts,
  startTokenApp,
  type Answer,
  type TokenApp,
  type TokenAppOptions,
} from './token-app.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const windowSeconds = 3600;
const foreign = generateKeyPairSync('ed25519').privateKey;
const from = (address: string): Record<string, string> => ({ 'X-Forwarded-For': address });
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The same token, signed by somebody else; or with another header. */
function forged(token: string, header: Record<string, unknown> = {}): string {
  const parts = readParts(token);
  const input = `${part({ ...parts.header, ...header })}.${part(parts.claims)}`;
  return `${input}.${sign(null, Buffer.from(input), foreign).toString('base64url')}`;
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

const use = (app: TokenApp, token: string, address = '192.0.2.1'): Promise<Answer> =>
  app.use(token, '/orders', from(address));
const codes = (answers: readonly Answer[]): unknown[] =>
  answers.map(({ status, body }) => ('code' in body ? `${status} ${String(body['code'])}` : `${status}`));

describe('access tokens that are wrong', () => {
  it.each<[string, (token: string) => string]>([
    ['signed by somebody else', (token) => forged(token)],
    ['signed by a key that nobody knows', (token) => forged(token, { kid: 'A'.repeat(16) })],
    ['of another type', (token) => forged(token, { typ: 'JWT' })],
    ['with claims that were changed', (token) => token.replace(/\..{40}/, (text) => `${text.slice(0, -1)}A`)],
    ['cut off', (token) => token.slice(0, -1)],
    ['that only begin like one', () => 'eyJ'],
  ])('R45 use up the budget of their network: %s', async (_what, make) => {
    const app = await start(2);
    const key = await app.key();
    const token = await app.token(key);
    const wrong = make(token);
    const answers = [];
    for (let tries = 0; tries < 4; tries += 1) answers.push(await use(app, wrong));
    expect(codes(answers)).toEqual([
      ...['401 invalid_token', '401 invalid_token'],
      ...['429 too_many_failures', '429 too_many_failures'],
    ]);
    const retryAfter = Number(answers.at(-1)?.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(windowSeconds - 600);
    expect(retryAfter).toBeLessThanOrEqual(windowSeconds);
    // Right tokens are not refused for it, seen before or not, and neither is another network.
    const fresh = await app.token(key);
    expect(codes([await use(app, token), await use(app, fresh), await use(app, wrong, '192.0.2.2')])).toEqual(
      ['200', '200', '401 invalid_token'],
    );
  });

  it('R45 share the budget with wrong keys and wrong clients', async () => {
    const app = await start(3);
    const key = await app.key();
    const token = await app.token(key);
    const client = (): Promise<Answer> =>
      app.post('/token', {}, { ...basic(key.id, 'A'.repeat(43)), ...from('192.0.2.1') });
    await use(app, forged(token));
    await use(app, 'acme_live_junk');
    await client();
    expect(codes([await use(app, forged(token)), await use(app, 'acme_live_junk')])).toEqual([
      '429 too_many_failures',
      '429 too_many_failures',
    ]);
    expect((await client()).status).toBe(429);
    expect((await use(app, token)).status).toBe(200);
  });

  it('R45 are none when they have expired or were revoked', async () => {
    const store = memoryStore();
    const app = await start(1, { store });
    const key = await app.key({ tokenLifetimeSeconds: 60 });
    const [old, taken] = [await app.token(key), await app.token(key)];
    expect((await use(app, taken)).status).toBe(200);
    expect((await app.post('/revoke', { token: taken, client_secret: key.token })).status).toBe(200);
    for (let tries = 0; tries < 3; tries += 1)
      expect(codes([await use(app, taken)])).toEqual(['401 invalid_token']);
    app.clock.advance(61_000);
    const rotated = await app.token(key);
    await app.apiKeys.keys.as(theApp).update({ id: key.id, enabled: false });
    const refusals = [
      await use(app, old),
      await use(app, rotated),
      await use(app, old),
      await use(app, rotated),
    ];
    expect(codes(refusals)).toEqual([
      ...['401 invalid_token', '401 key_disabled'],
      ...['401 invalid_token', '401 key_disabled'],
    ]);
    // Nor do they become one where the budget is used up: a client that has to wait would not ask for another token.
    await use(app, forged(rotated));
    expect(codes([await use(app, forged(rotated)), await use(app, old), await use(app, taken)])).toEqual([
      '429 too_many_failures',
      ...['401 invalid_token', '401 invalid_token'],
    ]);
    await app.close();
    running.splice(0);
    // What they say is known to be true: whose key it is stands in the access log.
    const rows = await store.accessLog.list({ limit: 100, code: 'invalid_token' });
    expect(rows.map(({ keyId, ownerId }) => [keyId, ownerId])).toEqual(
      expect.arrayContaining([
        [key.id, 'alice'],
        [null, null],
      ]),
    );
  });
});
