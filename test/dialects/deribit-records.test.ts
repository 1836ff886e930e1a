import request from 'supertest';
import { memoryStore } from '../../lib/testing/index.js';
import { asKey, asOwner, createDeribitApp, tokenOf } from './deribit-app.js';
import { theApp } from '../harness/the-app.js';

describe("what is promised and written down of Deribit's keys", () => {
  it('is 202 with Effective-By while a process may still accept what was taken away', async () => {
    const store = memoryStore();
    const deribit = createDeribitApp({}, { store });
    await deribit.apiKeys.ready();
    const key = await deribit.newKey();
    let secret = '';
    const changes: readonly [string, object][] = [
      ['private/disable_api_key', {}],
      ['private/change_scope_in_api_key', { max_scope: '' }],
      ['private/reset_api_key', {}],
      ['private/remove_api_key', {}],
    ];
    for (const [index, [method, params]] of changes.entries()) {
      // A process that does not say what it has applied.
      await store.feed.join({ id: `silent ${index}`, acked: 0, leaseMs: 4000 });
      const { status, headers, result, error } = await deribit.rpc(method, { id: 1, ...params });
      expect([status, error]).toEqual([202, undefined]);
      const wait = Date.parse(headers['effective-by'] ?? '') - deribit.clock.now();
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(10_000);
      if (method === 'private/reset_api_key') secret = result.client_secret;
    }
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(secret).not.toBe(key.client_secret);
    // Nothing is taken away when a key is made.
    const made = await deribit.rpc('private/create_api_key', { max_scope: '' });
    expect([made.status, made.headers['effective-by']]).toEqual([200, undefined]);
    await deribit.apiKeys.close();
  });

  it('is each change in the trail, and each refusal in the access log, without a secret', async () => {
    const store = memoryStore();
    const secondFactor = { verify: () => false, rpId: 'a', methods: ['private/change_api_key_name'] };
    const deribit = createDeribitApp({ secondFactor }, { store });
    await deribit.apiKeys.ready();
    const key = await deribit.newKey({ max_scope: 'account:read' });
    const rename = { id: 1, name: 'x' };
    const asked = await deribit.rpc<{ challenge: string }>('private/change_api_key_name', rename);
    const wrong = { ...rename, challenge: asked.result.challenge, authorization_data: '123456' };
    await deribit.rpc('private/change_api_key_name', wrong);
    await deribit.rpc('private/change_api_key_name', rename, asKey(key));
    await deribit.rpc('private/remove_api_key', { id: 1 }, asOwner('bob'));
    await deribit.rpc('private/list_api_keys', {}, {});
    const { result } = await deribit.rpc('private/reset_api_key', { id: 1 });
    await deribit.rpc('private/disable_api_key', { id: 1 });
    await deribit.rpc<string>('private/remove_api_key', { id: 1 });
    await deribit.apiKeys.close();

    const id = key.client_id;
    const events = await store.listEvents({ limit: 10 });
    expect(events.map(({ action, keyId, ownerId, actor }) => [action, keyId, ownerId, actor.id])).toEqual([
      ['key.revoked', id, 'alice', 'alice'],
      ['key.disabled', id, 'alice', 'alice'],
      ['key.rotated', id, 'alice', 'alice'],
      ['key.created', id, 'alice', 'alice'],
    ]);
    const rows = await store.accessLog.list({ limit: 10 });
    const refusals = rows.map(({ code, ownerId, actor, keyId, route }) => [
      ...[code, ownerId, actor?.id ?? keyId, route],
    ]);
    expect(refusals.sort()).toEqual([
      ['insufficient_scope', 'alice', id, '/private/change_api_key_name'],
      ['missing_credential', null, null, '/private/list_api_keys'],
      ['not_found', 'bob', 'bob', '/private/remove_api_key'],
      ['step_up_invalid', 'alice', 'alice', '/private/change_api_key_name'],
    ]);
    const written = JSON.stringify([events, rows, deribit.log]);
    for (const hidden of [key.client_secret, result.client_secret, '123456']) {
      expect(written).not.toContain(hidden);
    }
  });

  it('is 10028 with how long to wait for a key that is limited, here and on routes of the app', async () => {
    const deribit = createDeribitApp();
    await deribit.apiKeys.ready();
    const key = await deribit.newKey();
    const rateLimits = [{ name: 'minute', limit: 2, windowSeconds: 60 }];
    await deribit.apiKeys.keys.as(theApp).update({ id: key.client_id, rateLimits });
    await request(deribit.app).get('/orders').set('X-API-Key', tokenOf(key)).expect(200);
    expect((await deribit.rpc('private/list_api_keys', {}, asKey(key))).status).toBe(200);
    const { status, error, headers } = await deribit.rpc('private/list_api_keys', {}, asKey(key));
    expect([status, error]).toEqual([
      429,
      { code: 10028, message: 'too_many_requests', data: { wait: Number(headers['retry-after']) } },
    ]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await deribit.apiKeys.close();
  });
});
