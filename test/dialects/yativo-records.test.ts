import request from 'supertest';
import { memoryStore } from '../../lib/testing/index.js';
import { createYativoApp } from './yativo-app.js';

describe('what is promised and written down of changes of Yativo keys', () => {
  it('is 202 with Effective-By while a process may still accept what was taken away', async () => {
    const store = memoryStore();
    const yativo = createYativoApp({ createdStatus: 201 }, { store });
    await yativo.instance.apiKeys.ready();
    const { key_id, api_secret } = await yativo.make();
    const changes = [
      () => yativo.ask('put', `/apikey/${key_id}/permissions`).send({ permissions: [] }),
      () => yativo.ask('post', `/apikey/${key_id}/rotate`).set('Idempotency-Key', 'one'),
      () => yativo.ask('delete', `/apikey/${key_id}`),
    ];
    let secret: unknown;
    for (const [index, change] of changes.entries()) {
      // A process that does not say what it has applied.
      await store.feed.join({ id: `silent ${index}`, acked: 0, leaseMs: 4000 });
      const { status, headers, body } = await change();
      expect([status, body.success, body.data.key_id]).toEqual([202, true, key_id]);
      const wait = Date.parse(String(headers['effective-by'])) - yativo.instance.clock.now();
      expect(wait).toBeGreaterThan(0);
      expect(wait).toBeLessThanOrEqual(10_000);
      secret = body.data.api_secret ?? secret;
    }
    expect(secret).toMatch(/^\w{64}$/);
    expect(secret).not.toBe(api_secret);
    // Nothing is taken away when a key is made.
    const made = await yativo.ask('post', '/apikey/generate').send({ name: 'x' });
    expect([made.status, made.headers['effective-by']]).toEqual([201, undefined]);
    await yativo.instance.apiKeys.close();
  });

  it('is each change in the trail, and each refusal in the access log, without a secret', async () => {
    const store = memoryStore();
    const yativo = createYativoApp(
      { verifySecondFactor: () => false, secondFactorFor: ['rotate'] },
      { store },
    );
    await yativo.instance.apiKeys.ready();
    const pair = await yativo.make();
    const id = pair.key_id.slice('key_'.length);
    await yativo.ask('put', `/apikey/${pair.key_id}/permissions`).send({ permissions: [] }).expect(200);
    await yativo.ask('get', `/apikey/${pair.key_id}`, 'bob').expect(404);
    await yativo.ask('post', `/api/v1/apikey/${pair.key_id}/rotate`).set('X-2FA-Token', '123456').expect(403);
    await request(yativo.app).get('/yativo/apikey').expect(401);
    await yativo.exchange({ ...pair, api_secret: '0'.repeat(64) }).expect(401);
    await yativo.ask('delete', `/apikey/${pair.key_id}`).expect(200);
    await yativo.exchange(pair).expect(401);
    await yativo.instance.apiKeys.close();

    const events = await store.listEvents({ limit: 10 });
    expect(events.map(({ action, keyId, ownerId, actor }) => [action, keyId, ownerId, actor.id])).toEqual([
      ['key.revoked', id, 'alice', 'alice'],
      ['key.updated', id, 'alice', 'alice'],
      ['key.created', id, 'alice', 'alice'],
    ]);
    const rows = await store.accessLog.list({ limit: 10 });
    const refusals = rows.map(({ code, keyId, ownerId, route }) => [code, keyId, ownerId, route]);
    const expected = [
      ['invalid_client', id, 'alice', '/yativo/auth/token'],
      ['invalid_client', null, null, '/yativo/auth/token'],
      ['missing_credential', null, null, '/yativo/apikey'],
      ['not_found', id, 'bob', '/yativo/apikey/:id'],
      ['step_up_invalid', id, 'alice', '/yativo/api/v1/apikey/:id/rotate'],
    ];
    expect(refusals).toHaveLength(expected.length);
    expect(refusals).toEqual(expect.arrayContaining(expected));
    const written = JSON.stringify([events, rows, yativo.instance.log]);
    for (const secret of [pair.api_secret, '123456', 'session-']) expect(written).not.toContain(secret);
  });
});
