import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import request from 'supertest';
import { startBots, type BotKey, type BotOutcome, type Bots } from './ccxt/start-bots.js';
import { createDeribitApp, type DeribitApp, type DeribitKey } from './deribit-app.js';

// The first run downloads ccxt.
jest.setTimeout(240_000);

/** What the raw methods of ccxt return. */
interface Rpc<T = DeribitKey> {
  readonly jsonrpc: string;
  readonly result: T;
}

/** ccxt as it is published, its clock and its nonces too, against the router. */
describe('ccxt', () => {
  const server = createServer();
  let deribit: DeribitApp;
  let bots: Bots;
  let key: DeribitKey;

  beforeAll(async () => {
    deribit = createDeribitApp({}, { clock: { now: () => Date.now() } });
    await deribit.apiKeys.ready();
    server.on('request', express().use('/exchange', deribit.app)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    bots = await startBots(`http://127.0.0.1:${(server.address() as AddressInfo).port}/exchange`);
  });
  afterAll(async () => {
    await bots?.stop();
    server.closeAllConnections();
    server.close();
    await deribit.apiKeys.close();
  });
  beforeEach(async () => {
    key = await deribit.newKey();
  });

  async function call<T>(botKey: BotKey | undefined, method: string, params?: object): Promise<T> {
    const [outcome] = await bots.callAtOnce<T>([botKey], method, params);
    expect(outcome).toEqual(expect.objectContaining({ answer: expect.anything() as unknown }));
    return outcome?.answer as T;
  }
  async function refuse(botKey: BotKey | undefined, method: string, params?: object): Promise<unknown> {
    const [outcome] = await bots.callAtOnce([botKey], method, params);
    return toRefusal(outcome);
  }
  /** The class of ccxt's error, and the reason that its message has from the server. */
  function toRefusal(outcome: BotOutcome | undefined): unknown {
    const { error, message = '' } = outcome ?? {};
    const answer = JSON.parse(/\{.*\}/s.exec(message)?.[0] ?? '{}') as {
      readonly error?: { readonly code: number; readonly data?: { readonly reason?: string } };
    };
    return [error, answer.error?.code, answer.error?.data?.reason];
  }

  /** Lets two bots with one key call a method, until both have signed it in the same millisecond. */
  async function callInOneMillisecond<T>(method: string, params?: object): Promise<readonly BotOutcome<T>[]> {
    for (;;) {
      const both = await bots.callAtOnce<T>([key, key], method, params);
      const [one, two] = both.map(({ authorization }) => authorization);
      expect(one).toMatch(/^deri-hmac-sha256 id=/);
      if (one === two) return both;
    }
  }

  it('creates, lists, renames, narrows, resets and removes keys', async () => {
    const create = { max_scope: 'account:read_write trade:read', name: 'bot' };
    const { result: made } = await call<Rpc>(key, 'privateGetCreateApiKey', create);
    expect([made.name, made.max_scope]).toEqual(['bot', create.max_scope]);
    const { id } = made;

    const { result: all } = await call<Rpc<readonly DeribitKey[]>>(made, 'privateGetListApiKeys');
    expect(all.map(({ client_id }) => client_id)).toEqual(
      expect.arrayContaining([key.client_id, made.client_id]),
    );

    const renamed = await call<Rpc>(key, 'privateGetChangeApiKeyName', { id, name: 'other' });
    expect(renamed.result.name).toBe('other');
    const max_scope = 'account:read trade:read';
    const narrowed = await call<Rpc>(key, 'privateGetChangeScopeInApiKey', { id, max_scope });
    expect(narrowed.result.max_scope).toBe(max_scope);
    // ccxt has no class for scope_exceeded.
    expect(await refuse(made, 'privateGetCreateApiKey', create)).toEqual([
      ...['ExchangeError', 13403],
      'This needs account:read_write.',
    ]);

    const { result: reset } = await call<Rpc>(key, 'privateGetResetApiKey', { id });
    expect(await refuse(made, 'privateGetListApiKeys')).toEqual([
      'AuthenticationError',
      13009,
      'secret_rotated',
    ]);
    await call(reset, 'privateGetListApiKeys');

    await call(key, 'privateGetDisableApiKey', { id });
    expect(await refuse(reset, 'privateGetListApiKeys')).toEqual([
      'AuthenticationError',
      13009,
      'key_disabled',
    ]);
    await call(key, 'privateGetEnableApiKey', { id });
    await call(reset, 'privateGetListApiKeys');

    await call(key, 'privateGetRemoveApiKey', { id });
    expect(await refuse(reset, 'privateGetListApiKeys')).toEqual([
      'AuthenticationError',
      13009,
      'key_revoked',
    ]);
  });

  it('gets a token with the pair, which the routes of the app accept', async () => {
    const { client_id, client_secret } = key;
    const grant = { grant_type: 'client_credentials', client_id, client_secret };
    type Tokens = { readonly access_token: string };
    const { result } = await call<Rpc<Tokens>>(undefined, 'publicGetAuth', grant);
    const orders = request(deribit.app).get('/orders');
    expect((await orders.set('Authorization', `Bearer ${result.access_token}`)).status).toBe(200);
    const wrong = { ...grant, client_secret: 'x' };
    expect(await refuse(undefined, 'publicGetAuth', wrong)).toEqual([
      'AuthenticationError',
      13004,
      undefined,
    ]);
  });

  it('reads the time and the status', async () => {
    const before = Date.now();
    expect(await call<number>(undefined, 'fetchTime')).toBeGreaterThanOrEqual(before);
    expect(await call(undefined, 'fetchStatus')).toMatchObject({ status: 'ok' });
  });

  it('gets an answer for each of two bots that read in one millisecond', async () => {
    const both = await callInOneMillisecond<Rpc<readonly DeribitKey[]>>('privateGetListApiKeys');
    for (const { answer } of both) {
      expect(answer?.result.map(({ client_id }) => client_id)).toContain(key.client_id);
    }
  });

  it('writes once when two bots write the same in one millisecond', async () => {
    const params = { id: key.id, name: 'renamed' };
    const both = await callInOneMillisecond<Rpc>('privateGetChangeApiKeyName', params);
    const refused = both.filter(({ answer }) => answer === undefined);
    expect(refused.map(toRefusal)).toEqual([['AuthenticationError', 13009, 'signature_replayed']]);
  });

  it('is refused, as its own classes of errors, with a wrong secret, an unknown key, and wrong parameters', async () => {
    const wrong = ['AuthenticationError', 13009, 'invalid_signature'];
    expect(await refuse({ ...key, client_secret: 'x'.repeat(43) }, 'privateGetListApiKeys')).toEqual(wrong);
    expect(await refuse({ ...key, client_id: 'AAAAAAAA' }, 'privateGetListApiKeys')).toEqual(wrong);
    expect(await refuse(key, 'privateGetChangeApiKeyName', { name: 'x' })).toEqual([
      ...['BadRequest', -32602],
      'is required',
    ]);
    expect(await refuse(key, 'privateGetChangeApiKeyName', { id: 99_999, name: 'x' })).toEqual([
      ...['ExchangeError', 13020],
      'There is no such API key.',
    ]);
    const [unknown] = await bots.callAtOnce([key], 'fetchBalance');
    expect(toRefusal(unknown)).toEqual(['BadRequest', -32601, undefined]);
  });
});
