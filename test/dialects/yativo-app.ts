import express from 'express';
import request from 'supertest';
import { yativoRefusal, yativoRouter, type YativoOptions } from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

/** A key as it was shown when it was made. */
export interface MadeKey {
  readonly key_id: string;
  readonly api_key: string;
  readonly api_secret: string;
}

/** An app with the router at `/yativo`, guarded routes and the native admin API. */
export interface YativoApp {
  readonly app: express.Express;
  readonly instance: TestInstance;
  /** Sends a request to the router as an owner. */
  ask(method: 'get' | 'post' | 'put' | 'delete', path: string, owner?: string): request.Test;
  /** Makes a key of owner `alice`, unless said otherwise. */
  make(body?: object, owner?: string): Promise<MadeKey>;
  /** Exchanges a pair for a token. */
  exchange(pair: Pick<MadeKey, 'api_key' | 'api_secret'>): request.Test;
  /** The token that is given for a pair. */
  tokenOf(pair: Pick<MadeKey, 'api_key' | 'api_secret'>): Promise<string>;
  /** Sends a request to the guarded route of the app. */
  orders(token: string): request.Test;
}

/** Access tokens of the app are `session-<owner>`, and JWTs that begin with `a.`. */
export const sessionOf = (owner: string): string => `session-${owner}`;

export function verifyAccessToken(token: string): string | null {
  return /^session-(\w+)$/.exec(token)?.[1] ?? null;
}

/** Puts it together; it is ready and closed with its instance. */
export function createYativoApp(
  options: Partial<YativoOptions> = {},
  instanceOptions: Partial<ApiKeysOptions<Scope>> = {},
): YativoApp {
  const instance = createInstance({ tokens: { issuer: 'http://127.0.0.1' }, ...instanceOptions });
  const { apiKeys } = instance;
  const app = express();
  const scopeMap = { 'transactions:read': ['orders:read'], 'transactions:write': ['orders:write'] };
  app.use('/yativo', yativoRouter(apiKeys, { verifyAccessToken, scopeMap, ...options }));
  app.use('/keys', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  const show: express.RequestHandler = (req, res) => void res.json(req.apiKey);
  app.get('/orders', apiKeys.requireApiKey('orders:read'), show);
  app.post('/orders', apiKeys.requireApiKey('orders:write', { onRefusal: yativoRefusal }), show);
  app.get('/limited', apiKeys.requireApiKey.anyScope({ onRefusal: yativoRefusal }), show);

  const ask: YativoApp['ask'] = (method, path, owner = 'alice') =>
    request(app)
      [method](`/yativo${path}`)
      .set('Authorization', `Bearer ${sessionOf(owner)}`);
  const exchange: YativoApp['exchange'] = ({ api_key, api_secret }) =>
    request(app).post('/yativo/auth/token').send({ api_key, api_secret });
  return {
    app,
    instance,
    ask,
    exchange,
    async make(body = {}, owner = 'alice') {
      const answer = await ask('post', '/api/v1/apikey/generate', owner).send({ name: 'CI', ...body });
      if (answer.body.success !== true) throw new Error(answer.text);
      return answer.body.data as MadeKey;
    },
    async tokenOf(pair) {
      const answer = await exchange(pair);
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.body.access_token as string;
    },
    orders: (token) => request(app).get('/orders').set('Authorization', `Bearer ${token}`),
  };
}
