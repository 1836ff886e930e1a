import express, { type Express, type Request } from 'express';
import request from 'supertest';
import { ApiKeysError, apiKeyOf } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createBoundApp, createBoundInstance, type BoundInstance } from '../harness/bound-app.js';
import { createInstance } from '../harness/instance.js';
import { problemTypeOf } from '../harness/problem-type.js';
import { theApp } from '../harness/the-app.js';
import { misspell } from '../harness/misspell.js';

let instance: BoundInstance;
let bound: string;
let unbound: string;

beforeEach(async () => {
  instance = createBoundInstance();
  bound = (await instance.key({ project: ['p1', 'p2'] })).token;
  unbound = (await instance.key(null)).token;
});
afterEach(() => instance.apiKeys.close());

async function outcomeOf(app: Express, path: string, token: string): Promise<string> {
  const { status, body } = await request(app).get(path).set('X-API-Key', token);
  return status === 200 ? '200' : `${status} ${(body as { code: string }).code}`;
}
const refused = '403 resource_not_allowed';
const failed = '500 internal_error';
const byParam = (req: Request): object => ({ project: req.params['projectId'] });

describe('a guard that names the project of a request', () => {
  it('allows a key that is bound to it, and every key that is bound to nothing', async () => {
    const app = createBoundApp(instance, byParam);
    expect(await outcomeOf(app, '/projects/p1', bound)).toBe('200');
    expect(await outcomeOf(app, '/projects/p2', bound)).toBe('200');
    expect(await outcomeOf(app, '/projects/p3', bound)).toBe(refused);
    expect(await outcomeOf(app, '/projects/p3', unbound)).toBe('200');
  });

  it('answers as a problem, and notes the refusal in the access log and in the usage of the key', async () => {
    const store = memoryStore();
    const used = createBoundInstance({ store });
    const { id, token } = await used.key({ project: ['p1'] });
    const { status, body, headers } = await request(createBoundApp(used, byParam))
      .get('/projects/p2')
      .set('X-API-Key', token);
    expect([status, body]).toEqual([
      403,
      {
        type: problemTypeOf('resource_not_allowed'),
        title: 'Resource not allowed',
        status: 403,
        detail:
          'This API key is bound to single resources, and cannot be used for this one, or on this route at all.',
        code: 'resource_not_allowed',
      },
    ]);
    expect(headers['www-authenticate']).toBe('Bearer realm="acme"');
    // Both are written in the background, at the latest when the instance closes.
    await used.apiKeys.close();
    const later = createBoundInstance({ store });
    // An hour is shown once it has begun.
    later.clock.advance(1000);
    const [entry] = (await later.apiKeys.audit.as(theApp).listAccess({ keyId: id })).items;
    expect(entry).toMatchObject({ code: 'resource_not_allowed', ownerId: 'alice', count: 1 });
    const [hour] = (await later.apiKeys.keys.as(theApp).usage({ id })).items;
    expect(hour?.counts).toEqual({ resource_not_allowed: 1 });
    await later.apiKeys.close();
  });

  it('compares ids as they are decoded, exactly', async () => {
    const app = createBoundApp(instance, byParam);
    const { token } = await instance.key({ project: ['p1', 'a/b', 'ä €', '100%'] });
    for (const path of [
      '/projects/%701',
      '/projects/a%2Fb',
      '/projects/%C3%A4%20%E2%82%AC',
      '/projects/100%25',
    ])
      expect([path, await outcomeOf(app, path, token)]).toEqual([path, '200']);
    const others = ['P1', 'p1%20', 'p1%00', 'p1%2F', '%2570', 'p1;p2', 'p1,p2', 'a', '..', 'p1%E2%80%8B'];
    for (const id of others)
      expect([id, await outcomeOf(app, `/projects/${id}`, token)]).toEqual([id, refused]);
  });

  it('does not take names of every object for ids, unless the key is bound to them', async () => {
    const app = createBoundApp(instance, byParam);
    const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '0'];
    for (const name of names) expect(await outcomeOf(app, `/projects/${name}`, bound)).toBe(refused);
    const { token } = await instance.key({ project: names });
    for (const name of names) expect(await outcomeOf(app, `/projects/${name}`, token)).toBe('200');
    expect(await outcomeOf(app, '/projects/p1', token)).toBe(refused);
  });

  it('needs every id of a list, as in a repeated query parameter', async () => {
    const app = createBoundApp(instance, (req) => ({ project: req.query['project'] }), '/orders');
    const outcomes: Readonly<Record<string, string>> = {
      '?project=p1': '200',
      '?project=p1&project=p2': '200',
      '?project=p1&project=p1': '200',
      '?project=p1&project=p3': refused,
      '?project=p3&project=p1': refused,
      '?project=p1&project=': refused,
      '?project=': refused,
      '?project[a]=p1': refused,
      '?project[__proto__]=p1': refused,
      '': refused,
    };
    for (const [query, outcome] of Object.entries(outcomes)) {
      expect([query, await outcomeOf(app, `/orders${query}`, bound)]).toEqual([query, outcome]);
      expect([query, await outcomeOf(app, `/orders${query}`, unbound)]).toEqual([query, '200']);
    }
  });

  it('must name every kind that a key is bound to', async () => {
    const { token } = await instance.key({ project: ['p1'], region: ['eu'] });
    const both = createBoundApp(instance, (req) => ({ ...byParam(req), region: req.query['region'] }));
    expect(await outcomeOf(both, '/projects/p1?region=eu', token)).toBe('200');
    expect(await outcomeOf(both, '/projects/p1?region=us', token)).toBe(refused);
    expect(await outcomeOf(both, '/projects/p2?region=eu', token)).toBe(refused);
    expect(await outcomeOf(both, '/projects/p1', token)).toBe(refused);
    expect(await outcomeOf(both, '/projects/p1', bound)).toBe('200');
    expect(await outcomeOf(createBoundApp(instance, byParam), '/projects/p1', token)).toBe(refused);
  });
});

describe('a bound key is refused, and a key that is bound to nothing allowed,', () => {
  const inherited = Object.create({ project: 'p1' }) as object;
  const empties: readonly [string, unknown][] = [
    ['nothing', undefined],
    ['null', null],
    ['no kind', {}],
    ['another kind', { region: 'eu' }],
    ['undefined for the kind', { project: undefined }],
    ['null for the kind', { project: null }],
    ['an empty id', { project: '' }],
    ['no ids', { project: [] }],
    ['an empty id in a list', { project: ['p1', ''] }],
    ['a list with a hole', { project: Object.assign(Array.from({ length: 2 }), { 0: 'p1' }) }],
    ['a number', { project: 1 }],
    ['a number in a list', { project: ['p1', 1] }],
    ['a list in a list', { project: [['p1']] }],
    ['an object', { project: { id: 'p1' } }],
    ['a String object', { project: Object('p1') as unknown }],
    ['what converts to an id', { project: { toString: () => 'p1' } }],
    ['an inherited kind', inherited],
    ['a kind that cannot be enumerated', Object.defineProperty({}, 'project', { value: 'p1' })],
    ['a Map', new Map([['project', 'p1']])],
    ['a function', { project: () => 'p1' }],
  ];
  it.each(empties)('where the app names %s', async (_name, result) => {
    const app = createBoundApp(instance, () => result);
    expect(await outcomeOf(app, '/projects/p1', bound)).toBe(refused);
    expect(await outcomeOf(app, '/projects/p1', unbound)).toBe('200');
    expect(instance.log).toEqual([]);
  });

  it('by guards of every form that do not look at resources', async () => {
    const { requireApiKey } = instance.apiKeys;
    const guards = [
      requireApiKey(),
      requireApiKey('orders:read'),
      requireApiKey({ all: ['orders:read'] }),
      requireApiKey({ GET: 'orders:read' }),
      requireApiKey.anyScope(),
      requireApiKey.anyScope({ cost: 0 }),
      instance.apiKeys.mcpGuard(),
    ];
    for (const guard of guards) {
      const app = express().get('/orders', guard, (_req, res) => void res.json({}));
      expect(await outcomeOf(app, '/orders', bound)).toBe(refused);
      expect(await outcomeOf(app, '/orders', unbound)).toBe('200');
    }
  });
});

describe('nobody gets in', () => {
  const nonsense: readonly [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('no database');
      },
    ],
    [
      'throws an error of this package',
      () => {
        throw new ApiKeysError('not_found');
      },
    ],
    [
      'throws what is no error',
      () => {
        const nothing = null as unknown as Error;
        throw nothing;
      },
    ],
    ['returns a promise', async () => ({ project: 'p1' })],
    ['returns a promise that rejects', async () => Promise.reject(new Error('later'))],
    ['returns a string', () => 'p1'],
    ['returns a list', () => ['p1']],
    ['returns true', () => true],
    ['returns a number', () => 1],
    ['returns a function', () => () => ({ project: 'p1' })],
    ['returns an unknown kind', () => ({ project: 'p1', projekt: 'p1' })],
    ['returns __proto__ as a kind', () => JSON.parse('{"project":"p1","__proto__":"p1"}') as unknown],
    ['returns constructor as a kind', () => ({ project: 'p1', constructor: 'p1' })],
    ['returns toString as a kind', () => ({ project: 'p1', toString: 'p1' })],
    [
      'returns an object that throws',
      () => ({
        get project() {
          throw new Error('no');
        },
      }),
    ],
  ];
  it.each(nonsense)('where the function %s: 500, and the app is told', async (_name, on) => {
    let handled = 0;
    const app = express().get(
      '/orders',
      instance.apiKeys.requireApiKey('orders:read', { on } as object),
      (_req, res) => {
        handled += 1;
        res.json({});
      },
    );
    for (const token of [bound, unbound]) expect(await outcomeOf(app, '/orders', token)).toBe(failed);
    expect([handled, instance.log.length]).toEqual([0, 2]);
    expect(instance.log[0]).toMatch(/^api-keys: a guard failed /);
  });

  it('without the value that was returned in the answer', async () => {
    const app = createBoundApp(instance, () => ({ [`s3cret${'x'.repeat(60)}`]: 'p1', projekt: 'p1' }));
    const { text } = await request(app).get('/projects/p1').set('X-API-Key', unbound);
    expect(text).not.toMatch(/s3cret|projekt/);
    expect(instance.log.join()).not.toContain('s3cret');
    expect(instance.log.join()).toContain("unknown kind of resources 'projekt'; did you mean 'project'?");
  });
});

describe('the function of a guard', () => {
  it('is called once for a request, and only for one whose key was authenticated and has the scopes', async () => {
    const seen: string[] = [];
    const app = createBoundApp(instance, (req) => {
      seen.push(req.path);
      return byParam(req);
    });
    const { token: revoked, id } = await instance.key(null);
    await instance.apiKeys.keys.as(theApp).revoke({ id });
    const { token: withoutScope } = await instance.key({ project: ['p1'] }, { scopes: [] });
    for (const token of [revoked, withoutScope, misspell(bound), 'x'])
      await request(app).get('/projects/p1').set('X-API-Key', token);
    await request(app).get('/projects/p1');
    expect(seen).toEqual([]);
    // The first request reads the key, the others find it cached.
    for (const token of [bound, bound, unbound]) await outcomeOf(app, '/projects/p1', token);
    await outcomeOf(app, '/projects/p9', bound);
    expect(seen).toEqual(['/projects/p1', '/projects/p1', '/projects/p1', '/projects/p9']);
  });

  it('takes nothing from the limits of a key that is refused', async () => {
    const rateLimits = [{ name: 'minute', limit: 1, windowSeconds: 60 }];
    const { token } = await instance.key({ project: ['p1'] }, { rateLimits });
    const app = createBoundApp(instance, byParam);
    expect(await outcomeOf(app, '/projects/p2', token)).toBe(refused);
    expect(await outcomeOf(app, '/projects/p1', token)).toBe('200');
    expect(await outcomeOf(app, '/projects/p1', token)).toBe('429 rate_limited');
  });

  it('needs the option resources, and is a function or the word handler', () => {
    const plain = createInstance();
    const guard = (on: unknown) => () => plain.apiKeys.requireApiKey('orders:read', { on } as object);
    expect(guard('handler')).toThrow('requireApiKey.on: needs the option resources of createApiKeys');
    expect(guard(() => ({}))).toThrow('requireApiKey.on: needs the option resources of createApiKeys');
    const { requireApiKey } = instance.apiKeys;
    for (const on of ['handlers', null, {}, true, ['project']])
      expect(() => requireApiKey('orders:read', { on } as object)).toThrow(
        "requireApiKey.on: takes 'handler' or a function",
      );
  });
});

describe("on: 'handler'", () => {
  it('allows bound keys, and the handler learns what they are bound to', async () => {
    const app = createBoundApp(instance, 'handler');
    const seenWith = async (token: string): Promise<unknown> =>
      (await request(app).get('/projects/p9').set('X-API-Key', token).expect(200)).body;
    expect(await seenWith(bound)).toEqual({ project: ['p1', 'p2'], region: 'all' });
    expect(await seenWith(unbound)).toEqual({ project: 'all', region: 'all' });
  });

  it('refuses a key that is bound to a kind which is no longer configured, as every guard does', async () => {
    const store = memoryStore();
    const before = createBoundInstance({ store });
    const { token } = await before.key({ project: ['p1'], region: ['eu'] });
    const after = createBoundInstance({ store, resources: { project: 'A project' } as never });
    await after.apiKeys.ready();
    expect(await outcomeOf(createBoundApp(after, 'handler'), '/projects/p1', token)).toBe(refused);
    expect(await outcomeOf(createBoundApp(after, byParam), '/projects/p1', token)).toBe(refused);
    await Promise.all([before.apiKeys.close(), after.apiKeys.close()]);
  });

  it('gives handlers frozen lists, and throws for an unknown kind', async () => {
    const guard = instance.apiKeys.requireApiKey('orders:read', { on: 'handler' });
    const results: unknown[] = [];
    const app = express().get('/orders', guard, (req, res) => {
      const { only } = apiKeyOf(req);
      const list = only('project');
      results.push(Object.isFrozen(list), { ...apiKeyOf(req) }, JSON.stringify(apiKeyOf(req)));
      structuredClone(apiKeyOf(req));
      for (const kind of ['projekt', '__proto__', 'constructor', 'toString', ''])
        expect(() => only(kind)).toThrow('only: unknown kind of resources');
      res.json({});
    });
    expect(await outcomeOf(app, '/orders', bound)).toBe('200');
    expect(results[0]).toBe(true);
    expect(results[1]).not.toHaveProperty('only');
    expect(results[2]).not.toContain('only');
  });
});

it('opaque refusals say that a resource is not allowed, as they say that a scope is missing', async () => {
  const opaque = createBoundInstance({ refusals: { opaque: true } });
  const { token } = await opaque.key({ project: ['p1'] });
  expect(await outcomeOf(createBoundApp(opaque, byParam), '/projects/p2', token)).toBe(refused);
  await opaque.apiKeys.close();
});
