import express, { type Express, type RequestHandler } from 'express';
import { nebulaRouter, type NebulaOptions } from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

export interface NebulaApp extends TestInstance {
  readonly app: Express;
}

/** The access token of an owner; `verifyAccessToken` below accepts it. */
export function accessTokenOf(owner: string): string {
  return `eyJhbGciOiJub25lIn0.${Buffer.from(owner).toString('base64url')}.c2ln`;
}

function ownerOf(token: string): string | null {
  const [, owner, signature] = token.split('.');
  return owner === undefined || signature !== 'c2ln' ? null : Buffer.from(owner, 'base64url').toString();
}

/** The router under `/api/v1`, the native admin API under `/admin`, and two routes of the app. */
export function createNebulaApp(
  options: Partial<NebulaOptions> = {},
  instanceOptions: Partial<ApiKeysOptions<Scope>> = {},
  before: readonly RequestHandler[] = [],
): NebulaApp {
  const instance = createInstance(instanceOptions);
  const { apiKeys } = instance;
  const app = express();
  for (const handler of before) app.use(handler);
  app.use('/api/v1', nebulaRouter(apiKeys, { verifyAccessToken: ownerOf, ...options }));
  app.use('/admin', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => void res.json(req.apiKey));
  app.post('/orders', apiKeys.requireApiKey('orders:write'), (req, res) => void res.json(req.apiKey));
  return { ...instance, app };
}
