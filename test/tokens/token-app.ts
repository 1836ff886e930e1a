import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { ApiKeysOptions } from '../../lib/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';

/** A running app with a token endpoint. */
export interface TokenApp extends Pick<TestInstance, 'apiKeys' | 'clock' | 'log'> {
  readonly url: string;
  /** Makes a key of owner `alice` that may read and place orders, unless said otherwise. */
  key(...input: Parameters<TestInstance['key']>): Promise<MadeKey>;
  /** Sends a form to a token endpoint. */
  post(path: string, form: Form | string, headers?: Record<string, string>): Promise<Answer>;
  /** Exchanges a key for a token. */
  token(key: MadeKey, form?: Form): Promise<string>;
  /** Sends a Bearer token to a guarded route: `/orders` needs `orders:read`, `/write` needs `orders:write`. */
  use(token: string, path?: string, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

export type Form = Readonly<Record<string, string>> | readonly (readonly [string, string])[];

export interface MadeKey {
  readonly id: string;
  readonly token: string;
  /** The part of the token that is the secret. */
  readonly secret: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

export interface TokenAppOptions extends Partial<ApiKeysOptions<Scope>> {
  /** Absent: the clock stands still. */
  readonly usesRealTime?: boolean;
  /** Whether one proxy stands before it, which says in `X-Forwarded-For` who asks. */
  readonly isBehindProxy?: boolean;
  /** The option of `tokens`, whose issuer is the URL of the app. */
  readonly introspectionScope?: Scope;
}

/** Serves an app on a store in memory, unless said otherwise; its issuer is its own URL. */
export async function startTokenApp({
  usesRealTime,
  isBehindProxy,
  introspectionScope,
  ...options
}: TokenAppOptions = {}): Promise<TokenApp> {
  const app = express();
  if (isBehindProxy === true) app.set('trust proxy', 1);
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const instance = createInstance({
    tokens: { issuer: url, introspectionScope },
    ...(usesRealTime === true ? { clock: undefined } : {}),
    ...options,
  });
  const { apiKeys, clock, log } = instance;
  await apiKeys.ready();
  app.use('/oauth', apiKeys.tokenRouter());
  app.use('/.well-known', apiKeys.wellKnownRouter());
  app.use(
    '/api-keys',
    apiKeys.adminRouter({
      authorize: (req) => {
        const owner = req.get('X-Test-Owner');
        return owner === undefined ? null : { kind: 'owner', ownerId: owner };
      },
    }),
  );
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (req, res) => void res.json(req.apiKey));
  app.get('/write', apiKeys.requireApiKey('orders:write'), (req, res) => void res.json(req.apiKey));

  async function answerOf(response: Response): Promise<Answer> {
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    return { status: response.status, headers: response.headers, body };
  }

  async function post(path: string, form: Form | string, headers = {}): Promise<Answer> {
    const body = typeof form === 'string' ? form : new URLSearchParams(formEntries(form)).toString();
    return answerOf(
      await fetch(`${url}/oauth${path}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
        body,
      }),
    );
  }

  return {
    url,
    apiKeys,
    clock,
    log,
    post,
    async key(input = {}) {
      const made = await instance.key({ scopes: ['orders:read', 'orders:write'], ...input });
      return { ...made, secret: made.token.slice(-49, -6) };
    },
    async token(key, form = {}) {
      const entries: Form = [['grant_type', 'client_credentials'], ...formEntries(form)];
      const { status, body } = await post('/token', entries, basic(key.id, key.secret));
      if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
      return String(body['access_token']);
    },
    use: async (token, path = '/orders', headers = {}) =>
      answerOf(await fetch(url + path, { headers: { Authorization: `Bearer ${token}`, ...headers } })),
    async close() {
      server.close();
      server.closeAllConnections();
      await apiKeys.close();
    },
  };
}

function formEntries(form: Form): [string, string][] {
  return (Array.isArray(form) ? form : Object.entries(form)) as [string, string][];
}

/** The header of client_secret_basic. */
export function basic(id: string, secret: string): Record<string, string> {
  const encoded = Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64');
  return { Authorization: `Basic ${encoded}` };
}

/** The header and the claims of a token, unproven. */
export function readParts(token: string): {
  header: Record<string, unknown>;
  claims: Record<string, unknown>;
} {
  const [header, claims] = token
    .split('.')
    .slice(0, 2)
    .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString() || '{}') as Record<string, unknown>);
  return { header: header ?? {}, claims: claims ?? {} };
}
