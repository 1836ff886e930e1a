import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import request from 'supertest';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { accessTokenOf, createNebulaApp, type NebulaApp } from './nebula-app.js';

// Slow hashes at once, on a machine that runs other test files beside.
jest.setTimeout(120_000);

describe("Nebula Block's keys on PostgreSQL and Redis, over two instances", () => {
  const keyPrefix = `nebula-${randomBytes(6).toString('hex')}:`;
  let database: OwnDatabase;
  let one: NebulaApp;
  let two: NebulaApp;

  function create(): NebulaApp {
    return createNebulaApp(
      { ids: 'integer', maxKeysPerOwner: 5 },
      {
        database: database.url,
        redis: { client: process.env['TEST_REDIS_URL'], keyPrefix },
        clock: { now: () => Date.now() },
      },
    );
  }

  beforeAll(async () => {
    database = await makeOwnDatabase('PostgreSQL');
    [one, two] = [create(), create()];
    await Promise.all([one.apiKeys.ready(), two.apiKeys.ready()]);
  });
  afterAll(async () => {
    await Promise.all([one.apiKeys.close(), two.apiKeys.close()]);
    await database.remove();
  });

  /** Asks again while it is too much at once for the machine; 202 holds everywhere from the time that it says. */
  async function send(
    { app }: NebulaApp,
    method: 'get' | 'post' | 'delete',
    path: string,
    credential: string,
  ): Promise<request.Response> {
    for (;;) {
      const asking = request(app)[method](`/api/v1${path}`).set('Authorization', `Bearer ${credential}`);
      const answer = await (method === 'post' ? asking.send({ name: 'CI' }) : asking);
      if (answer.status !== 503) {
        const wait = Date.parse(String(answer.headers['effective-by'])) - Date.now();
        await setTimeout(answer.status === 202 ? Math.max(wait, 0) : 0);
        return answer;
      }
      await setTimeout(100);
    }
  }
  const useOf = async ({ app }: NebulaApp, key: string): Promise<number> =>
    (await request(app).get('/orders').set('Authorization', `Bearer ${key}`)).status;

  it('NB2, NB5 makes 5 keys of 14 that are asked for at once, each with a number of its own', async () => {
    const token = accessTokenOf('alice');
    const answers = await Promise.all(
      Array.from({ length: 14 }, (_, index) => send(index % 2 === 0 ? one : two, 'post', '/api-keys', token)),
    );
    const refused = answers.filter(({ status }) => status === 400);
    for (const { body } of refused) expect(body).toMatchObject({ data: {}, status: 'failed' });
    // One that was made without an answer in time was asked for again.
    expect(refused.length).toBeGreaterThanOrEqual(9);
    for (const server of [one, two]) {
      const { body } = await send(server, 'get', '/api_keys', token);
      expect(body.data.map(({ id }: { id: number }) => id).sort()).toEqual([1, 2, 3, 4, 5]);
    }
  });

  it('NB3 refuses a deleted key in the very next request, wherever that goes', async () => {
    const token = accessTokenOf('bob');
    for (let turn = 0; turn < 4; turn += 1) {
      const [here, there] = turn % 2 === 0 ? [one, two] : [two, one];
      const { id, key } = (await send(here, 'post', '/api-keys', token)).body.data as {
        id: number;
        key: string;
      };
      expect([await useOf(here, key), await useOf(there, key)]).toEqual([200, 200]);
      const answer = await send(here, 'delete', `/api-keys/${id}`, token);
      expect([200, 202]).toContain(answer.status);
      expect([await useOf(there, key), await useOf(here, key)]).toEqual([401, 401]);
      // A caller that got no answer may ask again.
      expect((await send(there, 'delete', `/api-keys/${id}`, token)).body.status).toBe('success');
    }
  });
});
