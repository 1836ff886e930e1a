import {
  alice,
  bob,
  expectProblem,
  fieldsOf,
  makeKey,
  startAdminApp,
  use,
  type AdminApp,
  type ShownKey,
} from './admin-app.js';

let adminApp: AdminApp;
let made: ShownKey;
beforeAll(async () => {
  adminApp = await startAdminApp();
});
beforeEach(async () => {
  made = await makeKey(adminApp, alice);
});
afterAll(() => adminApp.close());

const patch = (body: object) => adminApp.as(alice).patch(`/keys/${made.id}`).send(body);

describe('PATCH /keys/:id', () => {
  describe('200', () => {
    it('takes a merge patch (RFC 7396), but no object in it, which would be merged and not replaced', async () => {
      const merge = (body: object) => patch(body).type('application/merge-patch+json');
      const { body } = await merge({ name: 'renamed', description: null, tags: ['a'] }).expect(200);
      expect(body).toMatchObject({ name: 'renamed', description: null, tags: ['a'] });
      const refused = await merge({ name: 'x', metadata: { a: 1 } });
      expectProblem(refused, 400, 'invalid_request');
      expect(fieldsOf(refused)).toEqual(['metadata']);
    });

    it('changes the fields that were sent, and only them', async () => {
      const changes = {
        name: 'renamed',
        description: 'new',
        scopes: ['orders:write'],
        expiresAt: '2027-05-01T00:00:00.000Z',
        ipAllowlist: ['192.0.2.0/24'],
        metadata: { a: 1 },
        enabled: false,
      };
      for (const [field, value] of Object.entries(changes)) {
        await patch({ [field]: value }).expect(200);
      }
      const { key: _key, ...before } = made;
      const answer = await adminApp.as(alice).get(`/keys/${made.id}`).expect(200);
      expect(answer.body).toEqual({ ...before, ...changes, state: 'disabled', version: 8 });
      expect(answer.headers.etag).toBe('"8"');
    });

    it('takes effect on the next request', async () => {
      expect(await use(adminApp, made.key)).toBe(200);
      await patch({ scopes: [] }).expect(200);
      expect(await use(adminApp, made.key)).toBe(403);
      await patch({ scopes: ['orders:read'] }).expect(200);
      expect(await use(adminApp, made.key)).toBe(200);
      await patch({ ipAllowlist: ['192.0.2.1'] }).expect(200);
      expect(await use(adminApp, made.key)).toBe(403);
      await patch({ ipAllowlist: null }).expect(200);
      expect(await use(adminApp, made.key)).toBe(200);
      await patch({ enabled: false }).expect(200);
      expect(await use(adminApp, made.key)).toBe(401);
      await patch({ enabled: true }).expect(200);
      expect(await use(adminApp, made.key)).toBe(200);
    });

    it('empties a description and an expiry with null', async () => {
      await patch({ description: 'x', expiresAt: '2027-05-01T00:00:00Z' }).expect(200);
      const answer = await patch({ description: null, expiresAt: null }).expect(200);
      expect(answer.body).toMatchObject({ description: null, expiresAt: null });
    });

    it.each(['"1"', 'W/"1"', '"1-gzip"', '*', '"7", "1"', 'W/"1", "1"', ' , "1" ,'])(
      'takes If-Match: %s',
      async (ifMatch) => {
        const answer = await patch({ name: 'x' }).set('If-Match', ifMatch).expect(200);
        expect(answer.headers.etag).toBe('"2"');
      },
    );
  });

  describe('400', () => {
    it('refuses to change nothing', async () => {
      expectProblem(await patch({}), 400, 'invalid_request');
      expectProblem(await adminApp.as(alice).patch(`/keys/${made.id}`), 400, 'invalid_request');
    });

    it.each([
      ['name', null],
      ['name', ''],
      ['scopes', null],
      ['scopes', ['unknown:scope']],
      ['expiresAt', '2020-01-01T00:00:00Z'],
      ['ipAllowlist', []],
      ['metadata', null],
      ['enabled', 'false'],
      ['enabled', null],
      ['enabled', 0],
      ['ownerId', 'bob'],
      ['environment', 'test'],
      ['state', 'revoked'],
      ['version', 2],
      ['revokedAt', '2026-01-01T00:00:00Z'],
      ['id', '0000000000000000'],
    ])('refuses %s: %j', async (field, value) => {
      const answer = await patch({ [field]: value });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual([field]);
      expect((await adminApp.as(alice).get(`/keys/${made.id}`)).body).toMatchObject({ version: 1 });
    });

    it.each(['1', '"1', '"1"x', '*, "1"', 'w/"1"', '"a b"', '"1";"2"'])(
      'refuses If-Match: %s',
      async (ifMatch) => {
        const answer = await patch({ name: 'x' }).set('If-Match', ifMatch);
        expectProblem(answer, 400, 'invalid_request');
        expect(fieldsOf(answer)).toEqual(['If-Match']);
      },
    );
  });

  describe('403', () => {
    it('lets no owner grant a wildcard afterwards', async () => {
      expectProblem(await patch({ scopes: ['orders:*'] }), 403, 'forbidden');
    });
  });

  describe('404', () => {
    it('changes no key of another owner', async () => {
      const answer = await adminApp.as(bob).patch(`/keys/${made.id}`).send({ name: 'x' });
      expectProblem(answer, 404, 'not_found');
    });
  });

  describe('409', () => {
    it.each([{ enabled: true }, { enabled: false }, { name: 'x' }, { scopes: [] }])(
      'changes nothing of a revoked key: %j',
      async (change) => {
        await adminApp.as(alice).post(`/keys/${made.id}/revoke`).expect(200);
        expectProblem(await patch(change), 409, 'conflict');
        expect((await adminApp.as(alice).get(`/keys/${made.id}`)).body).toMatchObject({ state: 'revoked' });
      },
    );
  });

  describe('412', () => {
    it.each(['"2"', '"0"', '"01"', 'W/"2"', '"2-gzip"', '""', '"x"', ',', '"99999999999999999999"'])(
      'changes nothing for If-Match: %s',
      async (ifMatch) => {
        expectProblem(await patch({ name: 'x' }).set('If-Match', ifMatch), 412, 'precondition_failed');
        expect((await adminApp.as(alice).get(`/keys/${made.id}`)).body).toMatchObject({ version: 1 });
      },
    );

    it('lets one of two changes win that were made for the same version', async () => {
      const answers = await Promise.all(
        ['one', 'two', 'three'].map((name) => patch({ name }).set('If-Match', '"1"')),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    });
  });
});
