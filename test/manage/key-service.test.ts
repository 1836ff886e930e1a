import type { ChangeContext } from '../../lib/manage/change.js';
import type { KeyService } from '../../lib/manage/key-service.js';
import { startOfFeed } from '../../lib/ports/change-feed.js';
import { fixedClock } from '../../lib/testing/index.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { createService } from '../harness/service.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

const context: ChangeContext = {
  actor: { kind: 'owner', ownerId: 'alice' },
  address: '203.0.113.9',
  requestId: null,
  managementScope: null,
};

let service: KeyService;
let store: KeyStore;
let clock: ReturnType<typeof fixedClock>;
let close: () => Promise<void>;

beforeEach(() => {
  clock = fixedClock(Date.UTC(2026, 5, 1));
  ({ service, store, close } = createService({ clock }));
});

afterEach(() => close());

const created = async (input: object = {}) =>
  (await service.create(context, { name: 'CI', scopes: ['orders:read'], ...input })).record;

describe('create', () => {
  it('stores what was given, and defaults', async () => {
    const { record, token } = await service.create(context, { name: 'CI', scopes: ['orders:read'] });
    expect(await store.find(record.id)).toEqual(record);
    expect(record).toMatchObject({
      keyspace: 'default',
      ownerId: 'alice',
      description: null,
      environment: 'live',
      enabled: true,
      revokedAt: null,
      expiresAt: null,
      ipAllowlist: null,
      metadata: {},
      version: 1,
      createdAt: clock.now(),
      lastUsedAt: null,
      hint: { prefix: 'acme_live_', lastFour: token?.slice(-4) },
    });
    expect(record.credentials).toMatchObject([
      { bcryptHash: expect.stringMatching(/^\$2b\$08\$/) as string },
    ]);
  });

  it('names every field that is wrong, and does nothing', async () => {
    await expect(
      service.create(context, { nmae: 'CI', scopes: 'all', expiresAt: 'soon', ipAllowlist: [] }),
    ).rejects.toMatchObject({
      problem: 'invalid_request',
      errors: [
        { field: 'nmae', message: "is not accepted here; did you mean 'name'?" },
        { field: 'name', message: 'is required' },
        { field: 'scopes' },
        { field: 'expiresAt' },
        { field: 'ipAllowlist' },
      ],
    });
    expect((await service.list(context, {})).items).toEqual([]);
    expect((await service.listEvents(context, {})).items).toEqual([]);
  });
});

describe('update', () => {
  it('changes what is named, and nothing else', async () => {
    const before = await created({ description: 'old', metadata: { a: 1 } });
    clock.advance(1_000);
    const { record } = await service.update(context, before.id, { description: null, enabled: false });
    expect(record).toEqual({
      ...before,
      description: null,
      enabled: false,
      version: 2,
      updatedAt: before.updatedAt + 1_000,
    });
  });

  it('refuses no fields, unknown fields, and what the server alone decides', async () => {
    const { id } = await created();
    for (const input of [
      {},
      { ownerId: 'bob' },
      { revokedAt: '2026-01-01T00:00:00Z' },
      { version: 9 },
      { environment: 'test' },
    ]) {
      await expect(service.update(context, id, input)).rejects.toMatchObject({ problem: 'invalid_request' });
    }
    expect((await service.get(context, id)).version).toBe(1);
  });

  it('refuses a revoked key: that is final', async () => {
    const { id } = await created();
    await service.revoke(context, id);
    for (const input of [{ enabled: true }, { name: 'again' }, { expiresAt: null }]) {
      await expect(service.update(context, id, input)).rejects.toMatchObject({ problem: 'conflict' });
    }
  });

  it('is made only for the version that was expected', async () => {
    const { id } = await created();
    await expect(service.update(context, id, { name: 'x' }, [2, 3])).rejects.toMatchObject({
      problem: 'precondition_failed',
    });
    await expect(service.update(context, id, { name: 'x' }, [])).rejects.toMatchObject({
      problem: 'precondition_failed',
    });
    expect((await service.update(context, id, { name: 'x' }, [1])).record.version).toBe(2);
    expect((await service.update(context, id, { name: 'y' }, '*')).record.version).toBe(3);
  });

  it('has one winner among many with the same expectation', async () => {
    const { id } = await created();
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => service.update(context, id, { name: `n${index}` }, [1])),
    );
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect((await service.get(context, id)).version).toBe(2);
  });
});

describe('rotate', () => {
  it('keeps all but the secret', async () => {
    const before = await created({ metadata: { plan: 'pro' } });
    const { record, token } = await service.rotate(context, before.id, {});
    const { credentials, hint, ...kept } = record;
    const { credentials: oldCredentials, hint: _hint, ...expected } = before;
    expect(kept).toEqual({ ...expected, version: 2 });
    expect(hint.lastFour).toBe(token?.slice(-4));
    expect(credentials.map(({ endedAt }) => endedAt)).toEqual([null, clock.now()]);
    expect(credentials[1]?.id).toBe(oldCredentials[0]?.id);
  });

  it('never lets a grace period pass the end of the key, nor a second rotation lengthen the first one', async () => {
    const { id, expiresAt } = await created({ expiresAt: new Date(clock.now() + 10_000).toISOString() });
    const first = await service.rotate(context, id, { gracePeriodSeconds: 60 });
    expect(first.record.credentials[1]?.endsAt).toBe(expiresAt);
    await service.update(context, id, { expiresAt: null });
    const second = await service.rotate(context, id, { gracePeriodSeconds: 3600 });
    expect(second.record.credentials.map(({ endsAt }) => endsAt)).toEqual([
      null,
      clock.now() + 3_600_000,
      expiresAt,
    ]);
    const third = await service.rotate(context, id, {});
    expect(third.record.credentials.filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
  });

  it('has one winner of many at once; the answer to the others is to use its secret', async () => {
    const { id } = await created();
    const answers = await Promise.allSettled(
      Array.from({ length: 10 }, () => service.rotate(context, id, {})),
    );
    const lost = answers.filter(({ status }) => status === 'rejected');
    expect(lost).toHaveLength(9);
    expect(lost.every((answer) => answer.status === 'rejected' && answer.reason.problem === 'conflict')).toBe(
      true,
    );
    const record = await service.get(context, id);
    expect(record.version).toBe(2);
    expect(record.credentials.filter(({ endedAt }) => endedAt === null)).toHaveLength(1);
  });

  it('lets few old secrets live on, however often it is repeated with a grace period', async () => {
    const { id } = await created();
    for (let round = 0; round < 6; round += 1) {
      await service.rotate(context, id, { gracePeriodSeconds: 3600 });
    }
    const { credentials } = await service.get(context, id);
    expect(credentials.map(({ endedAt, endsAt }) => (endedAt === null ? endsAt : 'ended'))).toEqual([
      null,
      clock.now() + 3_600_000,
      clock.now() + 3_600_000,
      ...Array<string>(credentials.length - 3).fill('ended'),
    ]);
  });

  it('keeps a few ended credentials and no more', async () => {
    const { id } = await created();
    for (let round = 0; round < 7; round += 1) await service.rotate(context, id, {});
    expect((await service.get(context, id)).credentials).toHaveLength(5);
  });

  it('refuses revoked and expired keys', async () => {
    const revoked = await created();
    await service.revoke(context, revoked.id);
    await expect(service.rotate(context, revoked.id, {})).rejects.toMatchObject({ problem: 'conflict' });
    const expired = await created({ expiresAt: new Date(clock.now() + 1).toISOString() });
    clock.advance(1);
    await expect(service.rotate(context, expired.id, {})).rejects.toMatchObject({ problem: 'conflict' });
  });

  it('loses against a revocation that came while the secret was made', async () => {
    const { id } = await created();
    const [rotation] = await Promise.allSettled([
      service.rotate(context, id, {}),
      service.revoke(context, id),
    ]);
    expect(rotation).toMatchObject({ status: 'rejected', reason: { problem: 'conflict' } });
    expect((await service.get(context, id)).revokedAt).not.toBeNull();
  });
});

describe('revoke', () => {
  it('is final, and repeating it changes nothing', async () => {
    const { id } = await created();
    const first = await service.revoke(context, id);
    clock.advance(5_000);
    const second = await service.revoke(context, id);
    expect(second.record).toEqual(first.record);
    expect((await service.listEvents(context, { action: 'key.revoked' })).items).toHaveLength(1);
  });
});

describe('confirmation', () => {
  const wallClock = { now: () => Date.now() };

  it('is plain when nobody else follows the changes', async () => {
    const own = createService({ clock: wallClock });
    const { record } = await own.service.create(context, { name: 'CI', scopes: [] });
    const changes = [
      () => own.service.update(context, record.id, { name: 'x' }),
      () => own.service.rotate(context, record.id, {}),
      () => own.service.revoke(context, record.id),
      () => own.service.revoke(context, record.id),
    ];
    for (const change of changes) expect(await change()).toMatchObject({ effectiveBy: null });
    await own.close();
  });

  it('waits for the others, and names a time when one of them says nothing', async () => {
    const own = createService({ clock: wallClock });
    const { record } = await own.service.create(context, { name: 'CI', scopes: [] });
    await own.store.feed.join({ id: 'silent', acked: 0, leaseMs: 3_000 });

    const before = Date.now();
    const { effectiveBy, record: revoked } = await own.service.revoke(context, record.id);
    await machine.expectWithin(2_500, Date.now() - before);
    expect(revoked.version).toBe(2);
    // The longest lease that is known, here its own, and a second more.
    expect((effectiveBy ?? 0) - before).toBeGreaterThanOrEqual(5_000);
    expect((effectiveBy ?? 0) - Date.now()).toBeLessThanOrEqual(5_000);

    // Revoking again asks again; now the other one has applied it.
    const head = (await own.store.feed.latest(1))[0] ?? startOfFeed;
    setTimeout(() => void own.store.feed.beat('silent', head, 10), 100);
    expect(await own.service.revoke(context, record.id)).toMatchObject({ effectiveBy: null });
    await own.close();
  });

  it('tells of a step that was left over when all keys of an owner were revoked before', async () => {
    const own = createService({ clock: wallClock });
    await own.service.create(context, { name: 'CI', scopes: [] });
    await own.service.revokeAll(context, 'alice');
    expect(await own.service.revokeAll(context, 'alice')).toEqual([]);
    await own.store.feed.join({ id: 'silent', acked: 0, leaseMs: 3_000 });
    await expect(own.service.revokeAll(context, 'alice')).rejects.toMatchObject({ problem: 'unavailable' });
    await own.close();
  });
});

describe('lists', () => {
  it('page through everything once, newest first, while new keys come', async () => {
    for (let index = 0; index < 25; index += 1) {
      clock.advance(index % 3);
      await created({ name: `n${index}` });
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await service.list(context, { limit: 7, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor ?? undefined;
      await created({ name: 'late' });
    } while (cursor !== undefined);
    expect(seen).toHaveLength(25);
    expect(new Set(seen).size).toBe(25);
  });

  it('refuse cursors of other lists and of nobody', async () => {
    for (let index = 0; index < 3; index += 1) await created();
    const { nextCursor } = await service.list(context, { limit: 1 });
    const cursor = nextCursor ?? '';
    expect(cursor).not.toBe('');
    const bob: ChangeContext = { ...context, actor: { kind: 'owner', ownerId: 'bob' } };
    const attempts: [ChangeContext, object][] = [
      [bob, { limit: 1, cursor }],
      [context, { limit: 1, cursor, state: 'active' }],
      [context, { limit: 1, cursor: `${cursor}A` }],
      [context, { limit: 1, cursor: cursor.slice(0, -1) }],
      [context, { limit: 1, cursor: '' }],
      [context, { limit: 1, cursor: Buffer.from('[0,"x"]').toString('base64url') }],
    ];
    for (const [who, filter] of attempts) {
      await expect(service.list(who, filter)).rejects.toMatchObject({
        problem: 'invalid_request',
        errors: [{ field: '?cursor' }],
      });
    }
    await expect(service.listEvents(context, { limit: 1, cursor })).rejects.toMatchObject({
      problem: 'invalid_request',
    });
    expect((await service.list(context, { limit: 1, cursor })).items).toHaveLength(1);
  });
});

describe('the audit trail', () => {
  it('says who did what, where from, and never what the values were', async () => {
    const { id } = await created({ metadata: { note: 'confidential' } });
    await service.update(context, id, { scopes: [], metadata: { note: 'classified' } });
    await service.update(context, id, { enabled: false });
    await service.update(context, id, { enabled: true });
    await service.rotate(context, id, {});
    await service.revoke(context, id);
    const { items } = await service.listEvents(context, { keyId: id });
    expect(items.map(({ action }) => action)).toEqual([
      'key.revoked',
      'key.rotated',
      'key.enabled',
      'key.disabled',
      'key.updated',
      'key.created',
    ]);
    expect(items.map(({ sequence }) => sequence)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(items.map(({ keyVersion }) => keyVersion)).toEqual([6, 5, 4, 3, 2, 1]);
    expect(items[4]).toMatchObject({
      keyId: id,
      ownerId: 'alice',
      changedFields: ['scopes', 'metadata'],
      actor: { kind: 'owner', id: 'alice' },
      address: '203.0.113.9',
      at: clock.now(),
    });
    expect(JSON.stringify(items)).not.toMatch(/confidential|classified|\$2b\$/);
  });

  it('shows owners the events of their own keys', async () => {
    await created();
    const bob: ChangeContext = { ...context, actor: { kind: 'owner', ownerId: 'bob' } };
    expect((await service.listEvents(bob, {})).items).toEqual([]);
    expect((await service.listEvents(bob, { ownerId: 'alice' })).items).toEqual([]);
    const admin: ChangeContext = { ...context, actor: { kind: 'admin', id: 'root' } };
    expect((await service.listEvents(admin, { ownerId: 'alice' })).items).toHaveLength(1);
  });
});
