import { createServer, type RequestListener, type Server } from 'node:http';
import type { Express, RequestHandler } from 'express';
import type { SampleRequest } from './express-watch.js';

/** Loads a module as a package sees it. */
export type Load = (name: string) => unknown;

/** An app as others have published it, built by what its README says. */
export interface AppOfOthers {
  /** The package, in whose folder its Express is looked for. */
  readonly name: string;
  readonly expressMajor: 4 | 5;
  /**
   * @param load - loads modules as the package sees them
   * @param guards - where a test mounts guards
   */
  build(load: Load, guards: Guards): Express;
  /** What its documentation says can be sent. */
  readonly documented: readonly string[];
  /** What parameters are filled with; others are `q7`. */
  readonly values: Readonly<Record<string, string>>;
  /** Words that parameters match as well. */
  readonly words?: readonly string[];
  /** What requests for a path need besides, to get as far as its route. */
  readonly requests?: Readonly<Record<string, Pick<SampleRequest, 'headers' | 'payload'>>>;
  /** A file for routes that serve files. */
  readonly file?: string;
  /** Functions in front of routes that refuse some methods, as `opaque` calls them. */
  readonly stops?: readonly string[];
  /** Functions that answer some requests, and that are in `middleware` alone. */
  readonly middlewareThatAnswers?: readonly string[];
}

export interface Guards {
  readonly inFront?: RequestHandler;
  readonly behind?: RequestHandler;
}

type CreateExpress = () => Express;

function mountInFront(app: Express, { inFront }: Guards): Express {
  return inFront === undefined ? app : app.use(inFront);
}

function mountBehind(app: Express, { behind }: Guards): Express {
  return behind === undefined ? app : app.use(behind);
}

const form = { 'content-type': 'application/x-www-form-urlencoded' };
const ofClient = { headers: form, payload: 'client_id=client&client_secret=for-tests' };

/** A fake REST API: routers for each resource, rewritten URLs, and functions that answer what routes have left. */
const jsonServer: AppOfOthers = {
  name: 'json-server',
  expressMajor: 4,
  build(load, guards) {
    const server = load('json-server') as {
      create: CreateExpress;
      defaults: (options: object) => RequestHandler[];
      bodyParser: RequestHandler[];
      rewriter: (rules: Record<string, string>) => RequestHandler;
      router: (data: object) => RequestHandler;
    };
    const app = mountInFront(server.create(), guards);
    app.use(server.defaults({ logger: false }));
    app.get('/echo', (req, res) => void res.jsonp(req.query));
    app.use(server.bodyParser);
    app.use(server.rewriter({ '/blog/:resource/:id/show': '/api/:resource/:id' }));
    const posts = [{ id: 1, title: 'json-server' }];
    const comments = [{ id: 1, body: 'some comment', postId: 1 }];
    app.use('/api', server.router({ posts, comments, profile: { name: 'typicode' } }));
    return mountBehind(app, guards);
  },
  documented: [
    ...['GET /api/posts', 'GET /api/posts/1', 'POST /api/posts', 'PUT /api/posts/1', 'PATCH /api/posts/1'],
    ...['GET /api/profile', 'POST /api/profile', 'PUT /api/profile', 'PATCH /api/profile', 'GET /api/db'],
    ...['GET /api/posts?title=json-server&author=typicode', 'GET /api/posts?_page=7&_limit=20'],
    ...['GET /api/posts/1/comments?_sort=votes&_order=asc', 'POST /api/posts/1/comments', 'GET /echo?q=1'],
    ...['GET /api/posts/1?_embed=comments', 'GET /api/comments/1?_expand=post', 'GET /blog/posts/1/show'],
    ...['GET /__rules', 'GET /', 'DELETE /api/posts/1'],
  ],
  values: { resource: 'posts', id: '1', nested: 'comments' },
  words: ['1', 'blog', 'show'],
  file: 'index.html',
};

/** The server of PeerJS: an app that builds its routers when it is mounted, below a parameter. */
const peer: AppOfOthers = {
  name: 'peer',
  expressMajor: 4,
  build(load, guards) {
    const { ExpressPeerServer } = load('peer') as {
      ExpressPeerServer: (server: Server, options: object) => Express;
    };
    const app = mountInFront((load('express') as CreateExpress)(), guards);
    app.get('/', (_req, res) => void res.send('Hello world!'));
    const options = { path: '/myapp', allow_discovery: true, createWebSocketServer: createNoWebSockets };
    app.use('/peerjs', ExpressPeerServer(createServer(), options));
    return mountBehind(app, guards);
  },
  documented: ['GET /', 'GET /peerjs/myapp', 'GET /peerjs/myapp/peerjs/id', 'GET /peerjs/myapp/peerjs/peers'],
  values: { key: 'peerjs' },
};

function createNoWebSockets(): object {
  return { on: () => undefined };
}

/** Feathers: its services are behind one function, which looks for them itself. */
const feathers: AppOfOthers = {
  name: '@feathersjs/express',
  expressMajor: 4,
  build(load, guards) {
    const express = load('@feathersjs/express') as {
      default: (app: object) => Express & { configure: (plugin: unknown) => void };
      json: () => RequestHandler;
      rest: () => unknown;
      notFound: () => RequestHandler;
    };
    const { feathers: createFeathers } = load('@feathersjs/feathers') as { feathers: () => object };
    const app = express.default(createFeathers());
    mountInFront(app, guards);
    app.use(express.json());
    app.configure(express.rest());
    const messages = { find: async () => ['hello'], create: async (data: object) => data };
    app.use('/messages', messages as never);
    app.get('/health', (_req, res) => void res.send('up'));
    mountBehind(app, guards);
    return app.use(express.notFound());
  },
  documented: ['GET /messages', 'POST /messages', 'GET /health'],
  values: {},
  words: ['messages'],
  middlewareThatAnswers: ['<anonymous>'],
};

/** A function for the cloud: everything is one wildcard for all methods, with two paths left out. */
const functionsFramework: AppOfOthers = {
  name: '@google-cloud/functions-framework',
  expressMajor: 5,
  build(load, guards) {
    const { getServer } = load('./build/src/server.js') as {
      getServer: (handler: RequestHandler, options: object) => Server;
    };
    const options = { signatureType: 'http', ignoredRoutes: null, timeoutMilliseconds: 0 };
    const handler: RequestHandler = (_req, res) => void res.send('Hello, World');
    const [built] = getServer(handler, options).listeners('request');
    const app = mountInFront((load('express') as CreateExpress)(), guards);
    app.use(built as RequestHandler);
    return mountBehind(app, guards);
  },
  documented: ['GET /', 'POST /', 'GET /any/path', 'DELETE /any', 'GET /favicon.ico', 'GET /robots.txt'],
  values: {},
  words: ['any'],
};

/** A dashboard for queues: forty routes of a table, files, arrays of paths, as an app that is mounted. */
const bullBoard: AppOfOthers = {
  name: '@bull-board/express',
  expressMajor: 5,
  build(load, guards) {
    const { ExpressAdapter } = load('@bull-board/express') as { ExpressAdapter: new () => Adapter };
    const { createBullBoard } = load('@bull-board/api') as { createBullBoard: (options: object) => void };
    const serverAdapter = new ExpressAdapter();
    serverAdapter.setBasePath('/admin/queues');
    createBullBoard({ queues: [], serverAdapter });
    const app = mountInFront((load('express') as CreateExpress)(), guards);
    app.use('/admin/queues', serverAdapter.getRouter());
    return mountBehind(app, guards);
  },
  documented: [
    ...['GET /admin/queues', 'GET /admin/queues/queue/mails', 'GET /admin/queues/queue/mails/7'],
    ...['GET /admin/queues/api/queues', 'PUT /admin/queues/api/queues/pause'],
    ...['PUT /admin/queues/api/queues/mails/7/retry', 'POST /admin/queues/api/queues/mails/add'],
    ...['GET /admin/queues/api/redis/stats', 'GET /admin/queues/static/images/logo.svg'],
  ],
  values: { queueName: 'mails', jobId: '7', queueStatus: 'failed', schedulerId: 'daily' },
  words: ['mails', '7'],
  file: 'images/logo.svg',
};
interface Adapter {
  setBasePath(path: string): unknown;
  getRouter(): RequestHandler;
}

/** The authorization server of the MCP SDK: a router of routers, each of which is mounted at one path and refuses methods itself. */
const mcpAuth: AppOfOthers = {
  name: '@modelcontextprotocol/sdk',
  expressMajor: 5,
  build(load, guards) {
    const { mcpAuthRouter } = load('./dist/cjs/server/auth/router.js') as {
      mcpAuthRouter: (options: object) => RequestHandler;
    };
    const unlimited = { rateLimit: false };
    const app = mountInFront((load('express') as CreateExpress)(), guards);
    app.use(
      mcpAuthRouter({
        provider: createProvider(),
        issuerUrl: new URL('https://auth.example.com'),
        resourceServerUrl: new URL('https://api.example.com/mcp'),
        authorizationOptions: unlimited,
        tokenOptions: unlimited,
        clientRegistrationOptions: unlimited,
        revocationOptions: unlimited,
      }),
    );
    return mountBehind(app, guards);
  },
  documented: [
    ...['GET /authorize', 'POST /authorize', 'POST /token', 'POST /register', 'POST /revoke'],
    'GET /.well-known/oauth-authorization-server',
    'GET /.well-known/oauth-protected-resource/mcp',
  ],
  values: {},
  requests: { '/token': ofClient, '/revoke': ofClient },
  stops: ['<anonymous>'],
  middlewareThatAnswers: ['<anonymous>'],
};

function createProvider(): object {
  const client = { client_id: 'client', client_secret: 'for-tests', redirect_uris: ['https://a.example'] };
  return {
    clientsStore: { getClient: () => client, registerClient: (given: object) => given },
    authorize: async (_client: object, _params: object, res: { end(): void }) => res.end(),
    challengeForAuthorizationCode: async () => 'challenge',
    exchangeAuthorizationCode: async () => ({}),
    exchangeRefreshToken: async () => ({}),
    verifyAccessToken: async () => ({}),
    revokeToken: async () => undefined,
  };
}

/** Express 4 and 5, three of each. */
export const appsOfOthers: readonly AppOfOthers[] = [
  ...[jsonServer, peer, feathers],
  ...[functionsFramework, bullBoard, mcpAuth],
];

/** Serves an app where a request listener is wanted. */
export function toListener(app: Express): RequestListener {
  return app as unknown as RequestListener;
}
