import { setTimeout as sleep } from 'node:timers/promises';
import { dayMs } from '../../lib/domain/day-ms.js';
import { fixedClock } from '../../lib/testing/index.js';
import { addNewerEntries, openSealedStore } from '../audit/long-trail.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const start = Date.UTC(2026, 5, 1);

describe.each(['SQLite', 'PostgreSQL'] as const)('retention of the audit log, on %s', (name) => {
  let database: OwnDatabase;
  const instances: TestInstance[] = [];

  beforeEach(async () => {
    database = await makeOwnDatabase(name);
  });
  afterEach(async () => {
    await Promise.all(instances.splice(0).map(({ apiKeys }) => apiKeys.close()));
    await database.remove();
  });

  async function startAt(time: number, options: object = {}): Promise<TestInstance> {
    const instance = createInstance({ database: database.url, clock: fixedClock(time), ...options });
    instances.push(instance);
    await instance.apiKeys.ready();
    return instance;
  }

  it('removes old entries in the background, and everything else goes on', async () => {
    const first = await startAt(start);
    const keys = first.apiKeys.keys.as(theApp);
    const [kept, rotated, revoked] = [await first.key(), await first.key(), await first.key()];
    const { key: token } = await keys.rotate({ id: rotated.id });
    await keys.revoke({ id: revoked.id });
    const { anchor } = await first.apiKeys.audit.as(theApp).verify();
    const store = await openSealedStore(database.url);
    await addNewerEntries(store, start, 200);
    await addNewerEntries(store, start + 31 * dayMs);
    await store.close();

    const retention = { auditDays: 30 };
    const later = await Promise.all([1, 2].map(() => startAt(start + 31 * dayMs, { retention })));
    const [second] = later as [TestInstance, TestInstance];
    const log = second.apiKeys.audit.as(theApp);
    while ((await log.list({ action: 'key.created', keyId: kept.id })).items.length > 0) await sleep(50);

    const report = await log.verify();
    expect(report).toMatchObject({ valid: true, keys: 4, problems: [] });
    expect(report.trimmed?.at).toEqual(new Date(start + 31 * dayMs));
    expect(await log.verify({ anchor: anchor ?? '' })).toMatchObject({
      ...{ valid: false, problems: [{ kind: 'anchor_trimmed', sequence: 5 }] },
    });
    for (const { apiKeys } of [first, second]) {
      expect(await apiKeys.keys.verify({ key: kept.token })).toMatchObject({ allowed: true });
      expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
      expect(await apiKeys.keys.verify({ key: revoked.token })).toMatchObject({ code: 'key_revoked' });
    }

    const current = await second.apiKeys.keys.as(theApp).get({ id: kept.id });
    const version = current?.version ?? 0;
    const change = { id: kept.id, name: 'renamed' };
    const commands = second.apiKeys.keys.as(theApp);
    await expect(commands.update(change, { expectedVersion: version + 1 })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_PRECONDITION_FAILED',
    });
    expect((await commands.update(change, { expectedVersion: version })).version).toBe(version + 1);
    await commands.revoke({ id: rotated.id });
    expect(await first.apiKeys.keys.verify({ key: token })).toMatchObject({ code: 'key_revoked' });

    let previous = report.trimmed?.sequence ?? 0;
    for await (const { sequence } of log.export({})) expect(sequence).toBe((previous += 1));
    expect(previous).toBeGreaterThan(1000);
    const erased = await second.apiKeys.owners.as(theApp).erase({ ownerId: 'alice' });
    expect(erased.removed.keys).toBe(3);
    expect(await log.verify()).toMatchObject({ valid: true, keys: 4 });
    expect(later.flatMap((instance) => instance.log)).toEqual([]);
  });
});
