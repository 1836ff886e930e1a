import express, { type Express, type RequestHandler } from 'express';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { dialectHost, type WithDialectHost } from '../../lib/dialects/dialect-host.js';
import { deltadefiRouter, deribitRouter, nebulaRouter, yativoRouter } from '../../lib/dialects/index.js';
import type { KeyFormat } from '../../lib/domain/key-format.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

/** An instance with the native keyspace and those of all dialects. */
export interface AllKeyspacesApp extends TestInstance {
  readonly app: Express;
  /** One well-formed credential of each keyspace, the native one being a key that works. */
  readonly credentials: Readonly<Record<string, string>>;
}

/** @param before - what the app mounts before everything else */
export async function createAllKeyspacesApp(
  options: Partial<ApiKeysOptions<Scope>> = {},
  before: readonly RequestHandler[] = [],
): Promise<AllKeyspacesApp> {
  const instance = createInstance({ tokens: { issuer: 'http://127.0.0.1' }, signatures: {}, ...options });
  const { apiKeys } = instance;
  const formats = new Map<string, KeyFormat>();
  const host = apiKeys[dialectHost];
  const recording: WithDialectHost = {
    [dialectHost]: {
      ...host,
      registerKeyspace(given) {
        const added = host.registerKeyspace(given);
        formats.set(given.name, added.keyspace.format);
        return added;
      },
    },
  };
  const app = express();
  for (const handler of before) app.use(handler);
  const verifyAccessToken = (): null => null;
  const scopeMap = {};
  app.use('/deltadefi', deltadefiRouter(recording, { verifyAccessToken }));
  app.use('/nebula', nebulaRouter(recording, { verifyAccessToken }));
  app.use('/yativo', yativoRouter(recording, { verifyAccessToken, scopeMap }));
  app.use('/deribit', deribitRouter(recording, { verifyAccessToken, scopeMap }));
  app.use('/admin', apiKeys.adminRouter({ authorize: () => ({ kind: 'owner', ownerId: 'alice' }) }));
  app.use('/oauth', apiKeys.tokenRouter());
  const guard = apiKeys.requireApiKey('orders:read');
  app.get('/orders', guard, (_req, res) => void res.json({}));
  app.use('/invites/:code', guard, (_req, res) => void res.json({}));
  app.use(guard, (_req, res) => void res.json({}));

  const { draw } = createRandomSource();
  const credentials: Record<string, string> = { default: (await instance.key()).token };
  for (const [name, format] of formats) {
    credentials[name] = format.compose(draw(format.id), draw(format.secret));
  }
  return { ...instance, app, credentials };
}
