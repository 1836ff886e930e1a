import type { Express } from 'express';
import request from 'supertest';
import type { Actor } from '../../lib/index.js';
import type { TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { createDeltadefiApp } from './deltadefi-app.js';
import { createDeribitApp } from './deribit-app.js';
import { createNebulaApp } from './nebula-app.js';
import { createYativoApp } from './yativo-app.js';

type OwnerActor = Extract<Actor, { kind: 'owner' }>;
type Operation = 'create' | 'update' | 'rotate' | 'revoke' | 'read';

/** What the app's own check of its access tokens returns: what is in the token. */
function verifyAccessToken(token: string): OwnerActor {
  const [, payload = ''] = token.split('.');
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as OwnerActor;
}

/** A router, and requests to it; operations that its contract does not have are missing. */
interface DialectApp {
  readonly instance: TestInstance;
  readonly send: Partial<
    Record<Operation, (as: unknown, id: string, number: number) => Promise<request.Response>>
  >;
  /** A scope of its keys. */
  readonly scope: string;
}

const bearer = (actor: unknown) => {
  const payload = Buffer.from(JSON.stringify(actor)).toString('base64url');
  return { Authorization: `Bearer eyJhbGciOiJub25lIn0.${payload}.c2ln` };
};

function createSend(app: Express) {
  return (method: 'get' | 'post' | 'put' | 'delete', path: string, as: unknown, body?: object) => {
    const sent = request(app)[method](path).set(bearer(as));
    return Promise.resolve(body === undefined ? sent : sent.send(body));
  };
}

const dialects = {
  deltadefi(): DialectApp {
    const { app, ...instance } = createDeltadefiApp({ verifyAccessToken, singleKey: false });
    const send = createSend(app);
    return {
      ...{ instance, scope: 'orders:read' },
      send: {
        create: (as) => send('get', '/accounts/new-api-key', as),
        read: (as) => send('get', '/accounts/api-key', as),
      },
    };
  },
  deribit(): DialectApp {
    const { app, ...instance } = createDeribitApp({ verifyAccessToken, maxKeys: 100 });
    const send = createSend(app);
    const call = (name: string, as: unknown, params: object) =>
      send('post', `/api/v2/private/${name}`, as, {
        jsonrpc: '2.0',
        id: 1,
        method: `private/${name}`,
        params,
      });
    return {
      ...{ instance, scope: 'account:read_write' },
      send: {
        create: (as) => call('create_api_key', as, { max_scope: 'account:read_write' }),
        update: (as, _id, id) => call('change_api_key_name', as, { id, name: 'renamed' }),
        rotate: (as, _id, id) => call('reset_api_key', as, { id }),
        revoke: (as, _id, id) => call('remove_api_key', as, { id }),
        read: (as) => call('list_api_keys', as, {}),
      },
    };
  },
  nebula(): DialectApp {
    const { app, ...instance } = createNebulaApp({ verifyAccessToken, ids: 'integer' });
    const send = createSend(app);
    return {
      ...{ instance, scope: 'orders:read' },
      send: {
        create: (as) => send('post', '/api/v1/api-keys', as, { name: 'CI' }),
        revoke: (as, _id, number) => send('delete', `/api/v1/api-keys/${number}`, as),
        read: (as) => send('get', '/api/v1/api-keys', as),
      },
    };
  },
  yativo(): DialectApp {
    const { app, instance } = createYativoApp({ verifyAccessToken });
    const send = createSend(app);
    const path = '/yativo/api/v1/apikey';
    return {
      ...{ instance, scope: 'transactions:read' },
      send: {
        create: (as) => send('post', `${path}/generate`, as, { name: 'CI' }),
        update: (as, id) =>
          send('put', `${path}/${id}/permissions`, as, { permissions: ['transactions:read'] }),
        rotate: (as, id) => send('post', `${path}/${id}/rotate`, as, {}),
        revoke: (as, id) => send('delete', `${path}/${id}`, as),
        read: (as) => send('get', path, as),
      },
    };
  },
} as const;

const org = { kind: 'owner', ownerId: 'org:7' } as const;
/** The least role of each operation. Every one of these keys manages keys, so operators do not rotate them. */
const least = {
  read: 'viewer',
  revoke: 'operator',
  rotate: 'manager',
  create: 'manager',
  update: 'manager',
} as const;
const ranks = { viewer: 0, operator: 1, manager: 2 } as const;
const roles = ['viewer', 'operator', 'manager', undefined] as const;

describe.each(Object.keys(dialects) as (keyof typeof dialects)[])(
  'a member of an organization at %s',
  (name) => {
    let dialect: DialectApp;
    beforeAll(() => {
      dialect = dialects[name]();
    });
    afterAll(() => dialect.instance.apiKeys.close());

    const keys = () => dialect.instance.apiKeys.keys.as(theApp);
    /** All of them: the clock stands still, so the last that was made need not come first. */
    const list = async () => (await keys().list({ ownerId: 'org:7', limit: 100 })).items;
    /** A key of the organization, made by somebody who may do everything. */
    async function provide(): Promise<{ id: string; number: number }> {
      const before = new Set((await list()).map(({ id }) => id));
      const answer = await dialect.send.create?.(org, '', 0);
      expect(answer?.status).toBe(200);
      const made = (await list()).find(({ id }) => !before.has(id));
      return { id: made?.id ?? '', number: made?.number ?? 0 };
    }

    it.each(roles)('does what its role includes, and nothing else: %s', async (role) => {
      const member = {
        ...org,
        memberId: 'user:3',
        memberName: 'Quinn',
        ...(role === undefined ? {} : { role }),
      };
      for (const [operation, send] of Object.entries(dialect.send)) {
        const { id, number } = await provide();
        const before = await list();
        const answer = await send(member, id, number);
        const isAllowed = ranks[role ?? 'manager'] >= ranks[least[operation as Operation]];
        expect([operation, answer.status]).toEqual([operation, isAllowed ? 200 : 403]);
        if (!isAllowed) expect(await list()).toEqual(before);
        if (isAllowed && operation === 'create') {
          const made = (await list()).find((key) => before.every((other) => other.id !== key.id));
          expect(made?.createdBy).toEqual({
            kind: 'owner',
            id: 'org:7',
            memberId: 'user:3',
            memberName: 'Quinn',
          });
        }
      }
    });

    it('gives nothing beyond its grants, which name the scopes of these keys', async () => {
      const { create } = dialect.send;
      const within = await create?.({ ...org, grants: { scopes: ['*', dialect.scope] } }, '', 0);
      expect(within?.status).toBe(200);
      const before = await list();
      const none = await create?.({ ...org, grants: { scopes: [] } }, '', 0);
      const made = (await list()).filter(({ id }) => before.every((other) => other.id !== id));
      // Where clients do not name scopes, a key gets what is left.
      expect(none?.status === 403 || made.every(({ scopes }) => scopes.length === 0)).toBe(true);
    });

    it('is nobody when the app returns anything but an owner', async () => {
      const { read } = dialect.send;
      const wrong = [
        { ...org, role: 'owner' },
        { ...org, rolle: 'viewer' },
        { kind: 'admin', id: 'root' },
        { kind: 'key', apiKey: { id: 'a', ownerId: 'org:7', scopes: [] } },
        { kind: 'application' },
        {},
        [],
        7,
        '',
      ];
      for (const actor of wrong) expect([actor, (await read?.(actor, '', 0))?.status]).toEqual([actor, 500]);
      expect((await read?.(null, '', 0))?.status).toBe(401);
      // The id of an owner stands for an owner who may do everything.
      await provide();
      expect((await read?.('org:7', '', 0))?.status).toBe(200);
      expect((await dialect.send.create?.('org:7', '', 0))?.status).toBe(200);
    });
  },
);

describe('a role that does not include an operation', () => {
  it('is refused before a second factor is asked for', async () => {
    const asked: string[] = [];
    const verify = (): boolean => asked.push('asked') > 0;
    const viewer = { ...org, memberId: 'user:3', role: 'viewer' } as const;
    const yativo = createYativoApp({ verifyAccessToken, verifySecondFactor: verify });
    const deribit = createDeribitApp({
      verifyAccessToken,
      secondFactor: { verify, rpId: 'a.example' } as never,
    });
    await Promise.all([yativo.instance.apiKeys.ready(), deribit.apiKeys.ready()]);
    const created = await request(yativo.app)
      .post('/yativo/api/v1/apikey/generate')
      .set({ ...bearer(viewer), 'X-2FA-Token': '123456' })
      .send({ name: 'CI' });
    const method = 'private/create_api_key';
    const called = await request(deribit.app)
      .post(`/api/v2/${method}`)
      .set(bearer(viewer))
      .send({ jsonrpc: '2.0', id: 1, method, params: { max_scope: 'trade:read' } });
    expect([created.status, called.status, asked]).toEqual([403, 403, []]);
    await Promise.all([yativo.instance.apiKeys.close(), deribit.apiKeys.close()]);
  });
});
