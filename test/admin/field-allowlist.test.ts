import fc from 'fast-check';
import {
  alice,
  expectProblem,
  fieldsOf,
  makeKey,
  root,
  startAdminApp,
  type AdminApp,
  type Sender,
  type ShownKey,
} from './admin-app.js';

let adminApp: AdminApp;
let made: ShownKey;
beforeAll(async () => {
  adminApp = await startAdminApp();
  made = await makeKey(adminApp, alice);
});
afterAll(() => adminApp.close());

interface Route {
  readonly name: string;
  readonly sender: Sender;
  readonly method: 'post' | 'patch' | 'delete';
  readonly path: () => string;
  /** Fields without which the request would be refused for another reason. */
  readonly valid: Readonly<Record<string, unknown>>;
  readonly allowed: readonly string[];
}

const creatable = [
  'name',
  'scopes',
  'description',
  'expiresAt',
  'ipAllowlist',
  'resources',
  'metadata',
  'features',
  'tags',
  'environment',
  'publicKey',
  'signing',
  'tokenLifetimeSeconds',
];
const changeable = [
  'name',
  'scopes',
  'description',
  'expiresAt',
  'ipAllowlist',
  'resources',
  'metadata',
  'features',
  'tags',
  'enabled',
  'tokenLifetimeSeconds',
];

const routes: readonly Route[] = [
  {
    name: 'POST /keys by an owner',
    sender: alice,
    method: 'post',
    path: () => '/keys',
    valid: { name: 'a key', scopes: [] },
    allowed: creatable,
  },
  {
    name: 'POST /keys by an admin',
    sender: root,
    method: 'post',
    path: () => '/keys',
    valid: { name: 'a key', scopes: [], ownerId: 'alice' },
    allowed: [...creatable, 'ownerId'],
  },
  {
    name: 'PATCH /keys/:id',
    sender: alice,
    method: 'patch',
    path: () => `/keys/${made.id}`,
    valid: { name: 'a key' },
    allowed: changeable,
  },
  {
    name: 'POST /keys/:id/rotate',
    sender: alice,
    method: 'post',
    path: () => `/keys/${made.id}/rotate`,
    valid: {},
    allowed: ['gracePeriodSeconds', 'graceStartsOnFirstUse', 'publicKey'],
  },
  {
    name: 'POST /keys/:id/revoke',
    sender: alice,
    method: 'post',
    path: () => `/keys/${made.id}/revoke`,
    valid: {},
    allowed: ['reason', 'comment'],
  },
  {
    name: 'DELETE /keys/:id',
    sender: alice,
    method: 'delete',
    path: () => `/keys/${made.id}`,
    valid: {},
    allowed: [],
  },
];

/** Names that decide something somewhere in this package, in the databases, or in packages like it. */
const temptingNames = [
  ...['id', 'keyId', 'key', 'token', 'secret', 'hash', 'bcryptHash', 'digests', 'secretCheck', 'credentials'],
  ...[
    'userId',
    'user',
    'ownerId',
    'owner',
    'owner_id',
    'tenantId',
    'organizationId',
    'actor',
    'kind',
    'isAdmin',
  ],
  ...[
    'role',
    'permissions',
    'scopes',
    'scope',
    'keyspace',
    'environment',
    'state',
    'status',
    'enabled',
    'version',
  ],
  ...[
    'createdAt',
    'createdBy',
    'updatedAt',
    'revokedAt',
    'lastUsedAt',
    'useCount',
    'expiresAt',
    'expiresIn',
    'previousSecretEndsAt',
    'graceFromFirstUseSeconds',
    'graceStartsOnFirstUse',
    'reason',
    'comment',
    'revocationReason',
    'revocationComment',
    'number',
  ],
  ...['hint', 'prefix', 'start', 'remaining', 'refillAmount', 'rateLimit', 'rateLimitMax', 'requestCount'],
  ...[
    'metadata',
    'features',
    'tags',
    'enabledFeatures',
    'lastUsedAddress',
    'name',
    'description',
    'ipAllowlist',
    'allowedIps',
    'gracePeriodSeconds',
    'publicKey',
    'ids',
  ],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '',
    ' ',
    'name ',
    'Name',
  ],
  ...[
    '$where',
    '$gt',
    'name[]',
    'scopes[0]',
    'metadata.isAdmin',
    'a.b',
    '*',
    '**',
    '_method',
    '_csrf',
    'then',
  ],
];

describe.each(routes)('$name', (route) => {
  const send = (fields: [string, unknown][]) => {
    // Written by hand, because an object literal would not carry __proto__ and the empty name as they are.
    const members = [...Object.entries(route.valid), ...fields].map(
      ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
    );
    return adminApp
      .as(route.sender)
      [route.method](route.path())
      .type('json')
      .serialize((text: unknown) => text as string)
      .send(`{${members.join(',')}}`);
  };

  const forbidden = temptingNames.filter(
    (name) => !route.allowed.includes(name) && !Object.hasOwn(route.valid, name),
  );

  it.each(forbidden)('R56 refuses the field %j', async (name) => {
    const answer = await send([[name, { isAdmin: true }]]);
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual([/^[A-Za-z_]\w*$/.test(name) ? name : 'body']);
  });

  it('R56 refuses any other field, whatever it is called', async () => {
    const known = new Set([...route.allowed, ...Object.keys(route.valid)]);
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          fc.string({ unit: 'grapheme' }),
          fc.constantFrom(...Object.getOwnPropertyNames(Object.prototype)),
        ),
        fc.jsonValue({ maxDepth: 3 }),
        async (name, value) => {
          fc.pre(!known.has(name));
          const answer = await send([[name, value]]);
          expect(answer.status).toBe(400);
          expect(answer.body).toMatchObject({ code: 'invalid_request' });
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('what answers show', () => {
  it('R56 is listed here, and nothing else is shown', async () => {
    const shown = [
      ...['id', 'keyspace', 'ownerId', 'name', 'description', 'scopes', 'environment', 'state', 'enabled'],
      ...[
        'expiresAt',
        'ipAllowlist',
        'resources',
        'metadata',
        'hint',
        'previousSecretEndsAt',
        'version',
        'createdAt',
        'createdBy',
      ],
      ...[
        'updatedAt',
        'revokedAt',
        'lastUsedAt',
        'useCount',
        'lastUsedAddress',
        'graceFromFirstUseSeconds',
        'number',
        'features',
        'tags',
      ],
      ...[
        'rateLimits',
        'credits',
        'tokenLifetimeSeconds',
        'revocationReason',
        'revocationComment',
        'signing',
        'publicKey',
        'maxIdleDays',
        'idleAt',
        'parentId',
        'inactiveAncestor',
      ],
    ];
    const created = await makeKey(adminApp, alice);
    expect(Object.keys(created).toSorted()).toEqual([...shown, 'key'].toSorted());
    const client = adminApp.as(alice);
    const one = await client.get(`/keys/${created.id}`);
    expect(Object.keys(one.body as object).toSorted()).toEqual(shown.toSorted());
    const rotated = await client.post(`/keys/${created.id}/rotate`);
    expect(Object.keys(rotated.body as object).toSorted()).toEqual([...shown, 'key'].toSorted());
    const list = await client.get('/keys?limit=1');
    const { items } = list.body as { items: object[] };
    expect(Object.keys(items[0] ?? {}).toSorted()).toEqual(shown.toSorted());
    const revoked = await client.delete(`/keys/${created.id}`);
    expect(Object.keys(revoked.body as object).toSorted()).toEqual(shown.toSorted());
  });
});

describe('afterwards', () => {
  it('nothing has been changed', async () => {
    const events = await adminApp.as(root).get(`/audit?keyId=${made.id}`);
    expect(events.body).toMatchObject({ items: [{ action: 'key.created' }] });
  });

  it('R60 nothing has been polluted', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>).isAdmin).toBeUndefined();
  });
});
