import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { createApiKeys, type ApiKeys, type ApiKeysOptions, type NewKey } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { scopes, testPepper, type Scope } from '../harness/instance.js';

/** A running app with a token endpoint. */
export interface TokenApp {
  readonly url: string;
  readonly apiKeys: ApiKeys<Scope>;
  readonly clock: ReturnType<typeof fixedClock>;
  readonly log: readonly string[];
  /** Makes a key of owner `alice` that may read and place orders, unless said otherwise. */
  key(input?: Partial<NewKey<Scope>>): Promise<MadeKey>;
  /** Sends a form to a token endpoint. */
  post(path: string, form: Form | string, headers?: Record<string, string>): Promise<Answer>;
  /** Exchanges a key for a token. */
  token(key: MadeKey, form?: Form): Promise<string>;
  /** Sends a Bearer token to a guarded route: `/orders` needs `orders:read`, `/write` needs `orders:write`. */
  use(token: string, path?: string): Promise<Answer>;
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
}

/** Serves an app on a store in memory, unless said otherwise; its issuer is its own URL. */
export async function startTokenApp({ usesRealTime, ...options }: TokenAppOptions = {}): Promise<TokenApp> {
  const app = express();
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const log: string[] = [];
  const note = (message: string, details?: unknown): void => void log.push(`${message} ${String(details)}`);
  const apiKeys = createApiKeys<Scope>({
    prefix: 'acme',
    scopes,
    pepper: testPepper,
    bcryptCost: 8,
    tokens: { issuer: url },
    logger: { warn: note, error: note },
    ...(usesRealTime === true ? {} : { clock }),
    ...(options.database === undefined ? { store: memoryStore() } : {}),
    ...options,
  });
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
      const made = await apiKeys.keys.create({
        ownerId: 'alice',
        name: 'CI',
        scopes: ['orders:read', 'orders:write'],
        ...input,
      });
      return { id: made.id, token: made.key, secret: made.key.slice(-49, -6) };
    },
    async token(key, form = {}) {
      const entries: Form = [['grant_type', 'client_credentials'], ...formEntries(form)];
      const { status, body } = await post('/token', entries, basic(key.id, key.secret));
      if (status !== 200) throw new Error(`no token: ${status} ${JSON.stringify(body)}`);
      return String(body['access_token']);
    },
    use: async (token, path = '/orders') =>
      answerOf(await fetch(url + path, { headers: { Authorization: `Bearer ${token}` } })),
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
