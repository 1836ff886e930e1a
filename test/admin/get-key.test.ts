import { alice, bob, expectProblem, makeKey, root, startAdminApp, type AdminApp } from './admin-app.js';

let adminApp: AdminApp;
beforeAll(async () => {
  adminApp = await startAdminApp({ router: { managementScope: 'keys:manage' } });
});
afterAll(() => adminApp.close());

describe('GET /keys/:id', () => {
  describe('200', () => {
    it('shows what the creation showed, without the token', async () => {
      const { key, ...made } = await makeKey(adminApp, alice);
      const answer = await adminApp.as(alice).get(`/keys/${made.id}`).expect(200);
      expect(answer.body).toEqual(made);
      expect(answer.text).not.toContain(key.slice(-40));
      expect(answer.headers).toMatchObject({ etag: '"1"', 'cache-control': 'no-store' });
    });

    it('shows an admin the keys of all owners', async () => {
      const { id } = await makeKey(adminApp, alice);
      await adminApp.as(root).get(`/keys/${id}`).expect(200);
    });

    it('shows a key that manages keys the other keys of its owner', async () => {
      const { id } = await makeKey(adminApp, alice);
      const { key } = await makeKey(adminApp, alice, { scopes: ['keys:manage'] });
      await adminApp.as({ token: key }).get(`/keys/${id}`).expect(200);
    });

    it('shows a key as expired from the millisecond on which it ends', async () => {
      const expiresAt = new Date(adminApp.now() + 5000).toISOString();
      const { id } = await makeKey(adminApp, alice, { expiresAt });
      adminApp.passTime(4999);
      expect((await adminApp.as(alice).get(`/keys/${id}`)).body).toMatchObject({ state: 'active' });
      adminApp.passTime(1);
      expect((await adminApp.as(alice).get(`/keys/${id}`)).body).toMatchObject({ state: 'expired' });
    });

    it('takes a slash at the end', async () => {
      const { id } = await makeKey(adminApp, alice);
      await adminApp.as(alice).get(`/keys/${id}/`).expect(200);
    });
  });

  describe('400', () => {
    it('refuses query parameters', async () => {
      const { id } = await makeKey(adminApp, alice);
      expectProblem(await adminApp.as(alice).get(`/keys/${id}?full=1`), 400, 'invalid_request');
    });
  });

  describe('404', () => {
    it('gives the same bytes for a key of another owner, an unknown id and an impossible one', async () => {
      const { id } = await makeKey(adminApp, alice);
      const foreign = await adminApp.as(bob).get(`/keys/${id}`);
      expectProblem(foreign, 404, 'not_found');
      for (const unknown of [
        '0000000000000000',
        'x',
        '%00',
        '%ff',
        '%E0%A4%A',
        `${id}x`,
        '..%2f',
        'x'.repeat(900),
      ]) {
        const answer = await adminApp.as(bob).get(`/keys/${unknown}`);
        expect([unknown, answer.status, answer.text]).toEqual([unknown, 404, foreign.text]);
      }
    });
  });
});
