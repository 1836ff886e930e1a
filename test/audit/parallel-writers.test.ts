import { setTimeout as sleep } from 'node:timers/promises';
import { createApiKeys } from '../../lib/index.js';
import { firstAuditHash, hashAuditEntry } from '../../lib/ports/audit-chain.js';
import { scopes, testPepper } from '../harness/instance.js';
import { startOrders } from '../harness/start-orders.js';
import { databases, readTrail, type DatabaseUnderAttack } from './database-under-attack.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(240_000);

const writers = 100;

describe.each(Object.keys(databases))('on %s', (name) => {
  it('R73 100 writers of 2 processes at once leave one chain without a gap', async () => {
    const database = (await databases[name]?.()) as DatabaseUnderAttack;
    const processes = await Promise.all([
      startOrders({ DATABASE_URL: database.database }),
      startOrders({ DATABASE_URL: database.database }),
    ]);
    const created = await processes[0]?.manage('POST', '/keys', { name: 'one', scopes: ['orders:read'] });
    const id = String(created?.body['id']);

    /** A change that waited too long on a busy machine is 503, was not made or was made all the same, and is repeated. */
    const write = async (writer: number): Promise<string> => {
      for (let attempt = 1; attempt < 100; attempt += 1) {
        const requestId = `writer-${writer}-${attempt}`;
        const answer = await processes[writer % 2]?.manage(
          ...(['PATCH', `/keys/${id}`, { name: `name ${writer}` }, { 'X-Request-Id': requestId }] as const),
        );
        if (answer?.status === 200 || answer?.status === 202) return requestId;
        expect(answer?.status).toBe(503);
        // As Retry-After says, and not all at the same moment.
        await sleep(1000 + 20 * writer);
      }
      throw new Error(`writer ${writer} was never heard`);
    };
    const made = await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));

    const entries = await readTrail(database);
    expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1));
    let previous = firstAuditHash;
    for (const { payload, hash } of entries) {
      expect(hashAuditEntry(previous, payload)).toBe(hash);
      previous = hash;
    }
    const requestIds = entries.map(
      ({ personal }) => (JSON.parse(personal ?? '{}') as { requestId: string }).requestId,
    );
    expect(made.filter((requestId) => requestIds.filter((each) => each === requestId).length !== 1)).toEqual(
      [],
    );
    expect(requestIds.length).toBe(new Set(requestIds).size);

    const apiKeys = createApiKeys({
      ...{ prefix: 'acme', scopes, pepper: testPepper, database: database.database },
    });
    expect(await apiKeys.audit.as(theApp).verify()).toMatchObject({
      valid: true,
      entries: entries.length,
      keys: 1,
    });
    await apiKeys.close();
    await Promise.all(processes.map((each) => each.stop()));
    await database.drop();
  });
});
