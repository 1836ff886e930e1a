import { makeEffective } from '../harness/make-effective.js';
import { startOrders, type OrdersProcess, type TimedAnswer } from '../harness/start-orders.js';
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

  /** A change that holds everywhere, wherever the answer came from. */
  async function change(process: OrdersProcess, ...request: Parameters<OrdersProcess['manage']>) {
    const answer = await makeEffective(() => process.manage(...request));
    expect([200, 202]).toContain(answer.status);
    return answer;
  }

  /** What a process says about a credential; 503, which is no answer to that, is asked again. */
  const use = (process: OrdersProcess, token: string): Promise<TimedAnswer> =>
    makeEffective(() => process.use(token));

  /** A key that both processes have accepted already. */
  async function usedKey(
    scopes: readonly string[] = ['orders:read'],
  ): Promise<{ id: string; token: string }> {
    const created = await makeEffective(() => one.manage('POST', '/keys', { name: 'CI', scopes }));
    expect(created.status).toBe(201);
    const token = created.body['key'] as string;
    for (const process of [one, two, one, two]) expect((await use(process, token)).status).toBe(200);
    return { id: created.body['id'] as string, token };
  }

  it('lets a key in everywhere as soon as it is made', async () => {
    const input = { name: 'CI', scopes: ['orders:write'] };
    const created = await makeEffective(() => two.manage('POST', '/keys', input));
    expect(created.status).toBe(201);
    const used = await makeEffective(() => one.use(created.body['key'] as string, 'POST'));
    expect(used.status).toBe(201);
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
    const statuses: number[] = [];
    for (const [method, path, body, code] of changes) {
      const { id, token } = await usedKey();
      statuses.push((await change(one, method, `/keys/${id}${path}`, body)).status);
      expect(await use(two, token)).toMatchObject({ code });
      expect(await use(one, token)).toMatchObject({ code });
    }
    // Where the other one answers in time, nothing is waited for.
    expect(statuses).toContain(200);
  });

  it('gives back on the next request what the other one gave back', async () => {
    const { id, token } = await usedKey();
    await change(one, 'PATCH', `/keys/${id}`, { enabled: false });
    expect((await use(two, token)).status).toBe(401);
    await change(two, 'PATCH', `/keys/${id}`, { enabled: true });
    expect((await use(one, token)).status).toBe(200);
    expect((await use(two, token)).status).toBe(200);
  });

  it('lets the new secret in everywhere, and the old one through its grace period', async () => {
    const { id, token } = await usedKey();
    const rotated = await change(one, 'POST', `/keys/${id}/rotate`, { gracePeriodSeconds: 300 });
    expect(rotated.body['id']).toBe(id);
    const next = rotated.body['key'] as string;
    for (const process of [one, two]) {
      expect((await use(process, token)).status).toBe(200);
      expect((await use(process, next)).status).toBe(200);
    }
    const again = await change(two, 'POST', `/keys/${id}/rotate`, {});
    for (const process of [one, two]) {
      expect(await use(process, token)).toMatchObject({ code: 'secret_rotated' });
      expect(await use(process, next)).toMatchObject({ code: 'secret_rotated' });
      expect((await use(process, again.body['key'] as string)).status).toBe(200);
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
          if (status === 401) refused += 1;
          else if (status === 200 && sentAt > answeredAt) wronglyIn += 1;
        }
      };
      const users = [one, two, one, two, one, two].map(user);
      await makeEffective(async () => {
        const answer = await one.manage('POST', `/keys/${id}/revoke`);
        if (answer.status === 200) answeredAt = performance.now();
        else expect([202, 503]).toContain(answer.status);
        return answer;
      });
      answeredAt = Math.min(answeredAt, performance.now());
      await Promise.all(users);
      expect(wronglyIn).toBe(0);
    }
  }, 180_000);

  it('has one winner of many rotations at once, and one secret that works', async () => {
    // The last of them may have been answered with 503: then nobody has the secret that works, and another key is taken.
    let working = 0;
    for (let round = 0; round < 5 && working === 0; round += 1) {
      const { id, token } = await usedKey();
      let unclear = 0;
      const rotate = async (process: OrdersProcess): Promise<TimedAnswer> => {
        const answer = await process.manage('POST', `/keys/${id}/rotate`, {});
        if (answer.status === 503) unclear += 1;
        return answer;
      };
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) => makeEffective(() => rotate(index % 2 === 0 ? one : two))),
      );
      const won = answers.filter(({ status }) => status === 200 || status === 202);
      const lost = answers.filter(({ status, code }) => status === 409 && code === 'conflict');
      expect(won.length + lost.length).toBe(20);
      if (unclear === 0) expect(won.length).toBeGreaterThanOrEqual(1);
      for (const candidate of [token, ...won.map(({ body }) => body['key'] as string)]) {
        if ((await use(two, candidate)).status === 200) working += 1;
      }
      if (unclear === 0) expect(working).toBe(1);
    }
    expect(working).toBe(1);
  }, 180_000);

  it('goes on after one process was killed in the middle of its work', async () => {
    const { id, token } = await usedKey();
    const victim = await startOrders(both.environment);
    const pending = Array.from({ length: 20 }, (_, index) =>
      victim.manage('PATCH', `/keys/${id}`, { name: `n${index}` }).catch(() => null),
    );
    await pending[0];
    await victim.kill();
    await Promise.all(pending);
    const audit = await makeEffective(() => one.manage('GET', `/audit?keyId=${id}&limit=100`));
    const record = await makeEffective(() => one.manage('GET', `/keys/${id}`));
    expect((audit.body['items'] as unknown[]).length).toBe(record.body['version']);
    expect((await use(two, token)).status).toBe(200);
    // Nobody knows yet that the third process is dead, so that it cannot answer for itself.
    const revoked = await two.manage('POST', `/keys/${id}/revoke`);
    expect([200, 202]).toContain(revoked.status);
    const { effectiveBy } = revoked.body as { effectiveBy?: string };
    expect(effectiveBy === undefined).toBe(revoked.status === 200);
    expect(Date.parse(effectiveBy ?? new Date().toISOString()) - Date.now()).toBeLessThan(5_000);
    // The two that live have applied it all the same, by the time of the answer.
    expect((await one.use(token)).code).toBe('key_revoked');
    // It is taken off the list when it has stood still for five seconds.
    const deadline = Date.now() + 60_000;
    while ((await two.manage('POST', `/keys/${id}/revoke`)).status !== 200) {
      expect(Date.now()).toBeLessThan(deadline);
    }
  }, 180_000);

  it('ends cleanly when it is stopped', async () => {
    const third = await startOrders(both.environment);
    expect((await makeEffective(() => third.manage('GET', '/keys'))).status).toBe(200);
    expect(await third.stop()).toBe(0);
  }, 90_000);
});
