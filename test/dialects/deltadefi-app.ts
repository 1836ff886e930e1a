import express, { type Express } from 'express';
import { deltadefiRouter, type DeltadefiOptions } from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

/** A JWT of the app for an owner; `verifyAccessToken` below accepts it. */
export function jwtOf(owner: string): string {
  return `eyJhbGciOiJub25lIn0.${Buffer.from(JSON.stringify({ owner })).toString('base64url')}.c2ln`;
}

function ownerOf(token: string): string | null {
  const [, payload, signature] = token.split('.');
  if (payload === undefined || signature !== 'c2ln') return null;
  return (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { owner: string }).owner;
}

export interface DeltadefiApp extends TestInstance {
  readonly app: Express;
}

/** The router, the native admin API under `/admin`, and two routes of the app. */
export function createDeltadefiApp(
  options: Partial<DeltadefiOptions> = {},
  instanceOptions: Partial<ApiKeysOptions<Scope>> = {},
): DeltadefiApp {
  const instance = createInstance(instanceOptions);
  const { apiKeys } = instance;
  const app = express();
  app.use(deltadefiRouter(apiKeys, { verifyAccessToken: ownerOf, ...options }));
  app.use('/admin', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => void res.json(req.apiKey));
  app.post('/orders', apiKeys.requireApiKey('orders:write'), (req, res) => void res.json(req.apiKey));
  return { ...instance, app };
}
