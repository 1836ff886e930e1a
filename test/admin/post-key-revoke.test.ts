import {
  alice,
  bob,
  expectProblem,
  fieldsOf,
  makeKey,
  root,
  startAdminApp,
  use,
  type AdminApp,
  type ShownKey,
} from './admin-app.js';
import { theApp } from '../harness/the-app.js';

let adminApp: AdminApp;
let made: ShownKey;
beforeAll(async () => {
  adminApp = await startAdminApp();
});
beforeEach(async () => {
  made = await makeKey(adminApp, alice);
});
afterAll(() => adminApp.close());

/** Revoking has two spellings, which must not differ in anything. */
describe.each([
  ['POST /keys/:id/revoke', (id: string) => adminApp.as(alice).post(`/keys/${id}/revoke`)],
  ['DELETE /keys/:id', (id: string) => adminApp.as(alice).delete(`/keys/${id}`)],
])('%s', (_name, revoke) => {
  describe('200', () => {
    it('answers with the record, which stays readable', async () => {
      const { key: _key, ...before } = made;
      const answer = await revoke(made.id).expect(200);
      const revokedAt = new Date(adminApp.now()).toISOString();
      expect(answer.body).toEqual({ ...before, state: 'revoked', revokedAt, version: 2 });
      expect(answer.headers.etag).toBe('"2"');
      expect((await adminApp.as(alice).get(`/keys/${made.id}`).expect(200)).body).toEqual(answer.body);
    });

    it('is obeyed by the next request', async () => {
      expect(await use(adminApp, made.key)).toBe(200);
      await revoke(made.id).expect(200);
      expect(await use(adminApp, made.key)).toBe(401);
    });

    it('changes nothing the second time', async () => {
      const first = await revoke(made.id).expect(200);
      adminApp.passTime(1000);
      const second = await revoke(made.id).expect(200);
      expect(second.body).toEqual(first.body);
    });

    it('takes an empty object as body', async () => {
      await revoke(made.id).send({}).expect(200);
    });
  });

  describe('400', () => {
    it('refuses what it does not know', async () => {
      const answer = await revoke(made.id).send({ reason: 'leaked', force: true });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer).sort()).toEqual(['force', 'reason']);
      expect(await use(adminApp, made.key)).toBe(200);
    });
  });

  describe('404', () => {
    it('gives the same bytes for the key of another and for none', async () => {
      const foreign = await makeKey(adminApp, bob);
      const answer = await revoke(foreign.id);
      expectProblem(answer, 404, 'not_found');
      expect((await revoke('0000000000000000')).text).toBe(answer.text);
      expect(await use(adminApp, foreign.key)).toBe(200);
    });
  });

  describe('412', () => {
    it('leaves a key alone that has changed since', async () => {
      expectProblem(await revoke(made.id).set('If-Match', '"2"'), 412, 'precondition_failed');
      expect(await use(adminApp, made.key)).toBe(200);
      await revoke(made.id).set('If-Match', '"1"').expect(200);
    });
  });
});

describe('revoking by an admin', () => {
  it('reaches the keys of all owners', async () => {
    await adminApp.as(root).delete(`/keys/${made.id}`).expect(200);
    expect(await use(adminApp, made.key)).toBe(401);
  });
});

describe('why a key is revoked', () => {
  const post = (body: object) => adminApp.as(alice).post(`/keys/${made.id}/revoke`).send(body);

  it('is kept and shown: a reason, and a comment in own words', async () => {
    const answer = await post({ reason: 'keyCompromise', comment: 'found in\na public repository' }).expect(
      200,
    );
    expect(answer.body).toMatchObject({
      state: 'revoked',
      revocationReason: 'keyCompromise',
      revocationComment: 'found in\na public repository',
    });
    const audit = await adminApp.as(alice).get(`/audit?keyId=${made.id}&limit=1`);
    expect(audit.body).toMatchObject({
      items: [{ changedFields: ['revokedAt', 'revocationReason', 'revocationComment'] }],
    });
    expect(JSON.stringify(audit.body)).not.toContain('public repository');
  });

  it('stays what it was when the key is revoked again', async () => {
    await post({ reason: 'superseded' }).expect(200);
    const again = await post({ reason: 'keyCompromise', comment: 'no' }).expect(200);
    expect(again.body).toMatchObject({ revocationReason: 'superseded', revocationComment: null, version: 2 });
  });

  it.each([
    [{ reason: 'KeyCompromise' }, 'reason'],
    [{ reason: 'cACompromise' }, 'reason'],
    [{ reason: null }, 'reason'],
    [{ reason: ['superseded'] }, 'reason'],
    [{ comment: 'x'.repeat(501) }, 'comment'],
    [{ comment: 'a\u202eb' }, 'comment'],
    [{ comment: 5 }, 'comment'],
  ])('refuses %j', async (body, field) => {
    const answer = await post(body);
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual([field]);
    expect(await use(adminApp, made.key)).toBe(200);
  });

  it('is no field of DELETE', async () => {
    const answer = await adminApp.as(alice).delete(`/keys/${made.id}`).send({ reason: 'superseded' });
    expectProblem(answer, 400, 'invalid_request');
  });

  it('can be said in code too, for one key and for all of an owner', async () => {
    const { keys } = adminApp.apiKeys;
    const revoked = await keys
      .as(theApp)
      .revoke({ id: made.id, reason: 'privilegeWithdrawn' }, { expectedVersion: 1 });
    expect(revoked).toMatchObject({ revocationReason: 'privilegeWithdrawn', revocationComment: null });
    await makeKey(adminApp, root, { ownerId: 'carol' });
    const all = await keys
      .as(theApp)
      .revokeAll({ ownerId: 'carol', reason: 'cessationOfOperation', comment: 'closed' });
    expect(all).toMatchObject([
      { revocationReason: 'cessationOfOperation', revocationComment: 'closed', state: 'revoked' },
    ]);
    await expect(keys.as(theApp).revoke({ id: made.id, reasn: 'x' } as never)).rejects.toThrow(
      /did you mean 'reason'/,
    );
    await expect(keys.as(theApp).revoke({ id: made.id, reason: 'x' as never })).rejects.toMatchObject({
      problem: 'invalid_request',
    });
  });
});
