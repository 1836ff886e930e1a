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

const rotate = () => adminApp.as(alice).post(`/keys/${made.id}/rotate`);

describe('POST /keys/:id/rotate', () => {
  describe('200', () => {
    it.each([
      ['no body', undefined],
      ['{}', {}],
      ['a grace period of 0', { gracePeriodSeconds: 0 }],
    ])('ends the old secret at once with %s', async (_what, body) => {
      const answer = await rotate().send(body).expect(200);
      const rotated = answer.body as ShownKey;
      expect(rotated).toMatchObject({ id: made.id, version: 2, previousSecretEndsAt: null });
      expect(rotated.key).not.toBe(made.key);
      expect(answer.headers).toMatchObject({ etag: '"2"', 'cache-control': 'no-store', pragma: 'no-cache' });
      expect(await use(adminApp, made.key)).toBe(401);
      expect(await use(adminApp, rotated.key)).toBe(200);
    });

    it('shows how long the old secret will live on from the first use of the new one', async () => {
      const grace = { gracePeriodSeconds: 60, graceStartsOnFirstUse: true };
      const answer = await rotate().send(grace).expect(200);
      expect(answer.body).toMatchObject({ previousSecretEndsAt: null, graceFromFirstUseSeconds: 60 });
      expect(await use(adminApp, made.key)).toBe(200);
    });

    it('R40 lets the old secret live on for the grace period', async () => {
      const answer = await rotate().send({ gracePeriodSeconds: 60 }).expect(200);
      const rotated = answer.body as ShownKey;
      expect(rotated.previousSecretEndsAt).toBe(new Date(adminApp.now() + 60_000).toISOString());
      expect(await use(adminApp, made.key)).toBe(200);
      adminApp.passTime(59_999);
      expect(await use(adminApp, made.key)).toBe(200);
      adminApp.passTime(1);
      expect(await use(adminApp, made.key)).toBe(401);
      expect(await use(adminApp, rotated.key)).toBe(200);
    });
  });

  describe('400', () => {
    it.each([-1, 1.5, '60', null, true, 30 * 24 * 3600 + 1, [60]])(
      'refuses a grace period of %j',
      async (gracePeriodSeconds) => {
        const answer = await rotate().send({ gracePeriodSeconds });
        expectProblem(answer, 400, 'invalid_request');
        expect(fieldsOf(answer)).toEqual(['gracePeriodSeconds']);
        expect(await use(adminApp, made.key)).toBe(200);
      },
    );

    it.each(['true', 1, null, {}])('refuses graceStartsOnFirstUse: %j', async (graceStartsOnFirstUse) => {
      const answer = await rotate().send({ gracePeriodSeconds: 60, graceStartsOnFirstUse });
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['graceStartsOnFirstUse']);
      expect(await use(adminApp, made.key)).toBe(200);
    });

    it('refuses a misspelt grace period, which would end the old secret at once', async () => {
      const answer = await rotate().send({ gracePeriodSecond: 60 });
      expectProblem(answer, 400, 'invalid_request');
      expect(await use(adminApp, made.key)).toBe(200);
    });
  });

  describe('404', () => {
    it('rotates no key of another owner', async () => {
      expectProblem(await adminApp.as(bob).post(`/keys/${made.id}/rotate`), 404, 'not_found');
      expect(await use(adminApp, made.key)).toBe(200);
    });
  });

  describe('409', () => {
    it('R40 rotates no revoked key', async () => {
      await adminApp.as(alice).post(`/keys/${made.id}/revoke`).expect(200);
      expectProblem(await rotate(), 409, 'conflict');
    });

    it('leaves one secret after several rotations at once, and tells who was overtaken', async () => {
      // One that arrives after another was answered is a rotation of its own, so there may be several winners.
      const answers = await Promise.all(Array.from({ length: 8 }, () => rotate()));
      const winners = answers.filter(({ status }) => status === 200);
      expect(winners.length).toBeGreaterThanOrEqual(1);
      for (const loser of answers.filter((answer) => !winners.includes(answer))) {
        expectProblem(loser, 409, 'conflict');
      }
      const statuses = await Promise.all(
        [made, ...winners.map(({ body }) => body as ShownKey)].map(({ key }) => use(adminApp, key)),
      );
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    });
  });

  describe('412', () => {
    it('lets one of several rotations of one version win, whenever they arrive', async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => rotate().set('If-Match', '"1"')));
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect(statuses.filter((status) => status === 412)).toHaveLength(7);
    });

    it('keeps the secret when the key has changed since', async () => {
      const answer = await rotate().set('If-Match', '"2"');
      expectProblem(answer, 412, 'precondition_failed');
      expect(await use(adminApp, made.key)).toBe(200);
    });
  });
});
