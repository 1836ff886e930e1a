import { randomBytes } from 'node:crypto';
import express from 'express';
import fc from 'fast-check';
import request from 'supertest';
import { memoryStore } from '../../lib/testing/index.js';
import {
  createDeribitApp,
  neededOptions,
  rpcAnswer,
  type DeribitApp,
  type DeribitKey,
} from './deribit-app.js';
import { signedAsCcxt } from './deribit-signing.js';

const list = '/api/v2/private/list_api_keys';
const rename = '/api/v2/private/change_api_key_name?id=1&name=bot';
type Headers = Readonly<Record<string, string>>;

/** The status, or the reason of a refusal. */
async function send(
  { app }: Pick<DeribitApp, 'app'>,
  target: string,
  headers: Headers,
): Promise<number | string> {
  const { status, error } = rpcAnswer(await request(app).get(target).set(headers));
  const { reason } = (error?.data ?? {}) as { readonly reason?: string };
  return reason ?? status;
}

describe('two programs with one key whose nonce is the clock', () => {
  let deribit: DeribitApp;
  let key: DeribitKey;

  beforeEach(async () => {
    deribit = createDeribitApp();
    await deribit.apiKeys.ready();
    key = await deribit.newKey();
  });
  afterEach(() => deribit.apiKeys.close());

  const sign = (target: string, now = deribit.clock.now()): Headers => signedAsCcxt({ key, target, now });

  it('are both answered when they read in the same millisecond', async () => {
    const headers = sign(list);
    const both = await Promise.all([send(deribit, list, headers), send(deribit, list, headers)]);
    expect(both).toEqual([200, 200]);
  });

  it('are answered by JSON-RPC at the root as well', async () => {
    const body = '{"jsonrpc":"2.0","id":1,"method":"private/list_api_keys","params":{}}';
    const now = deribit.clock.now();
    const headers = signedAsCcxt({ key, method: 'POST', target: '/api/v2', body, now });
    for (const _ of [1, 2]) {
      const answer = await request(deribit.app).post('/api/v2').set(headers).send(body);
      expect(answer.status).toBe(200);
    }
  });

  it('write once', async () => {
    const headers = sign(rename);
    const both = await Promise.all([send(deribit, rename, headers), send(deribit, rename, headers)]);
    expect(both.map(String).sort()).toEqual(['200', 'signature_replayed']);
    expect(await send(deribit, rename, headers)).toBe('signature_replayed');
  });

  it('read again for a second from their timestamp, and not a millisecond longer', async () => {
    const headers = sign(list);
    expect(await send(deribit, list, headers)).toBe(200);
    deribit.clock.advance(1000);
    expect(await send(deribit, list, headers)).toBe(200);
    deribit.clock.advance(1);
    expect(await send(deribit, list, headers)).toBe('signature_replayed');
    expect(await send(deribit, list, sign(list, deribit.clock.now() - 5000))).toBe(200);
    expect(await send(deribit, list, sign(list, deribit.clock.now() - 5000))).toBe('signature_replayed');
    expect(await send(deribit, list, sign(list, deribit.clock.now() + 1001))).toBe(200);
    expect(await send(deribit, list, sign(list, deribit.clock.now() + 1001))).toBe('signature_replayed');
  });

  it('are refused what was not signed, and everything once the key is revoked', async () => {
    const headers = sign(list);
    expect(await send(deribit, list, headers)).toBe(200);
    const { Authorization = '' } = headers;
    const later = { Authorization: Authorization.replace(/ts=\d+/, `ts=${deribit.clock.now() + 1}`) };
    const other = { Authorization: Authorization.replace(/nonce=\d+/, 'nonce=1') };
    expect(await send(deribit, list, later)).toBe('invalid_signature');
    expect(await send(deribit, list, other)).toBe('invalid_signature');
    expect(await send(deribit, `${list}?a=1`, headers)).toBe('invalid_signature');
    expect(await send(deribit, rename, headers)).toBe('invalid_signature');
    await deribit.rpc('private/disable_api_key', { id: 1 });
    expect(await send(deribit, list, headers)).toBe('key_disabled');
    await deribit.rpc('private/remove_api_key', { id: 1 });
    expect(await send(deribit, list, headers)).toBe('key_revoked');
  });

  it('count once on routes of the app, where no method says what only reads', async () => {
    const app = express();
    const guard = deribit.apiKeys.requireApiKey('orders:read', { signed: 'required' });
    app.get('/orders', guard, (_req, res) => void res.json({}));
    const headers = sign('/orders');
    const answers = [await request(app).get('/orders').set(headers)];
    answers.push(await request(app).get('/orders').set(headers));
    expect(answers.map(({ status }) => status)).toEqual([200, 401]);
    expect(answers[1]?.body.code).toBe('signature_replayed');
  });

  it('for any times and repetitions: a write once, a read once or within a second', async () => {
    const step = fc.record({
      isRead: fc.boolean(),
      signedAgo: fc.constantFrom(-20_000, -1001, -1000, -1, 0, 1, 999, 1000, 1001, 30_000),
      pauses: fc.array(fc.constantFrom(0, 1, 500, 1000, 1001), { minLength: 1, maxLength: 3 }),
      nonce: fc.constantFrom('abcd', undefined),
    });
    await fc.assert(
      fc.asyncProperty(step, async ({ isRead, signedAgo, pauses, nonce }) => {
        // Each run begins at a time of its own, so that no two runs sign the same.
        deribit.clock.advance(100_000);
        const target = isRead ? list : rename;
        const signedAt = deribit.clock.now() - signedAgo;
        const headers = signedAsCcxt({ key, target, now: signedAt, ...(nonce && { nonce }) });
        expect(await send(deribit, target, headers)).toBe(200);
        for (const pause of pauses) {
          deribit.clock.advance(pause);
          const isClose = Math.abs(deribit.clock.now() - signedAt) <= 1000;
          const expected = isRead && isClose ? 200 : 'signature_replayed';
          expect(await send(deribit, target, headers)).toBe(expected);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe.each(['one store', 'one store and Redis'])('the same over two instances with %s', (place) => {
  let one: DeribitApp;
  let two: DeribitApp;

  beforeEach(async () => {
    const client = process.env['TEST_REDIS_URL'] ?? '';
    const keyPrefix = `repeated-${randomBytes(6).toString('hex')}:`;
    const shared = {
      ...{ ...neededOptions, signatures: { skewSeconds: 0 }, store: memoryStore() },
      clock: { now: () => Date.now() },
      ...(place === 'one store' ? {} : { redis: { client, keyPrefix } }),
    };
    [one, two] = [createDeribitApp({}, shared), createDeribitApp({}, shared)];
    await Promise.all([one.apiKeys.ready(), two.apiKeys.ready()]);
  });
  afterEach(async () => {
    await one.apiKeys.close();
    await two.apiKeys.close();
  });

  /** Signs a call of this moment, until it is known which signatures were used. */
  async function signKnown(key: DeribitKey, target: string): Promise<Headers> {
    for (;;) {
      const headers = signedAsCcxt({ key, target, now: Date.now() });
      if ((await send(one, target, headers)) === 200) return headers;
    }
  }

  it('a captured write is executed once, a read is refused later', async () => {
    const key = await one.newKey();
    expect(await send(two, rename, await signKnown(key, rename))).toBe('signature_replayed');

    const read = await signKnown(key, list);
    const signedAt = Number(/ts=(\d+)/.exec(read['Authorization'] ?? '')?.[1]);
    const answer = await send(two, list, read);
    // A busy machine may have taken longer than the second.
    if (Date.now() - signedAt <= 1000) expect(answer).toBe(200);
    while (Date.now() - signedAt <= 1000) await new Promise((resolve) => setTimeout(resolve, 50));
    expect([await send(one, list, read), await send(two, list, read)]).toEqual([
      'signature_replayed',
      'signature_replayed',
    ]);
  });
});
