import { randomUUID, sign } from 'node:crypto';
import Libsql from 'libsql';
import pg from 'pg';
import { createDeribitApp } from '../dialects/deribit-app.js';
import { grantBySecret } from '../dialects/deribit-signing.js';
import { sent } from '../harness/signing.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { newEd25519, outcome, pemOf, startSignedApp } from '../harness/signed-app.js';
import { basic, startTokenApp, type Answer } from './token-app.js';
import { theApp } from '../harness/the-app.js';

/** Every table to which a key can add rows by what it requests. */
const tables = [
  'keys',
  'audit_events',
  'refresh_grants',
  'revoked_tokens',
  'nonces',
  'idempotency_keys',
  'access_events',
  'key_uses',
  'key_usage',
  'key_used_parts',
] as const;
type Counts = Record<(typeof tables)[number], number>;

const minuteLimits = [{ name: 'minute', limit: 1, windowSeconds: 60 }];
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Tokens, and assertions and client signatures, of one key in a minute. */
const [maxTokens, maxProofs] = [120, 600];
/** Refusals that are written down in a minute, and codes by which uses are counted. */
const [maxRefusals, maxVerdicts] = [1_000, 10];

async function countRows({ url, port }: OwnDatabase): Promise<Counts> {
  const queries = tables.map((table) => [table, `select count(*) as n from ${table}`] as const);
  if (port === null) {
    const database = new Libsql(url.slice('file:'.length));
    const counts = queries.map(([table, text]) => [
      table,
      Number((database.prepare(text).get() as { n: number }).n),
    ]);
    database.close();
    return Object.fromEntries(counts) as Counts;
  }
  const client = new pg.Client({ connectionString: url, options: '-c search_path=api_keys' });
  await client.connect();
  const counts: [string, number][] = [];
  for (const [table, text] of queries) {
    const { rows } = await client.query<{ n: string }>(text);
    counts.push([table, Number(rows[0]?.n)]);
  }
  await client.end();
  return Object.fromEntries(counts) as Counts;
}

/** Runs `count` requests, twenty at a time. */
async function burst<T>(count: number, request: (index: number) => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let begin = 0; begin < count; begin += 20) {
    const indexes = Array.from({ length: Math.min(20, count - begin) }, (_, index) => begin + index);
    answers.push(...(await Promise.all(indexes.map(request))));
  }
  return answers;
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each(['SQLite', 'PostgreSQL'] as const)('rows that a key can cause, on %s', (kind) => {
  let database: OwnDatabase;

  beforeEach(async () => {
    database = await makeOwnDatabase(kind);
  });
  afterEach(() => database.remove());

  it('P13: a key adds no more rows than its budget of tokens and assertions, and revokes all that it has', async () => {
    const app = await startTokenApp({ database: database.url, signatures: {} });
    try {
      const { privateKey, publicKey } = newEd25519();
      const key = await app.key({ rateLimits: minuteLimits });
      const signer = await app.apiKeys.keys.as(theApp).create({
        ...{ ownerId: 'alice', name: 'signer', scopes: ['orders:read'], rateLimits: minuteLimits },
        publicKey: pemOf(publicKey),
      });
      const before = await countRows(database);
      const secret = basic(key.id, key.secret);
      const proof = (): Record<string, string> => {
        const now = app.clock.now() / 1000;
        const claims = { iss: signer.id, sub: signer.id, aud: app.url, jti: randomUUID(), exp: now + 60 };
        const input = `${part({ alg: 'EdDSA' })}.${part(claims)}`;
        const signature = sign(null, Buffer.from(input), privateKey).toString('base64url');
        return { client_assertion_type: assertionType, client_assertion: `${input}.${signature}` };
      };

      const given = await burst(300, () => app.post('/token', { grant_type: 'client_credentials' }, secret));
      const tokens = given.filter(({ status }) => status === 200).map(({ body }) => body['access_token']);
      expect(tokens).toHaveLength(maxTokens);
      expect(given.find(({ status }) => status !== 200)).toMatchObject({
        status: 429,
        body: { error: 'temporarily_unavailable' },
      });
      expect(Number(given.at(-1)?.headers.get('retry-after'))).toBe(60);
      for (const token of tokens) {
        for (let count = 0; count < 2; count += 1) {
          expect((await app.post('/revoke', { token: String(token) }, secret)).status).toBe(200);
        }
      }
      const proven = await burst(maxProofs + 100, (index): Promise<Answer> =>
        index < 200
          ? app.post('/token', { grant_type: 'client_credentials', ...proof() })
          : app.post('/introspect', { token: 'x', ...proof() }),
      );
      expect(proven.filter(({ status }) => status === 200)).toHaveLength(maxTokens + maxProofs - 200);

      const rows = await countRows(database);
      expect(rows).toMatchObject({
        keys: before.keys,
        refresh_grants: 0,
        idempotency_keys: 0,
        revoked_tokens: maxTokens,
        nonces: maxProofs,
        audit_events: before.audit_events + maxTokens,
      });
      expect(rows.access_events).toBeLessThanOrEqual(maxRefusals);
      expect(rows.key_uses).toBeLessThanOrEqual(2);
      expect(rows.key_usage).toBeLessThanOrEqual(2 * maxVerdicts);
      expect(rows.key_used_parts).toBeLessThanOrEqual(3);
      // A minute later the key gets tokens again.
      app.clock.advance(60_000);
      expect((await app.post('/token', { grant_type: 'client_credentials' }, secret)).status).toBe(200);
    } finally {
      await app.close();
    }
  }, 120_000);

  it('P13: sessions and client signatures of a Deribit key are bounded by the same budget', async () => {
    const deribit = createDeribitApp({}, { database: database.url });
    await deribit.apiKeys.ready();
    try {
      const key = await deribit.newKey();
      await deribit.apiKeys.keys.as(theApp).update({ id: key.client_id, rateLimits: minuteLimits });
      const before = await countRows(database);
      const { client_id, client_secret } = key;
      const pair = { grant_type: 'client_credentials', client_id, client_secret };
      const answers = await burst(200, async (index) => {
        const now = deribit.clock.now();
        const asked =
          index % 2 === 0
            ? { ...pair, scope: `session:s${index}` }
            : grantBySecret(key, { now, nonce: `n${index}` });
        return deribit.rpc('public/auth', asked, {});
      });
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(maxTokens);
      expect(answers.at(-1)).toMatchObject({ status: 429, error: { code: 10028, data: { wait: 60 } } });
      const rows = await countRows(database);
      expect(rows.refresh_grants).toBeLessThanOrEqual(100 + 16);
      expect(rows.nonces).toBeLessThanOrEqual(maxTokens + 100);
      expect(rows.revoked_tokens).toBeLessThanOrEqual(maxTokens);
      expect(rows.audit_events).toBe(before.audit_events + rows.revoked_tokens);
    } finally {
      await deribit.apiKeys.close();
    }
  }, 120_000);

  it('P13: two instances with one Redis count the tokens of a key together', async () => {
    const shared = { database: database.url, redis: process.env['TEST_REDIS_URL'] ?? '', usesRealTime: true };
    const one = await startTokenApp(shared);
    const two = await startTokenApp(shared);
    try {
      const key = await one.key();
      const answers = await burst(200, (index) =>
        (index % 2 === 0 ? one : two).post(
          '/token',
          { grant_type: 'client_credentials' },
          basic(key.id, key.secret),
        ),
      );
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(maxTokens);
    } finally {
      await one.close();
      await two.close();
    }
  }, 180_000);

  it('P13: signed requests that the limits of their key refuse are not remembered one by one', async () => {
    const app = await startSignedApp({ database: database.url });
    try {
      const signer = await app.signer(undefined, { rateLimits: minuteLimits });
      const outcomes: string[] = [];
      for (let count = 0; count < 200; count += 1) outcomes.push(outcome(await app.use(signer)));
      expect(outcomes.filter((each) => each === '200')).toHaveLength(1);
      expect(outcomes.filter((each) => each === '429 rate_limited')).toHaveLength(199);
      expect((await countRows(database)).nonces).toBe(2);
      // One that was not remembered can be used as soon as there is room, and once.
      const request = sent(app.sign(signer));
      await app.instance.apiKeys.keys.as(theApp).update({ id: signer.keyId, rateLimits: [] });
      const uses = [await app.send(request), await app.send(request), await app.send(request)];
      expect(uses.map(outcome)).toEqual(['200', '401 signature_replayed', '401 signature_replayed']);
    } finally {
      await app.close();
    }
  }, 180_000);
});
