import { createHash } from 'node:crypto';
import { memoryStore } from '../../lib/memory/memory-key-store.js';
import type { AuditActor } from '../../lib/domain/audit-entry.js';
import { alice, makeKey, root, startAdminApp, type AdminApp, type Sender } from '../admin/admin-app.js';
import { theApp } from '../harness/the-app.js';

interface Entry {
  readonly action: string;
  readonly actor: AuditActor | null;
  readonly address: string | null;
  readonly requestId: string | null;
  readonly salt?: string;
  readonly hash: string;
}

const linesIn = (text: string): Entry[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Entry);

describe('from where admins change keys', () => {
  let app: AdminApp;
  let ids: string[];
  let managing: Sender;

  beforeAll(async () => {
    const options = {
      store: memoryStore(),
      router: {
        managementScope: 'keys:manage',
        stepUp: { operations: ['rotate'], verify: () => false },
      },
    } as const;
    app = await startAdminApp(options);
    ids = [(await makeKey(app, alice)).id, (await makeKey(app, alice)).id];
    const ofAdmin = ['X-Request-Id', 'of-the-admin'] as const;
    await app
      .as(root)
      .patch(`/keys/${ids[0]}`)
      .set(...ofAdmin)
      .send({ name: 'x' })
      .expect(200);
    for (const change of ['suspend', 'resume']) {
      await app
        .as(root)
        .post(`/owners/alice/${change}`)
        .set(...ofAdmin)
        .send({})
        .expect(200);
    }
    await app.apiKeys.keys.as(theApp).update({ id: ids[1] ?? '', name: 'y' });
    await app
      .as(alice)
      .patch(`/keys/${ids[1]}`)
      .set('X-Request-Id', 'of-alice')
      .send({ name: 'z' })
      .expect(200);
    // A refusal of the admin, which names a key of alice.
    await app
      .as(root)
      .post(`/keys/${ids[0]}/rotate`)
      .set(...ofAdmin)
      .expect(403);
    await app.as(alice).post(`/keys/${ids[0]}/rotate`).set('X-Request-Id', 'of-alice').expect(403);
    const { key } = await app.apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'managing', scopes: ['keys:manage'] });
    managing = { token: key };
    // Refusals are written when it is closed at the latest.
    await app.close();
    app = await startAdminApp(options);
  });
  afterAll(() => app.close());

  const isApp = ({ actor }: Entry): boolean => actor?.kind === 'admin' || actor?.kind === 'application';
  const expectHidden = (entries: readonly Entry[]): void => {
    expect(entries.filter(isApp).length).toBeGreaterThan(0);
    for (const entry of entries) {
      const { address, requestId, salt } = entry;
      if (isApp(entry)) expect([address, requestId, salt]).toEqual([null, null, undefined]);
      else expect(address).toEqual(expect.any(String));
    }
    expect(JSON.stringify(entries)).not.toContain('of-the-admin');
    expect(JSON.stringify(entries)).toContain('of-alice');
  };

  it('is hidden from owners and keys, in lists and in exports', async () => {
    for (const reader of [alice, managing]) {
      const { body } = await app.as(reader).get('/audit').expect(200);
      expectHidden((body as { items: Entry[] }).items);
      expectHidden(linesIn((await app.as(reader).get('/audit/export').expect(200)).text));
    }
    const audit = app.apiKeys.audit.as({ kind: 'owner', ownerId: 'alice' });
    expectHidden((await audit.list()).items);
    const exported: Entry[] = [];
    for await (const entry of audit.export()) exported.push(entry);
    expectHidden(exported);
  });

  it('is shown to admins and to the app', async () => {
    const { body } = await app.as(root).get('/audit?actor=root').expect(200);
    const { items } = body as { items: Entry[] };
    expect(items.map(({ address, requestId }) => [typeof address, requestId])).toContainEqual([
      'string',
      'of-the-admin',
    ]);
    const ofApp = await app.apiKeys.audit.as(theApp).list({ actor: 'root' });
    expect(JSON.stringify(ofApp)).toContain('of-the-admin');
  });

  it('is hidden in an export whose chain can be followed all the same', async () => {
    const all = linesIn((await app.as(root).get('/audit/export').expect(200)).text);
    const ofAlice = linesIn((await app.as(alice).get('/audit/export').expect(200)).text);
    expect(ofAlice.map(({ hash }) => hash)).toEqual(all.map(({ hash }) => hash));
    let previous = '0'.repeat(64);
    for (const { hash, address: _address, requestId: _requestId, salt: _salt, ...entry } of ofAlice) {
      expect(createHash('sha256').update(previous).update(JSON.stringify(entry)).digest('hex')).toBe(hash);
      previous = hash;
    }
    expect(await app.apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true });
  });

  it('is not in the access log either: owners do not see what an admin was refused', async () => {
    const { body } = await app.as(alice).get('/audit/access').expect(200);
    const { items } = body as { items: Entry[] };
    expect(JSON.stringify(items)).not.toContain('of-the-admin');
    expect(items.filter(isApp)).toEqual([]);
    expect(JSON.stringify(items)).toContain('of-alice');
    const seen = await app.as(root).get('/audit/access').expect(200);
    expect(JSON.stringify(seen.body)).toContain('of-the-admin');
  });
});
