import express from 'express';
import request from 'supertest';
import { apiKeyOf, createApiKeys } from '../../lib/index.js';
import { fixedClock, memoryStore } from '../../lib/testing/index.js';
import { scopes, testPepper } from '../harness/instance.js';
import { makeOwnDatabase } from '../harness/own-database.js';
import { theApp } from '../harness/the-app.js';

const dayMs = 24 * 60 * 60 * 1000;
const minute = (limit: number) => [{ name: 'minute', limit, windowSeconds: 60 }];

async function open(name: string) {
  const database = name === 'memory' ? null : await makeOwnDatabase(name as 'SQLite' | 'PostgreSQL');
  const place = database === null ? { store: memoryStore() } : { database: database.url };
  const clock = fixedClock(Date.UTC(2026, 5, 1));
  const apiKeys = createApiKeys({
    ...{ prefix: 'acme', scopes, pepper: testPepper, bcryptCost: 8, clock, ...place },
    ...{ plans: { free: {} }, defaultPlan: 'free' },
    logger: { warn: () => undefined, error: () => undefined },
  });
  await apiKeys.ready();
  const app = express().use(
    apiKeys.requireApiKey('users:read', { cost: 0 }),
    apiKeys.adminRouter({
      managementScope: 'users:read',
      authorize: (req) => ({ kind: 'key', apiKey: apiKeyOf(req) }),
    }),
  );
  const close = async (): Promise<void> => {
    await apiKeys.close();
    await database?.remove();
  };
  return { apiKeys, app, clock, close };
}

type Place = Awaited<ReturnType<typeof open>>;

interface MadeKey {
  readonly id: string;
  readonly key: string;
}

describe.each(['memory', 'SQLite', 'PostgreSQL'])('what a plan would take from children, in %s', (name) => {
  let place: Place;
  beforeAll(async () => {
    place = await open(name);
  });
  afterAll(() => place.close());

  const keys = () => place.apiKeys.keys.as(theApp);
  const makeTop = async (ownerId: string, input: object = {}): Promise<MadeKey> => {
    const made = await keys().create({ ownerId, name: 'top', scopes: ['users:read'], ...input });
    return { id: made.id, key: made.key ?? '' };
  };
  const makeChild = async ({ key }: MadeKey, input: object = {}): Promise<MadeKey> => {
    const body = { name: 'child', scopes: ['users:read'], ...input };
    return (await request(place.app).post('/keys').set('X-API-Key', key).send(body).expect(201)).body;
  };
  /** How many keys of the owner would be beyond the ceilings, and how many would lose anything. */
  const ask = async (ownerId: string, keyCeilings: object): Promise<number[]> => {
    const { keys: found } = await place.apiKeys.owners
      .as(theApp)
      .impact({ as: { keyCeilings }, ownerId } as never);
    return [found.checked, found.aboveCeilings, found.affected];
  };

  it('counts limits that a child draws on, and none that a key above it bounds', async () => {
    const top = await makeTop('rates', { rateLimits: minute(50) });
    const sharing = await makeChild(top);
    const bounded = await makeChild(top, { rateLimits: minute(5) });
    await makeChild(bounded);
    // Of the second child and of its child, no request is beyond 10 in a minute.
    expect(await ask('rates', { rateLimits: minute(10) })).toEqual([4, 2, 2]);
    expect(await ask('rates', { rateLimits: minute(50) })).toEqual([4, 0, 0]);
    expect(await ask('rates', { rateLimits: minute(4) })).toEqual([4, 4, 4]);
    // What only the child has is not what it gets: its parent was lowered since.
    await keys().update({ id: sharing.id, rateLimits: minute(40) });
    await keys().update({ id: top.id, rateLimits: minute(8) });
    expect(await ask('rates', { rateLimits: minute(10) })).toEqual([4, 0, 0]);
    // Without its parent's, it has its own.
    await keys().update({ id: top.id, rateLimits: [] });
    expect(await ask('rates', { rateLimits: minute(10) })).toEqual([4, 2, 2]);
  });

  it('counts credits in the same way, with the balances of the keys above as they are', async () => {
    const top = await makeTop('credits', { credits: { remaining: 50 } });
    await makeChild(top);
    const bounded = await makeChild(top, { credits: { remaining: 5 } });
    await makeChild(bounded);
    expect(await ask('credits', { credits: 10 })).toEqual([4, 2, 2]);
    expect(await ask('credits', { credits: 50 })).toEqual([4, 0, 0]);
    expect(await ask('credits', { credits: 4 })).toEqual([4, 4, 4]);
    await keys().update({ id: top.id, credits: { remaining: 3 } });
    expect(await ask('credits', { credits: 4 })).toEqual([4, 0, 0]);
    // Refills bring more than what is left.
    const refills = { refillAmount: 3, refillIntervalSeconds: 60 };
    await keys().update({ id: top.id, credits: { remaining: 3, ...refills } });
    expect(await ask('credits', { credits: 10 })).toEqual([4, 2, 2]);
    await keys().update({ id: top.id, credits: null });
    expect(await ask('credits', { credits: 10 })).toEqual([4, 2, 2]);
  });

  it('counts none that is refused for good with a key above it', async () => {
    const top = await makeTop('revoked', { rateLimits: minute(50) });
    const child = await makeChild(top, { expiresAt: new Date(place.clock.now() + 9 * dayMs) });
    await makeChild(child, { expiresAt: new Date(place.clock.now() + dayMs) });
    expect(await ask('revoked', { rateLimits: minute(10) })).toEqual([3, 3, 3]);
    await keys().revoke({ id: child.id });
    expect(await ask('revoked', { rateLimits: minute(10) })).toEqual([2, 1, 1]);
  });
});
