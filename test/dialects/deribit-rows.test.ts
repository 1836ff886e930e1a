import { memoryStore } from '../../lib/testing/index.js';
import { createDeribitApp } from './deribit-app.js';
import { theApp } from '../harness/the-app.js';

interface Tokens {
  readonly refresh_token: string;
}

/** Most chains of one key without a name, and most sessions. */
const [maxConnections, maxSessions] = [100, 16];

it('P13: however often a key asks for tokens, its refresh rows are bounded, and the newest are good', async () => {
  const store = memoryStore();
  const deribit = createDeribitApp({}, { store });
  await deribit.apiKeys.ready();
  const { client_id, client_secret } = await deribit.newKey();
  await deribit.apiKeys.keys
    .as(theApp)
    .update({ id: client_id, rateLimits: [{ name: 'minute', limit: 1, windowSeconds: 60 }] });
  const pair = { grant_type: 'client_credentials', client_id, client_secret };
  const ask = async (scope: object): Promise<string> => {
    deribit.clock.advance(1_000);
    const { result } = await deribit.rpc<Tokens>('public/auth', { ...pair, ...scope }, {});
    return result.refresh_token;
  };
  const before = (await store.listEvents({ limit: 100 })).length;
  const given: string[] = [];
  for (let count = 0; count < maxConnections + 20; count += 1) given.push(await ask({}));
  for (let count = 0; count < maxSessions; count += 1) await ask({ scope: `session:s${count}` });

  const rows = await store.tokens.refreshGrants.sessions(client_id, deribit.clock.now());
  expect(rows).toHaveLength(maxConnections + maxSessions);
  expect(await store.listEvents({ limit: 100 })).toHaveLength(before);
  const refresh = async (refresh_token: string | undefined): Promise<number> =>
    (await deribit.rpc('public/auth', { grant_type: 'refresh_token', refresh_token }, {})).status;
  expect([await refresh(given[0]), await refresh(given[20]), await refresh(given.at(-1))]).toEqual([
    401, 200, 200,
  ]);
  await deribit.apiKeys.close();
}, 180_000);
