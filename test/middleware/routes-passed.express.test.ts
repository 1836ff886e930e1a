import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express, { type Express, type RequestHandler, type Router } from 'express';
import request from 'supertest';
import { createInstance } from '../harness/instance.js';

declare const EXPRESS_MAJOR: string;
const isExpress5 = EXPRESS_MAJOR === '5';
const { apiKeys } = createInstance();
const { requireApiKey } = apiKeys;

const answer: RequestHandler = (_req, res) => void res.send('answered');
const files = mkdtempSync(join(tmpdir(), 'routes-'));
writeFileSync(join(files, 'page.txt'), 'answered');

function createRouter(mount: (router: Router) => void, options?: express.RouterOptions): Router {
  const router = express.Router(options);
  mount(router);
  return router;
}

function wrap(handler: RequestHandler): RequestHandler {
  return (...args) => void Promise.resolve(handler(...args)).catch(args[2]);
}

interface Hole {
  readonly name: string;
  readonly mount: (app: Express) => void;
  /** What is answered without a key: the method, the target, and the path in the list. */
  readonly requests: ReadonlyArray<
    readonly [method: 'get' | 'post' | 'delete', target: string, path: string]
  >;
}

const holesOfBoth: readonly Hole[] = [
  {
    name: 'a guard that is last in its route, behind a handler that takes next',
    mount: (app) => app.get('/x', (_req, res, _next) => void res.send('answered'), requireApiKey()),
    requests: [['get', '/x', '/x']],
  },
  {
    name: 'a guard that is last in its route, behind a wrapped handler',
    mount: (app) => app.get('/x', wrap(answer), requireApiKey()),
    requests: [['get', '/x', '/x']],
  },
  {
    name: 'a guard behind the handler and in front of a parser',
    mount: (app) => app.get('/x', wrap(answer), requireApiKey(), express.json()),
    requests: [['get', '/x', '/x']],
  },
  {
    name: 'a guard for one of the methods of a route',
    mount: (app) => {
      app.get('/x', requireApiKey());
      app.route('/x').get(answer).post(answer).delete(answer);
    },
    requests: [
      ['post', '/x', '/x'],
      ['delete', '/x', '/x'],
    ],
  },
  {
    name: 'open() for one of the methods of a route',
    mount: (app) => {
      app.get('/x', apiKeys.open('reading is free'));
      app.route('/x').get(answer).post(answer);
    },
    requests: [['post', '/x', '/x']],
  },
  {
    name: 'a guard for the path of static files alone',
    mount: (app) => void app.all('/docs', requireApiKey()).use('/docs', express.static(files)),
    requests: [['get', '/docs/page.txt', '/docs/*']],
  },
  {
    name: 'open() for the path of static files alone',
    mount: (app) => void app.all('/docs', apiKeys.open('index')).use('/docs', express.static(files)),
    requests: [['get', '/docs/page.txt', '/docs/*']],
  },
  {
    name: 'a guard for one segment in front of a wildcard',
    mount: (app) => {
      app.all('/files/:name', requireApiKey());
      app.get(isExpress5 ? '/files/*path' : '/files/*', answer);
    },
    requests: [['get', '/files/a/b', isExpress5 ? '/files/*path' : '/files/*']],
  },
  {
    name: 'a guard for a wildcard in front of the root of a router',
    mount: (app) => {
      app.all(isExpress5 ? '/api/*rest' : '/api/*', requireApiKey());
      app.use(
        '/api',
        createRouter((it) => it.get('/', answer)),
      );
    },
    requests: [['get', '/api', '/api']],
  },
  {
    name: 'a guard for two parameters in one segment in front of one parameter',
    mount: (app) => {
      app.use('/flights/:from-:to', requireApiKey());
      app.get('/flights/:id', answer);
    },
    requests: [['get', '/flights/7', '/flights/:id']],
  },
  {
    name: 'a guard with a regular expression that leaves out some values',
    mount: (app) => {
      app.all(/^\/doc\/[^.]+$/, requireApiKey());
      app.get('/doc/:name', answer);
    },
    requests: [['get', '/doc/a.txt', '/doc/:name']],
  },
  {
    name: 'a guard of a case-sensitive app in front of a router that is not',
    mount: (app) => {
      app.enable('case sensitive routing');
      app.use('/api/admin', requireApiKey());
      app.use(
        '/api',
        createRouter((it) => it.get('/admin', answer)),
      );
    },
    requests: [['get', '/api/ADMIN', '/api/admin']],
  },
  {
    name: 'a guard of a strict app in front of a router that is not',
    mount: (app) => {
      app.enable('strict routing');
      app.all('/api/x', requireApiKey());
      app.use(
        '/api',
        createRouter((it) => it.get('/x', answer)),
      );
    },
    requests: [['get', '/api/x/', '/api/x']],
  },
  {
    name: 'a mounted function that takes next and answers',
    mount: (app) => {
      app.use('/gql', function graphql(_req, res, _next) {
        res.send('answered');
      });
      app.get('/y', requireApiKey(), answer);
    },
    requests: [['get', '/gql/x', '/gql/* (graphql)']],
  },
  {
    name: 'a sub-app that something has wrapped',
    mount: (app) => {
      app.use('/sub', express().get('/page', answer));
      const { stack } = ((app as { _router?: unknown })._router ?? app.router) as {
        stack: Array<{ name: string; handle: RequestHandler }>;
      };
      const layer = stack.find(({ name }) => name === 'mounted_app');
      const handle = layer?.handle as RequestHandler;
      Object.assign(layer as object, { handle: (...args: Parameters<RequestHandler>) => handle(...args) });
      app.get('/y', requireApiKey(), answer);
    },
    requests: [['get', '/sub/page', '/sub/* (handle)']],
  },
];

const holesOfExpress4: readonly Hole[] = [
  {
    name: 'a guard for a wildcard in front of the path before it',
    mount: (app) => {
      app.all('/api/*', requireApiKey());
      app.get('/api/', answer);
    },
    requests: [['get', '/api', '/api/']],
  },
  {
    name: 'a mounted guard for one segment in front of a wildcard',
    mount: (app) => {
      app.use('/files/:name', requireApiKey());
      app.get('/files/*', answer);
    },
    requests: [['get', '/files/', '/files/*']],
  },
  {
    name: 'a guard whose parameter is narrower',
    mount: (app) => {
      app.use('/users/:id(\\d+)', requireApiKey());
      app.get('/users/:id(\\d+|me)', answer);
    },
    requests: [['get', '/users/me', '/users/:id(\\d+|me)']],
  },
  {
    name: 'a guard for one segment in front of a repeated one',
    mount: (app) => {
      app.all('/a/:p', requireApiKey());
      app.get('/a/:p*', answer);
    },
    requests: [['get', '/a/1/2', '/a/:p*']],
  },
  {
    name: 'a guard below the path of the router, which takes two slashes',
    mount: (app) => {
      app.use('/api/admin', requireApiKey());
      app.use(
        '/api',
        createRouter((it) => it.get('/admin', answer)),
      );
    },
    requests: [['get', '/api//admin', '/api/admin']],
  },
];

describe('a guard that not every request for a route passes does not count', () => {
  const holes = isExpress5 ? holesOfBoth : [...holesOfBoth, ...holesOfExpress4];
  test.each(holes)('$name', async ({ mount, requests }) => {
    const app = express();
    mount(app);
    const { unguarded } = apiKeys.routes(app);
    for (const [method, target, path] of requests) {
      const { status, text } = await request(app)[method](target);
      expect([target, status, text]).toEqual([target, 200, 'answered']);
      const isListed = unguarded.some(
        (row) =>
          row.path === path && (row.methods.includes(method.toUpperCase()) || row.methods.includes('*')),
      );
      expect([path, isListed]).toEqual([path, true]);
    }
    expect(() => apiKeys.assertAllRoutesGuarded(app)).toThrow('No guard is seen');
  });

  it('says which request does not pass it', () => {
    const app = express();
    app.use('/flights/:from-:to', requireApiKey('orders:read'));
    app.get('/flights/:id', answer);
    expect(apiKeys.routes(app).routes[0]).toMatchObject({
      state: 'unguarded',
      gaps: [
        expect.stringMatching(/^requireApiKey \(orders:read\) in front does not run for "\/flights\/q"/),
      ],
    });
  });
});

describe('a guard that every request for a route passes counts', () => {
  const api = createRouter((it) => it.get('/', answer).get('/orders/:id', answer));
  const constrained = isExpress5 ? '/users/:id' : '/users/:id([0-9a-f]{24})';
  const wildcard = isExpress5 ? '/files{/*path}' : '/files/*';
  const apps: ReadonlyArray<readonly [name: string, mount: (app: Express) => void]> = [
    ['mounted above', (app) => app.use('/api', requireApiKey(), express.json(), api)],
    ['mounted above with a slash at the end', (app) => app.use('/api/', requireApiKey()).use('/api', api)],
    ['mounted above in other letters', (app) => app.use('/API', requireApiKey()).use('/api', api)],
    ['in front of a parameter', (app) => app.use('/:tenant', requireApiKey()).use('/:id/api', api)],
    ['with the regular expression of the router', (app) => app.use(/^\/api/, requireApiKey(), api)],
    ['with the paths of the router', (app) => app.use(['/a', '/b/:c-:d'], requireApiKey(), api)],
    ['for everything', (app) => app.all(isExpress5 ? '/{*rest}' : '*', requireApiKey()).use('/api', api)],
    [
      'with a pattern of its own',
      (app) => app.use('/api', requireApiKey()).get(`/api${constrained}`, answer),
    ],
    [
      'with the same parameter',
      (app) => app.use(constrained, requireApiKey()).get(`${constrained}/x`, answer),
    ],
    [
      'for one parameter of another pattern',
      (app) => app.use('/users/:name', requireApiKey()).get(constrained, answer),
    ],
    [
      'with an optional part',
      (app) =>
        app
          .all(isExpress5 ? '/o{/:id}' : '/o/:id?', requireApiKey())
          .get('/o', answer)
          .get('/o/:x', answer),
    ],
    ['above a wildcard', (app) => app.use('/files', requireApiKey()).get(wildcard, answer)],
    ['above files', (app) => app.use('/docs', requireApiKey()).use('/docs/a', express.static(files))],
    [
      'as a route in front',
      (app) => app.all('/x/:id', express.json(), requireApiKey()).get('/x/:name', answer),
    ],
    [
      'in a strict, case-sensitive app',
      (app) =>
        app.enable('strict routing').enable('case sensitive routing').use('/Api', requireApiKey(), api),
    ],
  ];
  test.each(apps)('%s', (_name, mount) => {
    const app = express();
    mount(app);
    const report = apiKeys.routes(app);
    expect(report.unguarded).toEqual([]);
    expect(report.routes.length).toBeGreaterThan(0);
    apiKeys.assertAllRoutesGuarded(app);
  });
});

describe('requirements by method', () => {
  it('give each method of a route its own', () => {
    const app = express();
    const byMethod = requireApiKey({ GET: 'orders:read', POST: 'orders:write' });
    app.use('/x', byMethod);
    app.route('/x').get(answer).post(answer);
    app.all('/all', requireApiKey({ GET: 'users:read', POST: 'orders:write' }), answer);
    const { routes, unusedScopes } = apiKeys.routes(app);
    expect(routes.map(({ methods, path, guards }) => [methods.join(), path, guards[0]?.requires])).toEqual([
      ['GET,HEAD', '/x', 'orders:read'],
      ['POST', '/x', 'orders:write'],
      ['GET,HEAD', '/all', 'users:read'],
      ['POST', '/all', 'orders:write'],
      ['*', '/all', 'nothing is allowed'],
    ]);
    expect(unusedScopes).toEqual([]);
  });
});

describe('mounted functions', () => {
  const limit: RequestHandler = (_req, _res, next) => next();

  it('need a guard in front or a place in open, except for well-known middleware and at /', () => {
    const app = express();
    app.use(limit);
    app.use('/api', express.json(), limit, requireApiKey());
    app.use('/api', function later(_req, _res, next) {
      next();
    });
    app.get('/api/x', answer);
    const report = apiKeys.routes(app);
    expect(report.unguarded.map(({ path, state }) => [path, state])).toEqual([['/api/* (limit)', 'unknown']]);
    expect(report.middleware.map(({ path, name }) => [path, name])).toEqual([
      ['/', 'limit'],
      ['/api', 'limit'],
      ['/api', 'later'],
    ]);
    expect(String(report)).toContain('Mounted at /, and may answer requests without a guard: limit');
    expect(() => apiKeys.assertAllRoutesGuarded(app)).toThrow('list "/api/* (limit)" in open');
    apiKeys.assertAllRoutesGuarded(app, { open: ['/api/* (limit)'] });
  });

  it('have names of their own where several are called the same', () => {
    const app = express();
    app.use('/api', (_req, _res, next) => next());
    app.use('/api', (_req, res, _next) => void res.send('answered'));
    app.get('/x', requireApiKey(), answer);
    const { unguarded } = apiKeys.routes(app, { open: ['/api/* (<anonymous>)'] });
    expect(unguarded.map(({ path }) => path)).toEqual(['/api/* (<anonymous>, 2)']);
  });

  it('are recognised by what they do when a bundler has shortened their names', () => {
    const app = express();
    app.use('/sub', express().get('/page', answer));
    app.use('/docs', express.static(files));
    const { stack } = ((app as { _router?: unknown })._router ?? app.router) as {
      stack: Array<{ handle: RequestHandler }>;
    };
    for (const { handle } of stack.slice(-2)) Object.defineProperty(handle, 'name', { value: 't' });
    expect(apiKeys.routes(app).routes.map(({ path }) => path)).toEqual(['/sub/page', '/docs/*']);
  });
});

describe('entries of open', () => {
  it('open no route of several that are called the same because mount paths are not kept', () => {
    const app = express();
    app.use('/one', express.Router().get('/status', answer));
    app.use('/two', express.Router().get('/status', answer).get('/other', answer));
    const { stack } = ((app as { _router?: unknown })._router ?? app.router) as { stack: object[] };
    for (const layer of stack) {
      Reflect.deleteProperty(layer, 'rawPath');
      if ('regexp' in layer) {
        const { regexp } = layer as { regexp: RegExp & { fast_slash: boolean } };
        const hidden = { fast_slash: regexp.fast_slash, exec: (path: string) => regexp.exec(path) };
        Object.assign(layer, { regexp: hidden });
      }
    }
    const { routes } = apiKeys.routes(app, { open: ['/…/status', '/…/other'] });
    expect(routes.map(({ path, state }) => [path, state])).toEqual([
      ['/…/status', 'unguarded'],
      ['/…/status', 'unguarded'],
      ['/…/other', 'open'],
    ]);
    expect(() => apiKeys.assertAllRoutesGuarded(app, { open: ['/…/status', '/…/other'] })).toThrow(
      'several routes are called that',
    );
  });
});
