import express, { type Express } from 'express';
import request from 'supertest';
import { deribitRouter, type DeribitOptions } from '../../lib/dialects/index.js';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

/** A key as Deribit shows it. */
export interface DeribitKey {
  readonly id: number;
  readonly timestamp: number;
  readonly client_id: string;
  readonly client_secret: string;
  readonly public_key?: string;
  readonly max_scope: string;
  readonly enabled: boolean;
  readonly default: boolean;
  readonly name: string;
  readonly enabled_features: readonly string[];
  readonly ip_whitelist: readonly string[];
}

/** An answer of JSON-RPC. */
export interface RpcAnswer<T = DeribitKey> {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly result: T;
  readonly error: { readonly code: number; readonly message: string; readonly data?: object } | undefined;
}

export interface DeribitApp extends TestInstance {
  readonly app: Express;
  /** Posts a call to its path, as owner `alice` unless headers say otherwise. */
  rpc<T = DeribitKey>(
    method: string,
    params?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<RpcAnswer<T>>;
  /** Makes a key of `alice`. */
  newKey(params?: object): Promise<DeribitKey>;
}

/** What the router needs of an instance. */
export const neededOptions = { tokens: { issuer: 'http://127.0.0.1' }, signatures: {} } as const;

/** The session token of an owner; `verifyAccessToken` below accepts it. */
export function asOwner(owner: string): Readonly<Record<string, string>> {
  return { Authorization: `Bearer session-${owner}` };
}

/** The credentials of a key. */
export function asKey({ client_id, client_secret }: DeribitKey): Readonly<Record<string, string>> {
  return {
    Authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`,
  };
}

/** The one text with which a key is used on the app's own routes. */
export function tokenOf({ client_id, client_secret }: DeribitKey): string {
  return `${client_id}:${client_secret}`;
}

export function ownerOfSession(token: string): string | null {
  return /^session-(\w+)$/.exec(token)?.[1] ?? null;
}

/** The router at `/api/v2`, the native admin API under `/admin`, and two routes of the app. */
export function createDeribitApp(
  options: Partial<DeribitOptions> = {},
  instanceOptions: Partial<ApiKeysOptions<Scope>> = {},
): DeribitApp {
  const instance = createInstance({ ...neededOptions, ...instanceOptions });
  const { apiKeys } = instance;
  const app = express();
  const scopeMap = { 'trade:read': ['orders:read'], 'trade:read_write': ['orders:write'] };
  app.use('/api/v2', deribitRouter(apiKeys, { verifyAccessToken: ownerOfSession, scopeMap, ...options }));
  app.use('/admin', apiKeys.adminRouter({ authorize: () => ({ kind: 'admin', id: 'root' }) }));
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => void res.json(req.apiKey));
  app.post('/orders', apiKeys.requireApiKey('orders:write'), (req, res) => void res.json(req.apiKey));

  async function rpc<T>(
    method: string,
    params?: object,
    headers: Readonly<Record<string, string>> = asOwner('alice'),
  ): Promise<RpcAnswer<T>> {
    const answer = await request(app)
      .post(`/api/v2/${method}`)
      .set(headers)
      .send({ jsonrpc: '2.0', id: 1, method, ...(params === undefined ? {} : { params }) });
    return rpcAnswer<T>(answer);
  }

  return {
    ...instance,
    app,
    rpc,
    async newKey(params = {}) {
      const made = await rpc<DeribitKey>('private/create_api_key', {
        max_scope: 'account:read_write trade:read',
        ...params,
      });
      if (made.error !== undefined) throw new Error(JSON.stringify(made.body));
      return made.result;
    },
  };
}

/** Reads an answer that has come otherwise. */
export function rpcAnswer<T = DeribitKey>({ status, headers, body }: request.Response): RpcAnswer<T> {
  const { result, error } = body as Pick<RpcAnswer<T>, 'result' | 'error'>;
  return {
    status,
    headers: headers as Record<string, string>,
    body: body as RpcAnswer['body'],
    result,
    error,
  };
}
