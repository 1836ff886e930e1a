import { startOrders, type OrdersProcess } from '../harness/start-orders.js';
import { sharedPlaces, startTwoProcesses, type TwoProcesses } from '../harness/two-processes.js';

describe.each(sharedPlaces)('two processes on %s', (name) => {
  let both: TwoProcesses;
  let one: OrdersProcess;
  let two: OrdersProcess;

  beforeAll(async () => {
    both = await startTwoProcesses(name);
    ({ one, two } = both);
  }, 180_000);

  afterAll(() => both.stop(), 30_000);

  /** A key that both processes have accepted already. */
  async function usedKey(
    scopes: readonly string[] = ['orders:read'],
  ): Promise<{ id: string; token: string }> {
    const created = await one.manage('POST', '/keys', { name: 'CI', scopes });
    expect(created.status).toBe(201);
    const token = created.body['key'] as string;
    for (const process of [one, two, one, two]) expect((await process.use(token)).status).toBe(200);
    return { id: created.body['id'] as string, token };
  }

  it('lets a key in everywhere as soon as it is made', async () => {
    const created = await two.manage('POST', '/keys', { name: 'CI', scopes: ['orders:write'] });
    expect((await one.use(created.body['key'] as string, 'POST')).status).toBe(201);
  });

  it('refuses on the next request what the other one took away', async () => {
    const changes: [string, string, object | undefined, string][] = [
      ['POST', '/revoke', undefined, 'key_revoked'],
      ['DELETE', '', undefined, 'key_revoked'],
      ['PATCH', '', { enabled: false }, 'key_disabled'],
      ['PATCH', '', { scopes: ['orders:write'] }, 'insufficient_scope'],
      ['PATCH', '', { ipAllowlist: ['203.0.113.9'] }, 'address_not_allowed'],
      ['POST', '/rotate', {}, 'secret_rotated'],
    ];
    for (const [method, path, body, code] of changes) {
      const { id, token } = await usedKey();
      const changed = await one.manage(method, `/keys/${id}${path}`, body);
      expect(changed.status).toBe(200);
      expect(await two.use(token)).toMatchObject({ code });
      expect(await one.use(token)).toMatchObject({ code });
    }
  });

  it('gives back on the next request what the other one gave back', async () => {
    const { id, token } = await usedKey();
    await one.manage('PATCH', `/keys/${id}`, { enabled: false });
    expect((await two.use(token)).status).toBe(401);
    expect((await two.manage('PATCH', `/keys/${id}`, { enabled: true })).status).toBe(200);
    expect((await one.use(token)).status).toBe(200);
    expect((await two.use(token)).status).toBe(200);
  });

  it('lets the new secret in everywhere, and the old one through its grace period', async () => {
    const { id, token } = await usedKey();
    const rotated = await one.manage('POST', `/keys/${id}/rotate`, { gracePeriodSeconds: 60 });
    expect(rotated.body['id']).toBe(id);
    const next = rotated.body['key'] as string;
    for (const process of [one, two]) {
      expect((await process.use(token)).status).toBe(200);
      expect((await process.use(next)).status).toBe(200);
    }
    const again = await two.manage('POST', `/keys/${id}/rotate`, {});
    for (const process of [one, two]) {
      expect(await process.use(token)).toMatchObject({ code: 'secret_rotated' });
      expect(await process.use(next)).toMatchObject({ code: 'secret_rotated' });
      expect((await process.use(again.body['key'] as string)).status).toBe(200);
    }
  });

  it('accepts no request after a revocation was answered, however busy the key is', async () => {
    for (let round = 0; round < 15; round += 1) {
      const { id, token } = await usedKey();
      let answeredAt = Infinity;
      let wronglyIn = 0;
      let refused = 0;
      const user = async (process: OrdersProcess): Promise<void> => {
        while (refused < 20) {
          const sentAt = performance.now();
          const { status } = await process.use(token);
          if (status !== 200) refused += 1;
          else if (sentAt > answeredAt) wronglyIn += 1;
        }
      };
      const users = [one, two, one, two, one, two].map(user);
      const revoked = await one.manage('POST', `/keys/${id}/revoke`);
      answeredAt = performance.now();
      expect(revoked.status).toBe(200);
      await Promise.all(users);
      expect(wronglyIn).toBe(0);
    }
  }, 180_000);

  it('has one winner of many rotations at once, and one secret that works', async () => {
    const { id, token } = await usedKey();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? one : two).manage('POST', `/keys/${id}/rotate`, {}),
      ),
    );
    const won = answers.filter(({ status }) => status === 200);
    const lost = answers.filter(({ status, code }) => status === 409 && code === 'conflict');
    expect(won.length).toBeGreaterThanOrEqual(1);
    expect(won.length + lost.length).toBe(20);
    let working = 0;
    for (const candidate of [token, ...won.map(({ body }) => body['key'] as string)]) {
      if ((await two.use(candidate)).status === 200) working += 1;
    }
    expect(working).toBe(1);
  });

  it('goes on after one process was killed in the middle of its work', async () => {
    const { id, token } = await usedKey();
    const victim = await startOrders(both.environment);
    const pending = Array.from({ length: 20 }, (_, index) =>
      victim.manage('PATCH', `/keys/${id}`, { name: `n${index}` }).catch(() => null),
    );
    await pending[0];
    await victim.kill();
    await Promise.all(pending);
    const audit = await one.manage('GET', `/audit?keyId=${id}&limit=100`);
    const record = await one.manage('GET', `/keys/${id}`);
    expect((audit.body['items'] as unknown[]).length).toBe(record.body['version']);
    expect((await two.use(token)).status).toBe(200);
    // Nobody knows yet that the third process is dead, so that it cannot answer for itself.
    const revoked = await two.manage('POST', `/keys/${id}/revoke`);
    expect([200, 202]).toContain(revoked.status);
    const { effectiveBy } = revoked.body as { effectiveBy?: string };
    expect(effectiveBy === undefined).toBe(revoked.status === 200);
    expect(Date.parse(effectiveBy ?? new Date().toISOString()) - Date.now()).toBeLessThan(5_000);
    // The two that live have applied it all the same, by the time of the answer.
    expect((await one.use(token)).code).toBe('key_revoked');
    // It is taken off the list when it has stood still for five seconds.
    const deadline = Date.now() + 15_000;
    while ((await two.manage('POST', `/keys/${id}/revoke`)).status !== 200) {
      expect(Date.now()).toBeLessThan(deadline);
    }
  }, 180_000);

  it('ends cleanly when it is stopped', async () => {
    const third = await startOrders(both.environment);
    expect((await third.manage('GET', '/keys')).status).toBe(200);
    expect(await third.stop()).toBe(0);
  }, 90_000);
});
