import { METHODS } from 'node:http';
import express, { type Express, type RequestHandler, type Router } from 'express';
import request from 'supertest';
import { InvalidOptionError } from 'express-api-keys';
import { nebulaRouter } from 'express-api-keys/dialects';
import { createInstance } from '../harness/instance.js';

declare const EXPRESS_MAJOR: string;
const isExpress5 = EXPRESS_MAJOR === '5';
const { apiKeys } = createInstance();
const { requireApiKey } = apiKeys;

/** A handler that ends requests. */
const answer: RequestHandler = (_req, res) => void res.send('answered');
const pass: RequestHandler = (_req, _res, next) => next();

/** The list as lines: methods, path, state, and what guards require. */
function linesOf(app: Express, open?: readonly string[]): string[] {
  return apiKeys
    .routes(app, { open })
    .routes.map(({ methods, path, state, guards }) =>
      [methods.join(), path, state, ...guards.map(({ requires }) => requires)].join(' '),
    );
}

function createApp(mount: (app: Express) => void): Express {
  const app = express();
  mount(app);
  return app;
}

describe('the list of routes', () => {
  it('has full paths, methods, guards and what they require', () => {
    const app = createApp((it) => {
      it.use(express.json());
      it.get('/health', answer);
      it.get('/orders/:id', requireApiKey('orders:read'), answer);
      it.post('/orders', [requireApiKey({ all: ['orders:read', 'orders:write'] }), answer]);
      it.route('/any')
        .get(requireApiKey({ any: ['orders:read', 'users:read'] }), answer)
        .delete(requireApiKey(), answer);
      it.route('/all').all(requireApiKey('users:read')).get(answer).put(answer);
      it.all('/every', requireApiKey(), answer);
      it.use('/by-method', requireApiKey({ GET: 'orders:read', POST: 'orders:write' }));
      it.get('/by-method/x', answer).post('/by-method/x', answer).put('/by-method/x', answer);
    });
    expect(linesOf(app)).toEqual([
      'GET,HEAD /health unguarded',
      'GET,HEAD /orders/:id guarded orders:read',
      'POST /orders guarded orders:read and orders:write',
      'GET,HEAD /any guarded orders:read or users:read',
      'DELETE /any guarded any key',
      'GET,HEAD,PUT /all guarded users:read',
      '* /every guarded any key',
      'GET,HEAD /by-method/x guarded orders:read',
      'POST /by-method/x guarded orders:write',
      'PUT /by-method/x guarded nothing is allowed',
    ]);
  });

  it('follows routers, arrays of paths, parameters and sub-apps', () => {
    const inner = express.Router({ mergeParams: true });
    inner.get('/', answer).patch('/:item', requireApiKey('orders:write'), answer);
    const orders = express.Router();
    orders.use('/:order/items', inner);
    const sub = createApp((it) => it.get('/page', answer));
    const deeper = createApp((it) => it.use('/sub', requireApiKey('users:read'), sub));
    const app = createApp((it) => {
      it.use(['/v1.0/orders', '/v2/:tenant/orders'], requireApiKey('orders:read'), orders);
      it.use('/deeper', deeper);
      it.use(inner);
    });
    const own = (path: string): string[] => [
      `GET,HEAD ${path}/:order/items guarded orders:read`,
      `PATCH ${path}/:order/items/:item guarded orders:read orders:write`,
    ];
    expect(linesOf(app)).toEqual([
      ...own('/v1.0/orders'),
      ...own('/v2/:tenant/orders'),
      'GET,HEAD /deeper/sub/page guarded users:read',
      'GET,HEAD / unguarded',
      'PATCH /:item guarded orders:write',
    ]);
  });

  it('counts guards that stand in front of a route, and only where all of its requests pass them', () => {
    const router = express.Router();
    router.get('/orders', answer).get('/orders/admin', answer).get('/:anything', answer);
    const app = createApp((it) => {
      it.get('/before', answer);
      it.use('/api/orders', requireApiKey('orders:read'));
      it.use('/API', router);
      it.get('/apiary', answer);
      it.use('/files', requireApiKey(), express.static('.'));
      it.use('/lost', answer);
      it.use(requireApiKey('users:read'));
      it.get('/after', answer);
    });
    expect(linesOf(app)).toEqual([
      'GET,HEAD /before unguarded',
      // Express 4 also takes `/API//orders`, which a guard at `/api/orders` does not match.
      `GET,HEAD /API/orders ${isExpress5 ? 'guarded orders:read' : 'unguarded'}`,
      `GET,HEAD /API/orders/admin ${isExpress5 ? 'guarded orders:read' : 'unguarded'}`,
      'GET,HEAD /API/:anything unguarded',
      'GET,HEAD /apiary unguarded',
      'GET,HEAD /files/* guarded any key',
      '* /lost/* unguarded',
      'GET,HEAD /after guarded users:read',
    ]);
  });

  it('counts guards that are routes for all methods, or for one, in front of others', () => {
    const app = createApp((it) => {
      it.all(isExpress5 ? '/api/*rest' : '/api/*', requireApiKey('orders:read'));
      it.get('/one', requireApiKey('users:read'));
      it.get('/api/x', answer);
      it.get('/one', answer).post('/one', answer);
    });
    expect(linesOf(app)).toEqual([
      'GET,HEAD /api/x guarded orders:read',
      'GET,HEAD /one guarded users:read',
      'POST /one unguarded',
    ]);
  });

  it('says unknown where a function in front may hide a guard', () => {
    const guard = requireApiKey();
    const app = createApp((it) => {
      it.param('id', (_req, _res, next) => next());
      it.get('/wrapped', (req, res, next) => guard(req, res, next), answer);
      it.get('/param/:id', answer);
      it.use('/mine', function authenticate(_req, _res, next) {
        next();
      });
      it.get('/mine/x', answer);
    });
    const { routes, unguarded, middleware } = apiKeys.routes(app);
    expect(routes.map(({ path, state, opaque }) => [path, state, ...opaque])).toEqual([
      ['/wrapped', 'unknown', '<anonymous>'],
      ['/param/:id', 'unknown', 'param("id")'],
      ['/mine/* (authenticate)', 'unknown', 'authenticate'],
      ['/mine/x', 'unknown', 'authenticate'],
    ]);
    expect(unguarded).toEqual(routes);
    expect(middleware).toEqual([{ path: '/mine', name: 'authenticate' }]);
  });

  it('says which routers of the package decide themselves', async () => {
    const app = createApp((it) => {
      it.use('/api-keys', apiKeys.adminRouter({ authorize: () => null }));
      it.use('/nebula', nebulaRouter(apiKeys, { verifyAccessToken: () => null }));
    });
    const { routes, unguarded } = apiKeys.routes(app);
    expect(unguarded).toEqual([]);
    expect(new Set(routes.map(({ state, router }) => `${state} ${String(router)}`))).toEqual(
      new Set(['own adminRouter', 'guarded adminRouter', 'own the Nebula Block router']),
    );
    expect(routes.map(({ path }) => path)).toContain('/api-keys/keys/:id/rotate');
  });

  it('shows what open() is for', () => {
    const app = createApp((it) => {
      it.get('/health', apiKeys.open('health check'), answer);
      it.use('/files', apiKeys.open('public files'), express.static('.'));
    });
    expect(String(apiKeys.routes(app))).toBe(
      'GET,HEAD  /health   open  health check\nGET,HEAD  /files/*  open  public files',
    );
  });

  it('finds guards that never run, and those that run only if a handler passes the request on', () => {
    const app = createApp((it) => {
      it.get('/never', answer, requireApiKey('orders:read'));
      it.get('/passing', pass);
      it.get('/open', apiKeys.open('for a test'), answer);
      it.use(requireApiKey('users:read'));
    });
    const { lateGuards, unguarded } = apiKeys.routes(app);
    expect(unguarded.map(({ path }) => path)).toEqual(['/never', '/passing']);
    expect(lateGuards.map(({ path, requires, runs }) => [path, requires, runs])).toEqual([
      ['/never', 'orders:read', 'never'],
      ['/never', 'users:read', 'never'],
      ['/passing', 'users:read', 'unless passed on'],
    ]);
  });

  it('finds scopes that no route asks for, and routes that are counted or declared twice', () => {
    const app = createApp((it) => {
      it.use('/api', requireApiKey('orders:read'));
      it.get('/api/:id', requireApiKey('orders:write'), answer);
      it.get('/api/free', requireApiKey('orders:write', { cost: 0 }), answer);
      it.all('/api/:name', requireApiKey('orders:read', { cost: 0 }), answer);
      it.get('/api/:name', answer);
    });
    const { unusedScopes, countedTwice, declaredTwice } = apiKeys.routes(app);
    expect(unusedScopes).toEqual(['users:read']);
    expect(countedTwice.map(({ path }) => path)).toEqual(['/api/:id']);
    expect(declaredTwice.map(({ path }) => path)).toEqual(['/api/:name']);
  });

  it('runs nothing of the app', () => {
    const run: string[] = [];
    const note: RequestHandler = (req, _res, next) => {
      run.push(req.url);
      next();
    };
    const sub = createApp((it) => it.use(note).all('/x', note));
    const app = createApp((it) => it.use(note).use('/sub', sub).use('/s', note, sub));
    expect(linesOf(app)).toEqual(['* /sub/x unknown', '* /s/* (note) unknown', '* /s/x unknown']);
    expect(run).toEqual([]);
  });

  it('shows regular expressions as they are', () => {
    const router = express.Router().get('/x', answer) as Router;
    const app = createApp((it) => {
      it.get(/^\/re(?:x)?$/, requireApiKey(), answer);
      it.use(/^\/other/, requireApiKey('orders:read'), router);
      it.use(/^\/mount/, requireApiKey('orders:read'));
      it.use(/^\/mount(?:ed)?/, router);
    });
    expect(linesOf(app)).toEqual([
      'GET,HEAD [/^\\/re(?:x)?$/] guarded any key',
      'GET,HEAD [/^\\/other/]/x guarded orders:read',
      'GET,HEAD [/^\\/mount(?:ed)?/]/x unguarded',
    ]);
  });

  it('says so where Express keeps no mount path', () => {
    const sub = createApp((it) => it.get('/page', answer));
    const router = express.Router();
    router.get('/x', answer).get('/y', requireApiKey(), answer);
    const app = createApp((it) => {
      it.use('/hidden', router);
      it.use('/sub', sub);
      it.use(requireApiKey('orders:read'));
      it.use('/later', router);
    });
    // As router 2.2 and older, and Express 4 without its patterns, keep layers.
    const { stack } = ((app as { _router?: unknown })._router ?? app.router) as { stack: object[] };
    for (const layer of stack) {
      Reflect.deleteProperty(layer, 'rawPath');
      if ('regexp' in layer) {
        const { regexp } = layer as { regexp: RegExp & { fast_slash: boolean } };
        const hidden = { fast_slash: regexp.fast_slash, exec: (path: string) => regexp.exec(path) };
        Object.assign(layer, { regexp: hidden });
      }
    }
    const { routes } = apiKeys.routes(app);
    expect(routes.map(({ path, isPathKnown, state }) => [path, isPathKnown, state])).toEqual([
      ['/…/x', false, 'unguarded'],
      ['/…/y', false, 'guarded'],
      ['/sub/page', true, 'unguarded'],
      ['/…/x', false, 'guarded'],
      ['/…/y', false, 'guarded'],
    ]);
    expect(String(apiKeys.routes(app))).toContain('Express does not keep the path of a mount');
  });

  it('takes nothing but an app of Express', () => {
    for (const value of [undefined, {}, express.Router(), () => undefined]) {
      expect(() => apiKeys.routes(value as never)).toThrow(InvalidOptionError);
    }
    expect(() => apiKeys.routes(express(), { opened: [] } as never)).toThrow('unknown option "opened"');
    expect(() => apiKeys.routes(express(), { open: '/x' as never })).toThrow("['/health', 'GET /docs/*']");
    expect(() => apiKeys.routes(express(), { open: ['FETCH /x'] })).toThrow(InvalidOptionError);
  });
});

describe('assertAllRoutesGuarded', () => {
  const app = createApp((it) => {
    it.get('/health', answer).post('/health', answer);
    it.get('/orders', requireApiKey('orders:read'), answer);
    it.get('/hidden', pass, answer);
  });

  it('names every route without a guard', () => {
    const assert = (): void => apiKeys.assertAllRoutesGuarded(app, { open: ['GET /health'] });
    expect(assert).toThrow(
      /POST \/health\n {2}GET,HEAD \/hidden \(a guard may be hidden in pass\)\nPlace requireApiKey/,
    );
    expect(assert).not.toThrow(/\/orders/);
  });

  it('passes when every route has a guard or is listed', () => {
    apiKeys.assertAllRoutesGuarded(app, { open: ['/health', '/hidden'] });
    expect(linesOf(app, ['/health', '/hidden'])[0]).toBe('GET,HEAD /health open');
  });

  it('refuses entries that open nothing, and apps without routes', () => {
    const open = ['/health', '/hidden', '/gone', 'GET /orders'];
    expect(() => apiKeys.assertAllRoutesGuarded(app, { open })).toThrow(
      /open has "\/gone"[^]*open has "GET \/orders"/,
    );
    expect(() => apiKeys.assertAllRoutesGuarded(express())).toThrow('The app has no routes');
  });
});

describe('secureDocument', () => {
  const app = createApp((it) => {
    it.get('/health', apiKeys.open('health check'), answer);
    it.get('/orders/:id', requireApiKey({ all: ['orders:read', 'users:read'] }), answer);
    it.put('/orders/:id', requireApiKey({ any: ['orders:read', 'orders:write'] }), answer);
    it.get('/mine', answer);
  });
  const operation = { responses: {} };
  const document = {
    openapi: '3.1.0',
    info: { title: 'Orders', version: '1' },
    paths: {
      '/health': { get: operation },
      '/orders/{id}': { get: operation, put: operation, parameters: [] },
      '/mine': { get: { ...operation, security: [{ session: [] }] } },
    },
  };

  it('gives operations what their routes require', () => {
    const before = structuredClone(document);
    const { paths, components } = apiKeys.routes(app).secureDocument(document) as typeof document & {
      components: object;
    };
    expect(document).toEqual(before);
    expect(paths).toEqual({
      '/health': { get: { ...operation, security: [] } },
      '/orders/{id}': {
        get: {
          ...operation,
          security: [{ apiKey: ['orders:read', 'users:read'] }, { apiKey2: ['orders:read', 'users:read'] }],
        },
        put: {
          ...operation,
          security: [
            ...[{ apiKey: ['orders:read'] }, { apiKey2: ['orders:read'] }],
            ...[{ apiKey: ['orders:write'] }, { apiKey2: ['orders:write'] }],
          ],
        },
        parameters: [],
      },
      '/mine': document.paths['/mine'],
    });
    expect(components).toMatchObject({
      securitySchemes: {
        apiKey: { type: 'apiKey', name: 'x-api-key' },
        apiKey2: { type: 'http', scheme: 'bearer' },
      },
    });
  });

  it('names no scopes before OpenAPI 3.1, and takes nothing else than OpenAPI', () => {
    const { paths } = apiKeys.routes(app).secureDocument({ ...document, openapi: '3.0.3' });
    expect(paths['/orders/{id}'].put).toMatchObject({ security: [{ apiKey: [] }, { apiKey2: [] }] });
    expect(() => apiKeys.routes(app).secureDocument({})).toThrow(InvalidOptionError);
  });
});

describe('what requests find', () => {
  it('is what the list says', async () => {
    const inner = express.Router().get('/y', answer).post('/z/:id', requireApiKey('orders:write'), answer);
    const app = createApp((it) => {
      it.get('/a', answer).put('/b/:id', requireApiKey(), answer);
      it.all('/c', answer);
      it.use('/d/:x', requireApiKey('orders:read'), inner);
      it.use(
        '/e',
        createApp((sub) => sub.use('/f', inner)),
      );
    });
    const verbs = METHODS.filter((method) => ['GET', 'POST', 'PUT', 'DELETE'].includes(method));
    for (const { methods, path, state } of apiKeys.routes(app).routes) {
      for (const method of verbs.filter((verb) => methods.includes(verb) || methods.includes('*'))) {
        const target = path.replace(/:\w+/g, '1');
        const { status } = await request(app)[method.toLowerCase() as 'get'](target);
        expect([path, method, status]).toEqual([path, method, state === 'guarded' ? 401 : 200]);
      }
    }
  });
});
