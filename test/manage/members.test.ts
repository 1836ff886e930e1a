import type { CallActor } from '../../lib/index.js';
import {
  alice,
  makeKey,
  root,
  startAdminApp,
  type AdminApp,
  type Sender,
  type ShownKey,
} from '../admin/admin-app.js';
import { theApp } from '../harness/the-app.js';

const olga = { kind: 'owner', ownerId: 'org:7', memberId: 'user:42', memberName: 'Olga' } as const;
const paul = { kind: 'owner', ownerId: 'org:7', memberId: 'user:43' } as const;
const organization = { kind: 'owner', ownerId: 'org:7' } as const;
const stranger = { kind: 'owner', ownerId: 'org:8', memberId: 'user:42' } as const;

const authorOf = { kind: 'owner', id: 'org:7', memberId: 'user:42', memberName: 'Olga' };

interface Entry {
  readonly action: string;
  readonly keyId: string;
  readonly actor: object | null;
}

let app: AdminApp;
let ofOlga: ShownKey;

beforeAll(async () => {
  app = await startAdminApp();
  ofOlga = await makeKey(app, olga);
  await app.as(paul).patch(`/keys/${ofOlga.id}`).send({ name: 'ours' }).expect(200);
  await app.as(organization).post(`/keys/${ofOlga.id}/rotate`).expect(200);
  await makeKey(app, paul, { name: 'of Paul' });
  await makeKey(app, stranger);
});
afterAll(() => app.close());

async function list(sender: Sender, path: string): Promise<Entry[]> {
  return ((await app.as(sender).get(path).expect(200)).body as { items: Entry[] }).items;
}

describe('a member of an owner', () => {
  it('is recorded in every entry of the audit log, over HTTP and in code', async () => {
    const entries = await list(organization, `/audit?keyId=${ofOlga.id}`);
    expect(entries.map(({ action, actor }) => [action, actor])).toEqual([
      ['key.rotated', { kind: 'owner', id: 'org:7' }],
      ['key.updated', { kind: 'owner', id: 'org:7', memberId: 'user:43' }],
      ['key.created', authorOf],
    ]);
    const { items } = await app.apiKeys.audit.as(theApp).list({ keyId: ofOlga.id, memberId: 'user:42' });
    expect(items.map(({ actor }) => actor)).toEqual([authorOf]);
  });

  it('narrows the audit log and its export, within what the actor may see', async () => {
    expect(await list(paul, '/audit?memberId=user:43')).toHaveLength(2);
    expect(await list(paul, '/audit?memberId=user:42')).toHaveLength(1);
    expect(await list(root, '/audit?memberId=user:42')).toHaveLength(2);
    expect(await list(root, '/audit?memberId=Olga')).toHaveLength(0);
    expect(await list(alice, '/audit?memberId=user:42')).toHaveLength(0);
    const exported = await app.as(paul).get('/audit/export?memberId=user:42').expect(200);
    expect(
      exported.text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as Entry).actor),
    ).toEqual([authorOf]);
    await app.as(paul).get('/audit?memberId=').expect(400);
  });

  it('is part of what the chain of the audit log covers', async () => {
    expect(await app.apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true, problemCount: 0 });
  });

  it('is shown as the author of the keys that it creates, and finds them', async () => {
    const shown = (await app.as(paul).get(`/keys/${ofOlga.id}`).expect(200)).body as ShownKey;
    expect(shown['createdBy']).toEqual(authorOf);
    expect(ofOlga['createdBy']).toEqual(authorOf);
    const ids = async (sender: Sender, member: string): Promise<string[]> =>
      (await list(sender, `/keys?createdByMember=${member}`)).map((each) => (each as unknown as ShownKey).id);
    expect(await ids(paul, 'user:42')).toEqual([ofOlga.id]);
    expect(await ids(root, 'user:42')).toHaveLength(2);
    expect(await ids(alice, 'user:42')).toEqual([]);
    const { items } = await app.apiKeys.keys.as(organization).list({ createdByMember: 'user:42' });
    expect(items.map(({ createdBy }) => createdBy)).toEqual([authorOf]);
  });

  it.each<[CallActor, object]>([
    [theApp, { kind: 'application', id: null }],
    [
      { kind: 'admin', id: 'root' },
      { kind: 'admin', id: 'root' },
    ],
    [organization, { kind: 'owner', id: 'org:7' }],
  ])('is not the only author: %j', async (actor, createdBy) => {
    const input = { ownerId: 'org:7', name: 'a key', scopes: [] };
    const created = await app.apiKeys.keys.create(input, { actor });
    expect(created.createdBy).toEqual(createdBy);
  });

  it('cannot be set by a request, and is no change when it is sent back', async () => {
    const path = `/keys/${ofOlga.id}`;
    const { version } = (await app.as(paul).get(path)).body as ShownKey;
    await app.as(paul).post('/keys').send({ name: 'x', scopes: [], createdBy: authorOf }).expect(400);
    await app
      .as(paul)
      .patch(path)
      .send({ createdBy: { kind: 'admin', id: 'root' } })
      .expect(400);
    const same = await app.as(paul).patch(path).send({ createdBy: authorOf }).expect(200);
    expect((same.body as ShownKey).version).toBe(version);
  });

  it('is recorded with its refused requests', async () => {
    await app.as(paul).get('/keys/0000000000000000').expect(404);
    await app.as(olga).get('/keys/0000000000000000').expect(404);
    await app.apiKeys.close();
    const entries = await app.store.accessLog.list({ limit: 10 });
    expect(entries.map(({ actor }) => actor)).toEqual(
      expect.arrayContaining([authorOf, { kind: 'owner', id: 'org:7', memberId: 'user:43' }]),
    );
  });
});
