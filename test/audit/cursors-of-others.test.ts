import type { AccessEntry } from '../../lib/domain/access-entry.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(120_000);

/** More than one page of a list reads. */
const many = 1_001;
const olga = { kind: 'owner', ownerId: 'mallory', memberId: 'olga' } as const;

async function startWithBusyOwner() {
  const store = memoryStore();
  const instance = createInstance({ store });
  const { apiKeys, clock } = instance;
  await apiKeys.ready();
  const key = await instance.key({ ownerId: 'alice' });
  const own = await instance.key({ ownerId: 'mallory' });
  const refused = (index: number, ownerId: string, keyId: string): AccessEntry => ({
    id: `event${ownerId}${String(index).padStart(8, '0')}`,
    at: clock.now() + index,
    lastAt: clock.now() + index,
    action: 'access.refused',
    code: 'limit_exceeded' as AccessEntry['code'],
    count: 1,
    keyId,
    ownerId,
    actor: null,
    address: '192.0.2.1',
    method: 'GET',
    route: '/orders',
    requestId: null,
  });
  const events = Array.from({ length: many }, (_, index) => refused(index, 'alice', key.id));
  await store.accessLog.add([...events, refused(0, 'mallory', key.id), refused(1, 'mallory', own.id)]);
  // A member of several organizations: the same person changes a key of each.
  const asMember = apiKeys.keys.as({ ...olga, ownerId: 'alice' });
  for (let change = 0; change < many; change += 1)
    await asMember.update({ id: key.id, name: `Name ${change}` });
  return { apiKeys, key, own };
}

describe('a list of an owner', () => {
  it('has no cursor that counts what others did with a key or as a member', async () => {
    const { apiKeys, key, own } = await startWithBusyOwner();
    const audit = apiKeys.audit.as({ kind: 'owner', ownerId: 'mallory' });
    const accessOfKey = await audit.listAccess({ keyId: key.id });
    expect(accessOfKey.items.map(({ ownerId }) => ownerId)).toEqual(['mallory']);
    expect(accessOfKey.nextCursor).toBeNull();
    expect(await audit.list({ keyId: key.id })).toEqual({ items: [], nextCursor: null });
    expect(await audit.list({ memberId: 'olga' })).toEqual({ items: [], nextCursor: null });
    expect(await audit.list({ keyId: key.id, memberId: 'olga' })).toEqual({ items: [], nextCursor: null });

    // What is its own is found, and so is everything for an admin.
    expect((await audit.listAccess({ keyId: own.id })).items).toHaveLength(1);
    expect((await audit.list({ keyId: own.id })).items.length).toBeGreaterThan(0);
    const all = apiKeys.audit.as(theApp);
    expect((await all.list({ keyId: key.id, ownerId: 'alice' })).items.length).toBeGreaterThan(0);
    expect((await all.listAccess({ keyId: key.id })).nextCursor).toEqual(expect.any(String));
    await apiKeys.close();
  });
});
