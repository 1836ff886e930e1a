import type { ApiKey, CreatedKey } from '../../lib/index.js';
import { alice, bob, root, startAdminApp, type AdminApp, type Sender } from './admin-app.js';

let app: AdminApp;

beforeAll(async () => {
  app = await startAdminApp({
    router: { managementScope: 'keys:manage' },
    actingKeyResources: 'handler',
    instance: { resources: { project: 'A project of the app', region: 'A region' } },
  });
});
afterAll(() => app.close());

const fields = { name: 'CI', scopes: ['orders:read'] };
interface Made extends CreatedKey {
  readonly status: number;
}

async function make(sender: Sender, more: object): Promise<Made> {
  const { status, body } = await app
    .as(sender)
    .post('/keys')
    .send({ ...fields, ...more });
  return { ...(body as CreatedKey), status };
}
async function problemOf(sender: Sender, more: object): Promise<string> {
  const { status, body } = await app
    .as(sender)
    .post('/keys')
    .send({ ...fields, ...more });
  const { code, errors } = body as { code: string; errors?: { field: string; message: string }[] };
  return `${status} ${code} ${errors?.map(({ field, message }) => `${field} ${message}`).join() ?? ''}`.trim();
}
const list = (count: number, length = 2): string[] =>
  Array.from({ length: count }, (_, index) => String(index).padStart(length, '0'));

describe('the field resources of a key', () => {
  it('is null without being set, and otherwise what was set, in every answer', async () => {
    expect((await make(alice, {})).resources).toBe(null);
    const resources = { project: ['p2', 'p1', '日本 😀'], region: ['eu'] };
    const made = await make(alice, { resources });
    expect(made.resources).toEqual(resources);
    const { body } = await app.as(alice).get(`/keys/${made.id}`).expect(200);
    expect((body as ApiKey).resources).toEqual(resources);
    const rotated = await app.as(alice).post(`/keys/${made.id}/rotate`).send({}).expect(200);
    expect((rotated.body as ApiKey).resources).toEqual(resources);
    const { body: self } = await app
      .as(null)
      .get('/self')
      .set('X-API-Key', (rotated.body as CreatedKey).key);
    expect(self).toMatchObject({ id: made.id, resources });
  });

  it('takes 100 ids of a kind with 64 characters each, and no more', async () => {
    const emoji = '😀'.repeat(64);
    const resources = { project: list(100, 64), region: [emoji] };
    expect((await make(root, { ownerId: 'alice', resources })).resources).toEqual(resources);
    expect(await problemOf(alice, { resources: { project: list(101) } })).toMatch(/^400 invalid_request /);
    expect(await problemOf(alice, { resources: { project: ['x'.repeat(65)] } })).toBe(
      '400 invalid_request resources project entry 1 must have at most 64 characters',
    );
    expect(await problemOf(alice, { resources: { region: [`${emoji}x`] } })).toMatch(/^400 invalid_request /);
    await expect(
      app.apiKeys.keys.as({ kind: 'application' }).create({
        ownerId: 'alice',
        ...fields,
        scopes: [],
        resources: { project: list(101) } as never,
      }),
    ).rejects.toMatchObject({
      errors: [{ field: 'resources', message: 'project must contain at most 100 ids' }],
    });
  });

  it('refuses what is empty, twice there, of another kind or unknown', async () => {
    const problems: readonly [unknown, string][] = [
      [{}, 'must name at least one kind; use null for all resources'],
      [[], 'must be an object with a list of ids for each kind, or null for all resources'],
      ['project:p1', 'must be an object with a list of ids for each kind, or null for all resources'],
      [{ project: [] }, 'project must name at least one id; leave it out for all'],
      [{ project: null }, 'project must be a list of ids; leave it out for all'],
      [{ project: 'p1' }, 'project must be a list of ids; leave it out for all'],
      [{ project: ['p1', 'p1'] }, 'project must not name an id twice'],
      [{ project: ['p1', ''] }, 'project entry 2 must not be blank'],
      [{ project: [' '] }, 'project entry 1 must not be blank'],
      [{ project: [7] }, 'project entry 1 must be a string'],
      [
        { project: ['p\u202e1'] },
        'project entry 1 must not contain control, bidirectional or zero-width characters',
      ],
      [{ projekt: ['p1'] }, 'must name only known kinds: project, region'],
      [{ constructor: ['p1'] }, 'must name only known kinds: project, region'],
      [{ toString: ['p1'] }, 'must name only known kinds: project, region'],
      [JSON.parse('{"__proto__":["p1"]}'), 'must name only known kinds: project, region'],
    ];
    for (const [resources, message] of problems)
      expect(await problemOf(alice, { resources })).toBe(`400 invalid_request resources ${message}`);
  });

  it('takes names of every object as ids', async () => {
    const project = ['__proto__', 'constructor', 'toString'];
    expect((await make(alice, { resources: { project } })).resources).toEqual({ project });
  });

  it('is replaced as a whole by a change, which names it in the audit log', async () => {
    const { id } = await make(alice, { resources: { project: ['p1'], region: ['eu'] } });
    const patch = (resources: unknown) => app.as(alice).patch(`/keys/${id}`).send({ resources });
    expect((await patch({ project: ['p2'] }).expect(200)).body).toMatchObject({
      resources: { project: ['p2'] },
      version: 2,
    });
    expect((await patch({ project: ['p2'] }).expect(200)).body).toMatchObject({ version: 2 });
    expect((await patch(null).expect(200)).body).toMatchObject({ resources: null, version: 3 });
    await patch({}).expect(400);
    await app
      .as(alice)
      .patch(`/keys/${id}`)
      .type('application/merge-patch+json')
      .send(JSON.stringify({ resources: { project: ['p3'] } }))
      .expect(400);
    const { body } = await app.as(root).get(`/audit?keyId=${id}`).expect(200);
    const { items } = body as { items: { changedFields: string[] }[] };
    expect(items.map(({ changedFields }) => changedFields)).toEqual([['resources'], ['resources'], []]);
  });

  it('is one that no key can have where no kinds are configured', async () => {
    const plain = await startAdminApp();
    const { body } = await plain
      .as(alice)
      .post('/keys')
      .send({ ...fields, resources: { project: ['p1'] } })
      .expect(400);
    expect(body).toMatchObject({
      errors: [{ field: 'resources', message: 'must be null: no kinds of resources are configured here' }],
    });
    await plain
      .as(alice)
      .post('/keys')
      .send({ ...fields, resources: null })
      .expect(201);
    await plain.close();
  });
});

describe('lists', () => {
  it('find the keys that are bound to a resource', async () => {
    const [one, two] = [
      await make(bob, { resources: { project: ['list:1'] } }),
      await make(bob, { resources: { project: ['list:1', 'b c'], region: ['us'] } }),
    ];
    await make(bob, {});
    const find = async (query: string): Promise<string[]> => {
      const { body } = await app.as(bob).get(`/keys?${query}`).expect(200);
      return (body as { items: ApiKey[] }).items.map(({ id }) => id).sort();
    };
    expect(await find('resource=project:list:1')).toEqual([one.id, two.id].sort());
    expect(await find('resource=project%3Ab%20c')).toEqual([two.id]);
    expect(await find('resource=region:us')).toEqual([two.id]);
    expect(await find('resource=region:list:1')).toEqual([]);
    const keys = app.apiKeys.keys.as({ kind: 'application' });
    const inCode = await keys.list({ resource: { project: 'b c' } } as object);
    expect(inCode.items.map(({ id }) => id)).toEqual([two.id]);
    for (const resource of [
      {},
      { project: 'a', region: 'b' },
      { projekt: 'a' },
      { project: ['a'] },
      'project:a',
    ])
      await expect(keys.list({ resource } as object)).rejects.toMatchObject({ problem: 'invalid_request' });
    for (const query of ['project', 'project:', 'projekt:p1', '__proto__:p1', 'toString:p1', ':p1', ''])
      await app.as(bob).get(`/keys?resource=${query}`).expect(400);
  });
});

describe('a bound key that manages keys', () => {
  const scopes = ['orders:read', 'keys:manage'];
  const made = async (resources: object | null): Promise<{ token: string }> => ({
    token: (await make(alice, { scopes, resources })).key,
  });

  it('makes, changes and rotates only keys that are bound within what it is bound to', async () => {
    const manager = await made({ project: ['p1', 'p2'] });
    const child = await make(manager, { resources: { project: ['p1'], region: ['eu'] } });
    expect(child.status).toBe(201);
    for (const resources of [
      null,
      { region: ['eu'] },
      { project: ['p3'] },
      { project: ['p1', 'p3'] },
      { project: ['constructor'] },
    ]) {
      expect(await problemOf(manager, { resources })).toBe('403 forbidden');
      await app.as(manager).patch(`/keys/${child.id}`).send({ resources }).expect(403);
    }
    expect(await problemOf(manager, {})).toBe('403 forbidden');
    await app
      .as(manager)
      .patch(`/keys/${child.id}`)
      .send({ resources: { project: ['p2'] } })
      .expect(200);
    await app.as(manager).post(`/keys/${child.id}/rotate`).send({}).expect(200);

    for (const resources of [null, { project: ['p1', 'p3'] }, { region: ['eu'] }]) {
      const above = await make(alice, { resources });
      await app.as(manager).patch(`/keys/${above.id}`).send({ name: 'mine' }).expect(403);
      await app.as(manager).post(`/keys/${above.id}/rotate`).send({}).expect(403);
      await app
        .as(manager)
        .patch(`/keys/${above.id}`)
        .send({ resources: { project: ['p1'] } })
        .expect(403);
    }
  });

  it('does not bind itself to less than it is, nor to more', async () => {
    const { id, key: token } = await make(alice, { scopes, resources: { project: ['p1', 'p2'] } });
    await app.as({ token }).patch(`/keys/${id}`).send({ resources: null }).expect(403);
    await app
      .as({ token })
      .patch(`/keys/${id}`)
      .send({ resources: { project: ['p1', 'p2', 'p3'] } })
      .expect(403);
    await app
      .as({ token })
      .patch(`/keys/${id}`)
      .send({ resources: { project: ['p1'] } })
      .expect(200);
    await app
      .as({ token })
      .patch(`/keys/${id}`)
      .send({ resources: { project: ['p1', 'p2'] } })
      .expect(403);
  });

  it('is not needed to bind: a key that is bound to nothing binds others', async () => {
    const manager = await made(null);
    expect((await make(manager, { resources: { project: ['p9'] } })).status).toBe(201);
    expect((await make(manager, { resources: null })).status).toBe(201);
  });
});

it('a bound key reads and revokes itself', async () => {
  const { key: token } = await make(alice, { resources: { project: ['p1'] } });
  await app.as(null).get('/self').set('X-API-Key', token).expect(200);
  await app.as(null).post('/self/revoke').set('X-API-Key', token).send({}).expect(200);
  await app.as(null).get('/self').set('X-API-Key', token).expect(401);
});

it('the OpenAPI document has the kinds with their sentences', async () => {
  const { body } = await app.as(null).get('/openapi.json').expect(200);
  const { paths } = body as {
    paths: Record<
      string,
      Record<string, { requestBody: { content: Record<string, { schema: { properties: object } }> } }>
    >;
  };
  const { properties } = paths['/keys']!['post']!.requestBody.content['application/json']!.schema;
  expect(properties).toMatchObject({
    resources: {
      type: ['object', 'null'],
      properties: { project: { description: 'A project of the app', maxItems: 100 } },
    },
  });
});
