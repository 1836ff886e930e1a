import type { Response, Test } from 'supertest';
import { alice, bob, makeKey, startAdminApp, type AdminApp, type Client, type Sender } from './admin-app.js';

let adminApp: AdminApp;
let carolKey: string;
const ids: Record<string, string> = {};
const secrets: string[] = [];

beforeAll(async () => {
  adminApp = await startAdminApp({ router: { managementScope: 'keys:manage' } });
  const carol: Sender = { kind: 'owner', ownerId: 'carol' };
  carolKey = (await makeKey(adminApp, carol, { scopes: ['keys:manage', 'orders:read'] })).key;
  const active = await makeKey(adminApp, alice, { name: 'alice active', metadata: { note: 'alice note' } });
  const disabled = await makeKey(adminApp, alice, { name: 'alice disabled' });
  const revoked = await makeKey(adminApp, alice, { name: 'alice revoked' });
  await adminApp.as(alice).patch(`/keys/${disabled.id}`).send({ enabled: false }).expect(200);
  await adminApp.as(alice).delete(`/keys/${revoked.id}`).expect(200);
  Object.assign(ids, { active: active.id, disabled: disabled.id, revoked: revoked.id });
  secrets.push(active.id, disabled.id, revoked.id, 'alice');
});
afterAll(() => adminApp.close());

const impossibleIds = [
  '0000000000000000',
  'zzzzzzzzzzzzzzzz',
  'x',
  "' OR 1=1--",
  '__proto__',
  'constructor',
  'toString',
  '%00',
  '%ff',
  '%E0%A4%A',
  '%',
  '..%2f..%2fkeys',
  'null',
  'undefined',
  'NaN',
  '*',
  '"1"',
  'é'.normalize('NFD'),
  '１２３４５６７８９０１２３４５６',
  'x'.repeat(2000),
];

type Verb = (client: Client, id: string) => Test;

const verbs: Record<string, Verb> = {
  get: (client, id) => client.get(`/keys/${id}`),
  head: (client, id) => client.head(`/keys/${id}`),
  usage: (client, id) => client.get(`/keys/${id}/usage?by=day`),
  'patch name': (client, id) => client.patch(`/keys/${id}`).send({ name: 'x' }),
  'patch enabled': (client, id) => client.patch(`/keys/${id}`).send({ enabled: true }),
  'patch with If-Match': (client, id) =>
    client.patch(`/keys/${id}`).set('If-Match', '"1"').send({ name: 'x' }),
  'patch with another If-Match': (client, id) =>
    client.patch(`/keys/${id}`).set('If-Match', '"99"').send({ name: 'x' }),
  delete: (client, id) => client.delete(`/keys/${id}`),
  'delete with If-Match *': (client, id) => client.delete(`/keys/${id}`).set('If-Match', '*'),
  revoke: (client, id) => client.post(`/keys/${id}/revoke`),
  rotate: (client, id) => client.post(`/keys/${id}/rotate`).send({ gracePeriodSeconds: 60 }),
};

const senders: Record<string, () => Sender> = {
  bob: () => bob,
  'an owner whose name is a prefix': () => ({ kind: 'owner', ownerId: 'alic' }),
  'an owner in capitals': () => ({ kind: 'owner', ownerId: 'ALICE' }),
  'an owner with a wildcard': () => ({ kind: 'owner', ownerId: '%' }),
  'an owner with a quote': () => ({ kind: 'owner', ownerId: "alice' OR '1'='1" }),
  'a managing key of another owner': () => ({ token: carolKey }),
};

/** All of an answer that a caller sees, the date apart. */
function seen(answer: Response): unknown {
  const { date: _date, ...headers } = answer.headers as Record<string, string>;
  return { status: answer.status, headers, text: answer.text };
}

describe.each(Object.keys(verbs))('%s', (verbName) => {
  const verb = verbs[verbName] as Verb;

  it.each(Object.keys(senders))(
    'R55 shows %s no difference between the keys of another owner and keys that do not exist',
    async (senderName) => {
      const client = adminApp.as(senders[senderName]?.() ?? null);
      const unknown = seen(await verb(client, impossibleIds[0] ?? ''));
      expect(unknown).toMatchObject({ status: 404 });
      for (const id of [...Object.values(ids), ...impossibleIds.slice(1).map(encoded)]) {
        expect([id, seen(await verb(client, id))]).toEqual([id, unknown]);
      }
    },
  );
});

describe('lists', () => {
  it.each(Object.keys(senders))('R55 hold nothing of another owner for %s', async (senderName) => {
    const client = adminApp.as(senders[senderName]?.() ?? null);
    const queries = [
      '/keys?limit=100',
      '/keys?ownerId=alice',
      '/keys?q=alice',
      '/keys?state=revoked',
      '/keys?scope=orders:read',
      '/keys?keyspace=default',
      '/audit?limit=100',
      '/audit?ownerId=alice',
      `/audit?keyId=${ids.active}`,
      '/audit?action=key.revoked',
      '/audit?actor=alice',
      '/audit/export',
      '/audit/export?ownerId=alice',
      `/audit/export?keyId=${ids.active}`,
      // What an owner was refused itself is shown to it, ids that it asked for included: get-audit-access.test.ts.
      '/audit/access?ownerId=alice',
    ];
    for (const query of queries) {
      const answer = await client.get(query).expect(200);
      for (const secret of secrets) {
        expect([query, answer.text.includes(`"${secret}"`)]).toEqual([query, false]);
      }
    }
  });
});

describe('after all that', () => {
  it('the keys of the owner are as they were', async () => {
    for (const [name, id] of Object.entries(ids)) {
      const answer = await adminApp.as(alice).get(`/keys/${id}`).expect(200);
      expect(answer.body).toMatchObject({
        state: name,
        name: `alice ${name}`,
        version: name === 'active' ? 1 : 2,
      });
    }
  });
});

/** Ids that are percent-encoded already are sent as they are. */
function encoded(id: string): string {
  return id.startsWith('%') || id.includes('%2f') ? id : encodeURIComponent(id);
}
