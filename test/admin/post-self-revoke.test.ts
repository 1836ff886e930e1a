import request from 'supertest';
import {
  alice,
  expectProblem,
  fieldsOf,
  makeKey,
  mountPath,
  root,
  startAdminApp,
  use,
  type AdminApp,
} from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp();
});
afterAll(() => adminApp.close());

const revoke = () => request(adminApp.server).post(`${mountPath}/self/revoke`);

describe('POST /self/revoke', () => {
  describe('200', () => {
    it('lets the holder end the key, and only this one', async () => {
      const other = await makeKey(adminApp, alice);
      const { id, key } = await makeKey(adminApp, alice, { scopes: ['orders:read'] });
      const answer = await revoke().set('Authorization', `Bearer ${key}`).expect(200);
      expect(answer.body).toMatchObject({ id, state: 'revoked', version: 2 });
      expect(await use(adminApp, key)).toBe(401);
      expect(await use(adminApp, other.key)).toBe(200);
    });

    it('takes a reason and a comment', async () => {
      const { key } = await makeKey(adminApp, alice);
      const answer = await revoke().set('X-Api-Key', key).send({ reason: 'keyCompromise', comment: 'lost' });
      expect(answer.body).toMatchObject({ revocationReason: 'keyCompromise', revocationComment: 'lost' });
    });

    it('is recorded as the key’s own doing', async () => {
      const { id, key } = await makeKey(adminApp, alice);
      await revoke().set('X-Api-Key', key).send({}).expect(200);
      const answer = await adminApp.as(root).get(`/audit?keyId=${id}&limit=1`).expect(200);
      expect(answer.body).toMatchObject({
        items: [{ action: 'key.revoked', actor: { kind: 'key', id } }],
      });
    });
  });

  describe('400', () => {
    it('takes no id: the key that is sent is the key that ends', async () => {
      const other = await makeKey(adminApp, alice);
      const { key } = await makeKey(adminApp, alice);
      const answer = await revoke().set('X-Api-Key', key).send({ id: other.id });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['id']);
      expect(await use(adminApp, key)).toBe(200);
    });
  });

  describe('401', () => {
    it('asks for a key, even where an owner is signed in', async () => {
      expectProblem(await adminApp.as(root).post('/self/revoke'), 401, 'missing_credential');
    });

    it('works once', async () => {
      const { key } = await makeKey(adminApp, alice);
      await revoke().set('X-Api-Key', key).expect(200);
      expectProblem(await revoke().set('X-Api-Key', key), 401, 'key_revoked');
    });
  });

  describe('403', () => {
    it('is refused when another site makes a browser send it', async () => {
      const { key } = await makeKey(adminApp, alice);
      const answer = await revoke().set('X-Api-Key', key).set('Sec-Fetch-Site', 'cross-site');
      expectProblem(answer, 403, 'cross_site_request');
      expect(await use(adminApp, key)).toBe(200);
    });
  });
});
