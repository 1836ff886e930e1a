import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import request from 'supertest';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import type { DeribitKey } from './deribit-app.js';
import { startSocketApp, type SocketApp } from './deribit-sockets.js';

jest.setTimeout(120_000);

describe("Deribit's connections on PostgreSQL and Redis, over two instances", () => {
  const keyPrefix = `deribit-ws-${randomBytes(6).toString('hex')}:`;
  let database: OwnDatabase;
  let one: SocketApp;
  let two: SocketApp;

  beforeAll(async () => {
    database = await makeOwnDatabase('PostgreSQL');
    const shared = {
      database: database.url,
      redis: { client: process.env['TEST_REDIS_URL'] ?? '', keyPrefix },
      clock: { now: () => Date.now() },
    };
    [one, two] = await Promise.all([startSocketApp({}, shared), startSocketApp({}, shared)]);
  });
  afterAll(async () => {
    await Promise.all([one.stop(), two.stop()]);
    await database.remove();
  });

  /** Calls a method of one instance; a busy machine may say later that the change holds everywhere. */
  async function callOver<T>({ server }: SocketApp, method: string, params: object): Promise<T> {
    const answer = await request(server)
      .post('/api/v2')
      .send({ jsonrpc: '2.0', id: 1, method, params: { access_token: 'session-alice', ...params } });
    const until = answer.headers['effective-by'];
    if (until !== undefined) await setTimeout(Math.max(0, Date.parse(until) - Date.now()));
    return answer.body.result as T;
  }

  it.each(['private/remove_api_key', 'private/disable_api_key', 'private/reset_api_key'])(
    'end in the one when the key was changed in the other: %s',
    async (method) => {
      const key = await callOver<DeribitKey>(one, 'private/create_api_key', { max_scope: 'account:read' });
      const { client_id, client_secret } = key;
      const client = await two.connect();
      await client.call('public/auth', { grant_type: 'client_credentials', client_id, client_secret });
      expect((await client.call('private/list_api_keys')).error).toBeUndefined();
      await callOver(one, method, { id: key.id });
      // The connection ends by itself; a call that comes before that is refused.
      const answer = await client.call('private/list_api_keys').catch(() => null);
      if (answer !== null) expect(answer.error?.code).toBe(13009);
      expect(await client.closed).toEqual([1008, 'unauthorized']);
    },
  );

  it('end their tokens in all instances when they are closed', async () => {
    const key = await callOver<DeribitKey>(one, 'private/create_api_key', { max_scope: 'account:read' });
    const { client_id, client_secret } = key;
    const client = await two.connect();
    const { result } = await client.call('public/auth', {
      ...{ grant_type: 'client_credentials', client_id, client_secret },
    });
    const { access_token } = result as { readonly access_token: string };
    expect(await callOver(one, 'private/list_api_keys', { access_token })).not.toBeUndefined();
    client.socket.close();
    while (two.sockets.connections > 0) await setTimeout(20);
    expect(await callOver(one, 'private/list_api_keys', { access_token })).toBeUndefined();
  });
});
