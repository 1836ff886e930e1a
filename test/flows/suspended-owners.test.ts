import express from 'express';
import request from 'supertest';
import type { KeyEvent } from '../../lib/index.js';
import { makeEffective } from '../harness/make-effective.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { startTwoInstances, type TwoInstances } from '../harness/open-place.js';
import { theApp } from '../harness/the-app.js';

const places = ['a store in memory', 'SQLite', 'PostgreSQL', 'PostgreSQL and Redis'] as const;

describe.each(places)('a suspended owner, on %s', (name) => {
  const hasRedis = name.endsWith('Redis');
  let instances: TwoInstances;
  let one: TestInstance;
  let two: TestInstance;

  beforeEach(async () => {
    instances = await startTwoInstances(name);
    ({ one, two } = instances);
  });
  afterEach(() => instances.stop());

  const verdictOf = async ({ apiKeys }: TestInstance, token: string): Promise<string> => {
    const verdict = await makeEffective(() => apiKeys.keys.verify({ key: token }));
    return verdict.allowed ? 'allowed' : verdict.code;
  };
  const make = (instance: TestInstance, input: object = {}): ReturnType<TestInstance['key']> =>
    makeEffective(() => instance.key(input), instance.clock);
  const owners = () => one.apiKeys.owners.as(theApp);
  /** By one process, so that it holds in both. */
  const suspend = async (input: object = {}) =>
    makeEffective(() => owners().suspend({ ownerId: 'alice', ...input }), one.clock);
  const resume = async ({ apiKeys, clock } = one) =>
    makeEffective(() => apiKeys.owners.as(theApp).resume({ ownerId: 'alice' }), clock);

  it('is tried with the parts that the name says', () => {
    for (const { apiKeys } of [one, two]) {
      expect(apiKeys.status().redis).toBe(hasRedis ? 'up' : 'none');
    }
  });

  it('has no key that is accepted, in any process, from the answer on, until it is resumed', async () => {
    const [first, second] = [await make(one), await make(one)];
    const ofBob = await make(one, { ownerId: 'bob' });
    for (const instance of [one, two]) {
      for (const { token } of [first, second, ofBob])
        expect(await verdictOf(instance, token)).toBe('allowed');
    }
    const named: (Date | null)[] = [];
    for (let round = 0; round < 3; round += 1) {
      const suspended = await suspend({ suspensionReason: 'Unpaid' });
      expect(suspended).toMatchObject({
        ownerId: 'alice',
        suspensionReason: 'Unpaid',
        version: 2 * round + 1,
      });
      named.push(suspended.effectiveBy);
      for (const instance of [one, two]) {
        for (const { token } of [first, second])
          expect(await verdictOf(instance, token)).toBe('owner_suspended');
        expect(await verdictOf(instance, ofBob.token)).toBe('allowed');
      }
      const late = await make(two);
      expect(await verdictOf(one, late.token)).toBe('owner_suspended');
      expect(await verdictOf(two, late.token)).toBe('owner_suspended');
      named.push((await resume(two)).effectiveBy);
      for (const instance of [one, two]) {
        for (const { token } of [first, second]) expect(await verdictOf(instance, token)).toBe('allowed');
      }
    }
    // A machine that stands still confirms some of them later, and no more.
    expect(named).toContain(null);
  });

  it('is told of only to callers who have proven a secret of the owner', async () => {
    const { token } = await make(one);
    await suspend();
    const wrong = await make(one, { ownerId: 'bob' });
    const forged = `${token.slice(0, -10)}${wrong.token.slice(-10)}`;
    expect(await verdictOf(two, forged)).toBe('invalid_token');
    expect(await verdictOf(two, token)).toBe('owner_suspended');
  });

  it('ends a key of it all the same: revoked stays revoked after a resumption', async () => {
    const { id, token } = await make(one);
    await verdictOf(two, token);
    await suspend();
    await makeEffective(() => two.apiKeys.keys.as(theApp).revoke({ id }), two.clock);
    expect(await verdictOf(one, token)).toBe('key_revoked');
    await resume();
    for (const instance of [one, two]) expect(await verdictOf(instance, token)).toBe('key_revoked');
  });

  it('is in the audit log, whose chain stays intact', async () => {
    await one.key();
    await suspend({ suspensionReason: 'Unpaid' });
    await resume();
    const { items } = await one.apiKeys.audit.as(theApp).list({ ownerId: 'alice' });
    expect(items.map(({ action, keyId, ownerVersion }) => [action, keyId === null, ownerVersion])).toEqual([
      ['owner.resumed', true, 2],
      ['owner.suspended', true, 1],
      ['key.created', false, undefined],
    ]);
    expect(await two.apiKeys.audit.as(theApp).verify()).toMatchObject({ valid: true, entries: 3 });
  });

  it('is announced to listeners of its keys, and not to those of others', async () => {
    const { id, token } = await make(one);
    const ofBob = await make(one, { ownerId: 'bob' });
    for (const instance of [one, two]) {
      await verdictOf(instance, token);
      await verdictOf(instance, ofBob.token);
    }
    const change = { keyId: id, keyVersion: null, action: 'owner.suspended' };
    const heard: [string, KeyEvent | null][] = [];
    for (const [process, { apiKeys }] of Object.entries({ one, two })) {
      // That the keys were created may still be on its way to the other process. On a machine that stands still, `null` says that
      // anything may have changed, of any key.
      const hear = (whose: string) => (event: KeyEvent | null) => {
        if (event?.action !== 'key.created') heard.push([whose, event]);
      };
      apiKeys.onChange(id, hear(process));
      apiKeys.onChange(ofBob.id, hear(`bob at ${process}`));
    }
    await suspend();
    for (const process of ['one', 'two']) {
      const events = heard.filter(([whose]) => whose === process).map(([, event]) => event);
      const expected = events.includes(null) ? events.map(() => change) : [change];
      expect(events.map((event) => event ?? change)).toEqual(expected);
    }
    expect(heard.filter(([whose, event]) => whose.startsWith('bob') && event !== null)).toEqual([]);
  });
});

describe('apiKeys.owners', () => {
  it('answers a guarded request of a suspended owner with 403', async () => {
    const { apiKeys, key } = createInstance();
    await apiKeys.ready();
    const { token } = await key();
    const app = express();
    app.get('/', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
    await request(app).get('/').set('X-API-Key', token).expect(200);
    await apiKeys.owners.as(theApp).suspend({ ownerId: 'alice', suspensionReason: 'Not for callers' });
    const { body, text } = await request(app).get('/').set('X-API-Key', token).expect(403);
    expect(body).toMatchObject({ status: 403, code: 'owner_suspended' });
    expect(text).not.toContain('Not for callers');
    await apiKeys.close();
  });

  it('is not revealed with opaque refusals', async () => {
    const { apiKeys, key } = createInstance({ refusals: { opaque: true } });
    await apiKeys.ready();
    const { token } = await key();
    await apiKeys.owners.as(theApp).suspend({ ownerId: 'alice' });
    const app = express();
    app.get('/', apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
    const { body } = await request(app).get('/').set('X-API-Key', token).expect(401);
    expect(body).toMatchObject({ code: 'invalid_token' });
    await apiKeys.close();
  });

  it('knows owners about whom nothing is recorded, at version 0, and lists those about whom something is', async () => {
    const { apiKeys } = createInstance();
    const owners = apiKeys.owners.as({ kind: 'admin', id: 'olga' });
    expect(await owners.get({ ownerId: 'alice' })).toEqual({
      ownerId: 'alice',
      plan: null,
      overrides: null,
      credits: null,
      suspendedAt: null,
      suspensionReason: null,
      version: 0,
      createdAt: null,
      updatedAt: null,
    });
    await owners.suspend({ ownerId: 'alice' }, { expectedVersion: 0 });
    await owners.suspend({ ownerId: 'bob' });
    await owners.resume({ ownerId: 'bob' }, { expectedVersion: 1 });
    expect((await owners.list()).items.map(({ ownerId }) => ownerId)).toEqual(['alice', 'bob']);
    expect((await owners.list({ suspended: true })).items.map(({ ownerId }) => ownerId)).toEqual(['alice']);
    const { items, nextCursor } = await owners.list({ limit: 1 });
    expect(items.map(({ ownerId }) => ownerId)).toEqual(['alice']);
    const rest = await owners.list({ limit: 1, cursor: nextCursor ?? '' });
    expect(rest.items.map(({ ownerId }) => ownerId)).toEqual(['bob']);
    await apiKeys.close();
  });

  it('changes nothing where there is nothing to change, or another version was expected', async () => {
    const { apiKeys } = createInstance();
    const owners = apiKeys.owners.as(theApp);
    expect((await owners.resume({ ownerId: 'alice' })).version).toBe(0);
    expect((await owners.suspend({ ownerId: 'alice', suspensionReason: 'a' })).version).toBe(1);
    expect((await owners.suspend({ ownerId: 'alice' })).version).toBe(1);
    expect(await owners.suspend({ ownerId: 'alice', suspensionReason: 'b' })).toMatchObject({
      version: 2,
      suspensionReason: 'b',
    });
    await expect(owners.resume({ ownerId: 'alice' }, { expectedVersion: 1 })).rejects.toMatchObject({
      code: 'ERR_API_KEYS_PRECONDITION_FAILED',
    });
    expect((await owners.get({ ownerId: 'alice' })).suspendedAt).not.toBeNull();
    await apiKeys.close();
  });

  it('is not for owners', async () => {
    const { apiKeys } = createInstance();
    const alice = apiKeys.owners.as({ kind: 'owner', ownerId: 'alice' } as never);
    for (const call of [
      () => alice.get({ ownerId: 'alice' }),
      () => alice.list(),
      () => alice.suspend({ ownerId: 'bob' }),
      () => alice.resume({ ownerId: 'alice' }),
    ]) {
      await expect(call()).rejects.toMatchObject({ code: 'ERR_API_KEYS_FORBIDDEN' });
    }
    await apiKeys.close();
  });
});
