import request from 'supertest';
import { alice, expectProblem, makeKey, mountPath, root, startAdminApp, type AdminApp } from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp();
});
afterAll(() => adminApp.close());

const self = () => request(adminApp.server).get(`${mountPath}/self`);

describe('GET /self', () => {
  describe('200', () => {
    it.each(['X-Api-Key', 'Authorization'])('shows a key to its holder (%s)', async (header) => {
      const { key, ...made } = await makeKey(adminApp, alice, { scopes: [] });
      const answer = await self().set(header, header === 'Authorization' ? `Bearer ${key}` : key);
      expect(answer.status).toBe(200);
      const { lastUsedAt: _first, useCount: _uses, ...shown } = answer.body as Record<string, unknown>;
      const { lastUsedAt: _second, useCount: _none, ...expected } = made;
      expect(shown).toEqual(expected);
      expect(answer.headers).toMatchObject({ etag: '"1"', 'cache-control': 'no-store' });
      expect(answer.text).not.toContain(key.slice(-40));
    });
  });

  describe('401', () => {
    it('asks for a key, even where an owner is signed in', async () => {
      const answer = await adminApp.as(root).get('/self');
      expectProblem(answer, 401, 'missing_credential');
    });

    it('tells the holder of a revoked key so', async () => {
      const { id, key } = await makeKey(adminApp, alice);
      await adminApp.as(alice).delete(`/keys/${id}`).expect(200);
      expectProblem(await self().set('X-Api-Key', key), 401, 'key_revoked');
    });
  });

  describe('403', () => {
    it('goes by the address allowlist of the key', async () => {
      const { key } = await makeKey(adminApp, alice, { ipAllowlist: ['192.0.2.1'] });
      expectProblem(await self().set('X-Api-Key', key), 403, 'address_not_allowed');
    });
  });
});
