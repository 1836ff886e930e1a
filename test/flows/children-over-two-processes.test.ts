import express from 'express';
import request from 'supertest';
import { apiKeyOf } from '../../lib/index.js';
import { makeEffective } from '../harness/make-effective.js';
import type { TestInstance } from '../harness/instance.js';
import { startTwoInstances, type TwoInstances } from '../harness/open-place.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(120_000);

const rounds = 40;

describe.each(['SQLite', 'PostgreSQL and Redis'] as const)('a key whose parent changes, on %s', (name) => {
  let both: TwoInstances;
  let app: express.Express;

  beforeAll(async () => {
    both = await startTwoInstances(name);
    const { apiKeys } = both.one;
    app = express();
    app.use(
      '/manage',
      apiKeys.requireApiKey('users:read'),
      apiKeys.adminRouter({
        managementScope: 'users:read',
        authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
      }),
    );
  });
  afterAll(() => both.stop());

  const makeParent = () => both.one.key({ scopes: ['users:read', 'orders:read'] });
  const makeChild = (token: string) =>
    makeEffective(async () =>
      request(app)
        .post('/manage/keys')
        .set('Authorization', `Bearer ${token}`)
        .send({ name: 'child', scopes: ['orders:read'] }),
    );
  const verify = async ({ apiKeys }: TestInstance, key: string): Promise<string> => {
    const verdict = await apiKeys.keys.verify({ key });
    return verdict.allowed ? 'allowed' : verdict.code;
  };

  it(`is accepted in no process after the answer, in ${rounds} rounds`, async () => {
    const { one, two } = both;
    const parent = await makeParent();
    const made = await makeChild(parent.token);
    expect(made.status).toBe(201);
    const { key } = made.body as { key: string };
    const named: (Date | null)[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const [here, there] = round % 2 === 0 ? [one, two] : [two, one];
      // Reads are in flight while the parent changes.
      const enable = ({ apiKeys, clock }: TestInstance, enabled: boolean) =>
        makeEffective(() => apiKeys.keys.as(theApp).update({ id: parent.id, enabled }), clock);
      const changing = enable(here, false);
      const during = Promise.all(Array.from({ length: 5 }, () => verify(there, key)));
      named.push((await changing).effectiveBy);
      expect(await verify(there, key)).toBe('key_disabled');
      expect(await verify(here, key)).toBe('key_disabled');
      await during;
      await enable(there, true);
      expect([await verify(here, key), await verify(there, key)]).toEqual(['allowed', 'allowed']);
    }
    // A machine that stands still confirms some of them later, and no more.
    expect(named).toContain(null);
  });

  it('is not made after its parent was revoked, or is refused with it', async () => {
    const { two } = both;
    for (let round = 0; round < 10; round += 1) {
      const parent = await makeParent();
      const [made] = await Promise.all([
        makeChild(parent.token),
        makeEffective(() => two.apiKeys.keys.as(theApp).revoke({ id: parent.id }), two.clock),
      ]);
      expect([201, 401, 403]).toContain(made.status);
      if (made.status === 201) expect(await verify(two, made.body.key as string)).toBe('key_revoked');
      expect((await makeChild(parent.token)).status).toBe(401);
    }
  });
});
