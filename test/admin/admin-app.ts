import { once } from 'node:events';
import type { Server } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';
import request, { type Response, type Test } from 'supertest';
import type { AdminRouterOptions } from '../../lib/admin/admin-router.js';
import type { ApiKeys } from '../../lib/api-keys.js';
import { createApiKeys } from '../../lib/create-api-keys.js';
import type { ApiKeysOptions } from '../../lib/options/api-keys-options.js';
import type { Actor } from '../../lib/domain/actor.js';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { checkAnswers } from './answer-checker.js';
import { documentOf } from './api-document.js';
import { expectNoMismatch } from './expect-no-mismatch.js';
import { problemTypeOf } from '../harness/problem-type.js';

export const scopes = {
  'orders:read': 'Read orders',
  'orders:write': 'Place orders',
  'keys:manage': 'Manage API keys',
} as const;

export type TestScope = keyof typeof scopes;

export const alice: Actor = { kind: 'owner', ownerId: 'alice' };
export const bob: Actor = { kind: 'owner', ownerId: 'bob' };
export const root: Actor = { kind: 'admin', id: 'root' };

/** The sender of a request: an actor as the app knows it, a key (its token), or none. */
export type Sender = Actor | { readonly token: string } | null;

type Verb = 'get' | 'head' | 'options' | 'post' | 'put' | 'patch' | 'delete';

/** Sends requests to the admin router on behalf of somebody. */
export type Client = { readonly [V in Verb]: (path: string) => Test };

export interface AdminApp {
  /** Listens on a port of its own. */
  readonly server: Server;
  readonly apiKeys: ApiKeys<TestScope>;
  readonly store: KeyStore;
  /** Everything that was logged, as text. */
  readonly logged: string[];
  /** Moves the clock of the instance. */
  passTime(milliseconds: number): void;
  now(): number;
  as(sender: Sender): Client;
  close(): Promise<void>;
}

export interface AdminAppOptions {
  readonly router?: Partial<AdminRouterOptions<TestScope>>;
  /** What the app does before the admin router, parsing bodies for example. */
  readonly before?: readonly RequestHandler[];
  readonly configure?: (app: Express) => void;
  readonly store?: KeyStore;
  /** What the guard of keys that manage keys says about resources. Default: nothing. */
  readonly actingKeyResources?: 'handler';
  /** In place of `store`: a file or a URL. */
  readonly database?: string;
  readonly redis?: string;
  /** Do not wait for the instance. */
  readonly unready?: boolean;
  /** More options of the instance. */
  readonly instance?: Partial<ApiKeysOptions<TestScope>>;
}

export const mountPath = '/api-keys';

/** An app with an admin router whose callers say who they are in a header that only this test trusts. */
export async function startAdminApp(options: AdminAppOptions = {}): Promise<AdminApp> {
  const { store = memoryStore(), before = [], configure, router = {}, redis, unready = false } = options;
  let now = Date.UTC(2026, 10, 21, 12);
  const logged: string[] = [];
  const log = (...parts: unknown[]): void => void logged.push(parts.map(asText).join(' '));
  const apiKeys = createApiKeys<TestScope>({
    prefix: 'acme',
    scopes,
    pepper: 'a pepper for tests with at least 32 bytes',
    ...(options.database === undefined ? { store } : { database: options.database }),
    ...(redis === undefined ? {} : { redis }),
    bcryptCost: 8,
    clock: { now: () => now },
    logger: { warn: log, error: log },
    ...options.instance,
  });
  if (!unready) await apiKeys.ready();

  const app = express();
  configure?.(app);
  for (const handler of before) app.use(handler);
  const { actingKeyResources: on } = options;
  const guardOptions = { credentialFrom: ['x-acting-key'], ...(on === undefined ? {} : { on }) };
  const holderOnly = apiKeys.requireApiKey.anyScope(guardOptions as { credentialFrom: string[] });
  app.use(mountPath, (req, res, next) => {
    if (req.get('x-acting-key') === undefined) next();
    else void holderOnly(req, res, next);
  });
  const adminRouter = apiKeys.adminRouter({
    authorize: (req) => {
      if (req.apiKey !== undefined) return { kind: 'key', apiKey: req.apiKey };
      return JSON.parse(req.get('x-actor') ?? 'null') as Actor | null;
    },
    ...router,
  });
  app.use(mountPath, checkAnswers(await documentOf(adminRouter), expectNoMismatch), adminRouter);
  app.get('/orders', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json([]));
  app.use((_req, res) => void res.status(404).send('the app itself'));

  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    server,
    apiKeys,
    store,
    logged,
    passTime: (milliseconds) => void (now += milliseconds),
    now: () => now,
    as: (sender) => clientOf(server, sender),
    async close() {
      server.close();
      server.closeAllConnections();
      await apiKeys.close();
    },
  };
}

function clientOf(server: Server, sender: Sender): Client {
  const send = (verb: Verb) => (path: string) => {
    const sent = request(server)[verb](mountPath + path);
    if (sender === null) return sent;
    if ('token' in sender) return sent.set('X-Acting-Key', sender.token);
    return sent.set('X-Actor', JSON.stringify(sender));
  };
  return {
    get: send('get'),
    head: send('head'),
    options: send('options'),
    post: send('post'),
    put: send('put'),
    patch: send('patch'),
    delete: send('delete'),
  };
}

/** A key as answers show it. */
export interface ShownKey {
  readonly id: string;
  readonly key: string;
  readonly version: number;
  readonly state: string;
  readonly [field: string]: unknown;
}

/** Makes a key over HTTP and returns the answer's body. */
export async function makeKey(
  adminApp: AdminApp,
  sender: Sender,
  fields: Readonly<Record<string, unknown>> = {},
): Promise<ShownKey> {
  const answer = await adminApp
    .as(sender)
    .post('/keys')
    .send({ name: 'a key', scopes: ['orders:read'], ...fields })
    .expect(201);
  return answer.body as ShownKey;
}

/** Whether a token is accepted, as the status of a guarded route. */
export async function use(adminApp: AdminApp, token: string): Promise<number> {
  return (await request(adminApp.server).get('/orders').set('X-Api-Key', token)).status;
}

/** What every problem answer must look like. */
export function expectProblem(answer: Response, status: number, code: string): void {
  expect(answer.body).toMatchObject({ type: problemTypeOf(code), status, code });
  expect(answer.status).toBe(status);
  expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
  expect(answer.headers['cache-control']).toBe('no-store');
  if (status === 401 || status === 403) expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="/);
}

/** The fields that a 400 names. */
export function fieldsOf(answer: Response): string[] {
  const { errors = [] } = answer.body as { errors?: { field: string }[] };
  return errors.map(({ field }) => field);
}

function asText(part: unknown): string {
  return typeof part === 'string' ? part : JSON.stringify(part);
}
