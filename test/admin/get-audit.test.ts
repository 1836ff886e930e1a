import {
  alice,
  bob,
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
let ofAlice: ShownKey;
let ofBob: ShownKey;
const tokens: string[] = [];

beforeAll(async () => {
  adminApp = await startAdminApp();
  ofAlice = await makeKey(adminApp, alice);
  const { id } = ofAlice;
  adminApp.passTime(1000);
  await adminApp
    .as(root)
    .patch(`/keys/${id}`)
    .send({ enabled: false, metadata: { pin: '4711' } })
    .expect(200);
  await adminApp.as(alice).patch(`/keys/${id}`).send({ enabled: true }).expect(200);
  const rotated = await adminApp.as(alice).post(`/keys/${id}/rotate`).expect(200);
  await adminApp.as(alice).delete(`/keys/${id}`).expect(200);
  ofBob = await makeKey(adminApp, bob);
  tokens.push(ofAlice.key, (rotated.body as ShownKey).key, ofBob.key);
});
afterAll(() => adminApp.close());

interface Page {
  readonly items: { readonly sequence: number; readonly action: string; readonly ownerId: string }[];
  readonly nextCursor: string | null;
}

async function audit(sender: Sender, query = ''): Promise<Page> {
  return (await adminApp.as(sender).get(`/audit${query}`).expect(200)).body as Page;
}

const actionsIn = (page: Page): string[] => page.items.map(({ action }) => action);

describe('GET /audit', () => {
  describe('200', () => {
    it('tells an owner who did what to its keys, when and from where, newest first', async () => {
      const page = await audit(alice);
      expect(actionsIn(page)).toEqual([
        'key.revoked',
        'key.rotated',
        'key.enabled',
        'key.disabled',
        'key.created',
      ]);
      expect(page.items[3]).toEqual({
        sequence: 2,
        at: new Date(adminApp.now()).toISOString(),
        action: 'key.disabled',
        keyId: ofAlice.id,
        keyspace: 'default',
        ownerId: 'alice',
        keyVersion: 2,
        changedFields: expect.arrayContaining(['enabled', 'metadata']) as string[],
        actor: { kind: 'admin', id: 'root' },
        // From where admins do it is theirs.
        address: null,
        requestId: null,
      });
      expect(page.items[2]).toMatchObject({
        actor: { kind: 'owner', id: 'alice' },
        address: expect.stringMatching(/^(127\.0\.0\.1|::1)$/) as string,
      });
    });

    it('holds neither tokens nor values', async () => {
      const answer = await adminApp.as(root).get('/audit').expect(200);
      for (const token of tokens) expect(answer.text).not.toContain(token.slice(-40));
      expect(answer.text).not.toContain('4711');
    });

    it('shows an admin the events of all owners, or of one', async () => {
      expect((await audit(root)).items).toHaveLength(6);
      expect((await audit(root, '?ownerId=bob')).items).toHaveLength(1);
    });

    it.each([
      [() => `?keyId=${ofAlice.id}&action=key.rotated`, 1],
      [() => '?action=key.created', 1],
      [() => `?keyId=${ofBob.id}`, 0],
      [() => '?keyId=0000000000000000', 0],
      [() => '?ownerId=bob', 0],
      [() => '?ownerId=alice', 5],
    ])('filters what an owner sees (%#)', async (query, count) => {
      expect((await audit(alice, query())).items).toHaveLength(count);
    });

    it('goes through all events page by page', async () => {
      const seen: number[] = [];
      let query = '?limit=2';
      for (;;) {
        const page = await audit(root, query);
        seen.push(...page.items.map(({ sequence }) => sequence));
        if (page.nextCursor === null) break;
        query = `?limit=2&cursor=${encodeURIComponent(page.nextCursor)}`;
      }
      expect(seen).toEqual([6, 5, 4, 3, 2, 1]);
    });
  });

  describe('400', () => {
    it.each([
      'action=key.eaten',
      'action=',
      'limit=0',
      'keyId=',
      'keyId=a%20name',
      'q=x',
      'cursor=x',
      'state=active',
    ])('refuses ?%s', async (query) => {
      const answer = await adminApp.as(alice).get(`/audit?${query}`);
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([`?${query.split('=')[0]}`]);
    });
  });

  describe('401', () => {
    it('tells nobody anything', async () => {
      expectProblem(await adminApp.as(null).get('/audit'), 401, 'unauthenticated');
    });
  });
});
