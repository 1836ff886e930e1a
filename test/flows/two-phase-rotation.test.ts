import express from 'express';
import request from 'supertest';
import type { ApiKey } from '../../lib/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { waitUntil } from '../servers/wait-until.cjs';
import { theApp } from '../harness/the-app.js';

let instance: TestInstance;
let app: express.Express;
let key: { id: string; token: string };

beforeEach(async () => {
  instance = createInstance();
  await instance.apiKeys.ready();
  app = express().get('/orders', instance.apiKeys.requireApiKey('orders:read'), (_req, res) => {
    res.json([]);
  });
  key = await instance.key();
});
afterEach(() => instance.apiKeys.close());

const use = (token: string) => request(app).get('/orders').set('X-Api-Key', token);
const rotate = (grace: object) => instance.apiKeys.keys.as(theApp).rotate({ id: key.id, ...grace });
const found = async (): Promise<ApiKey> => {
  const record = await instance.apiKeys.keys.as(theApp).get({ id: key.id });
  if (record === null) throw new Error('the key is gone');
  return record;
};
const graceStarted = (): Promise<void> =>
  waitUntil('the grace period has begun', async () => (await found()).graceFromFirstUseSeconds === null);
const secondsLater = (seconds: number): void => instance.clock.advance(seconds * 1000);

describe('a rotation whose grace period begins with the first use', () => {
  it('R40 leaves the old secret as it is until the new one is used, and ends it then to the millisecond', async () => {
    const rotated = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    expect(rotated).toMatchObject({ previousSecretEndsAt: null, graceFromFirstUseSeconds: 60 });
    secondsLater(1_000_000);
    await use(key.token).expect(200);
    expect(await found()).toMatchObject({ version: 2, graceFromFirstUseSeconds: 60 });

    await use(rotated.key).expect(200);
    await graceStarted();
    const started = await found();
    expect(started.version).toBe(3);
    expect(started.previousSecretEndsAt?.getTime()).toBe(instance.clock.now() + 60_000);
    await use(key.token).expect(200);
    instance.clock.advance(59_999);
    await use(key.token).expect(200);
    instance.clock.advance(1);
    const late = await use(key.token).expect(401);
    expect(late.body).toMatchObject({ code: 'secret_rotated' });
    await use(rotated.key).expect(200);
  });

  it('ends the old secret with the first use when there is no period', async () => {
    const rotated = await rotate({ graceStartsOnFirstUse: true });
    await use(key.token).expect(200);
    await use(rotated.key).expect(200);
    await graceStarted();
    await use(key.token).expect(401);
    await use(rotated.key).expect(200);
  });

  it('R40 never lets a secret live longer than its key', async () => {
    const expiresAt = new Date(instance.clock.now() + 30_000);
    await instance.apiKeys.keys.as(theApp).update({ id: key.id, expiresAt });
    const rotated = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    await use(rotated.key).expect(200);
    await graceStarted();
    expect((await found()).previousSecretEndsAt).toEqual(expiresAt);
    secondsLater(30);
    for (const token of [key.token, rotated.key]) {
      expect((await use(token).expect(401)).body).toMatchObject({ code: 'key_expired' });
    }
  });

  it('counts only a use that was accepted', async () => {
    const rotated = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    await instance.apiKeys.keys.as(theApp).update({ id: key.id, scopes: [] });
    await use(rotated.key).expect(403);
    await instance.apiKeys.keys.as(theApp).update({ id: key.id, enabled: false });
    await use(rotated.key).expect(401);
    expect(await found()).toMatchObject({ version: 4, graceFromFirstUseSeconds: 60 });
  });

  it('is one change, by the key itself, however many requests find it first', async () => {
    const rotated = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    await Promise.all(Array.from({ length: 30 }, () => use(rotated.key).expect(200)));
    await graceStarted();
    await Promise.all(Array.from({ length: 30 }, () => use(rotated.key).expect(200)));
    expect((await found()).version).toBe(3);
  });

  it('replaces a secret that was not used yet by another rotation, at once', async () => {
    const pending = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    const next = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    expect((await use(pending.key).expect(401)).body).toMatchObject({ code: 'secret_rotated' });
    await use(key.token).expect(200);
    expect(await found()).toMatchObject({ version: 3, graceFromFirstUseSeconds: 60 });
    await use(next.key).expect(200);
    await graceStarted();
    expect((await found()).previousSecretEndsAt).not.toBeNull();

    const last = await rotate({});
    const tokens = [key.token, pending.key, next.key, last.key];
    const statuses = await Promise.all(tokens.map(async (token) => (await use(token)).status));
    expect(statuses).toEqual([401, 401, 401, 200]);
  });

  it('ends everything with a rotation without a period while it is pending', async () => {
    const pending = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    const last = await rotate({});
    const tokens = [key.token, pending.key, last.key];
    const statuses = await Promise.all(tokens.map(async (token) => (await use(token)).status));
    expect(statuses).toEqual([401, 401, 200]);
    expect(await found()).toMatchObject({ previousSecretEndsAt: null, graceFromFirstUseSeconds: null });
  });

  it('does not begin for a key that was revoked', async () => {
    const rotated = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    await instance.apiKeys.keys.as(theApp).revoke({ id: key.id });
    await use(rotated.key).expect(401);
    expect(await found()).toMatchObject({ version: 3, graceFromFirstUseSeconds: null, state: 'revoked' });
  });
});

describe('answers to a secret that was rotated', () => {
  it('say since when there is a newer one, and when theirs ends as soon as that is known', async () => {
    const rotatedAt = instance.clock.now();
    const rotated = await rotate({ graceStartsOnFirstUse: true, gracePeriodSeconds: 60 });
    secondsLater(100);
    const pending = await use(key.token).expect(200);
    expect(pending.headers['deprecation']).toBe(`@${rotatedAt / 1000}`);
    expect(pending.headers).not.toHaveProperty('sunset');

    const newest = await use(rotated.key).expect(200);
    expect(newest.headers).not.toHaveProperty('deprecation');
    const end = new Date(instance.clock.now() + 60_000);
    await graceStarted();
    const retiring = await use(key.token).expect(200);
    expect(retiring.headers).toMatchObject({
      deprecation: `@${rotatedAt / 1000}`,
      sunset: end.toUTCString(),
    });
    expect((await use(rotated.key)).headers).not.toHaveProperty('sunset');
  });

  it('say what the app says of the route, where it says something', async () => {
    app = express().get(
      '/orders',
      (_req, res, next) => {
        res.set('Deprecation', '@1');
        next();
      },
      instance.apiKeys.requireApiKey('orders:read'),
      (_req, res) => void res.json([]),
    );
    await rotate({ gracePeriodSeconds: 60 });
    const answer = await use(key.token).expect(200);
    expect(answer.headers['deprecation']).toBe('@1');
    expect(answer.headers).not.toHaveProperty('sunset');
  });

  it('are returned in code too', async () => {
    const rotatedAt = instance.clock.now();
    await rotate({ gracePeriodSeconds: 60 });
    expect(await instance.apiKeys.keys.verify({ key: key.token })).toMatchObject({
      allowed: true,
      deprecatedSecret: { since: new Date(rotatedAt), endsAt: new Date(rotatedAt + 60_000) },
    });
  });
});
