import request from 'supertest';
import { createYativoApp, sessionOf, type YativoApp } from './yativo-app.js';

const all = [
  'transactions:read',
  'transactions:write',
  'accounts:read',
  'accounts:write',
  'webhooks:manage',
  'analytics:read',
];
const generate = '/api/v1/apikey/generate';
const madeAt = '2026-06-01T00:00:00.000Z';

describe("Yativo's keys", () => {
  let yativo: YativoApp;

  beforeEach(async () => {
    yativo = createYativoApp();
    await yativo.instance.apiKeys.ready();
  });
  afterEach(() => yativo.instance.apiKeys.close());

  it('YA1, YA2, YA3, YA4, YA8, YA14 answers a new key in the words of the type and of the example at once', async () => {
    const permissions = ['transactions:read', 'transactions:write', 'accounts:read'];
    const answer = await yativo.ask('post', generate).send({ name: 'Production Backend', permissions });
    expect(answer.status).toBe(200);
    const { data, ...envelope } = answer.body;
    expect(envelope).toEqual({
      status: 'success',
      success: true,
      message: 'API key generated successfully',
      warning: 'Save the API Secret securely. It will not be shown again!',
    });
    expect(data).toEqual({
      id: expect.stringMatching(/^key_[0-9A-Za-z]{42}$/),
      key_id: data.id,
      api_key: expect.stringMatching(/^yativo_[0-9A-Za-z]{48}$/),
      api_secret: expect.stringMatching(/^[0-9A-Za-z]{64}$/),
      name: 'Production Backend',
      key_name: 'Production Backend',
      permissions,
      scopes: permissions,
      status: 'active',
      is_revoked: false,
      created_at: madeAt,
      expires_at: null,
      revoked_at: null,
      last_used_at: null,
      rate_limit: { requests_per_minute: 60, requests_per_hour: 3000, requests_per_day: 50_000 },
      token_expiry_minutes: 60,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(answer.headers['etag']).toBeUndefined();
  });

  it('YA5 knows the six permissions and the four coarse words, and echoes what was asked', async () => {
    const asked = ['read', 'write', 'transactions', 'webhooks', ...all];
    const { key_id } = await yativo.make({ permissions: asked });
    const { body } = await yativo.ask('get', `/api/v1/apikey/${key_id}`);
    expect(body.data).toMatchObject({ permissions: asked, scopes: asked });

    const unknown = await yativo.ask('post', generate).send({ name: 'x', permissions: ['orders:read'] });
    expect(unknown.status).toBe(400);
    expect(unknown.body).toMatchObject({
      error: 'validation_error',
      details: { permissions: expect.stringContaining('transactions:read, transactions:write') },
    });
    for (const permissions of ['read', ['transactions:*'], ['*'], ['READ'], [1], ['read', 'read']]) {
      expect((await yativo.ask('post', generate).send({ name: 'x', permissions })).status).toBe(400);
    }
  });

  it.each([
    [['read'], [200, 403]],
    [['write'], [403, 200]],
    [['transactions'], [200, 200]],
    [
      ['webhooks', 'accounts:read'],
      [403, 403],
    ],
    [[], [403, 403]],
  ])('YA5 grants on routes of the app what %j stands for', async (permissions, expected) => {
    const token = await yativo.tokenOf(await yativo.make({ permissions }));
    const read = await yativo.orders(token);
    const write = await request(yativo.app).post('/orders').set('Authorization', `Bearer ${token}`);
    expect([read.status, write.status]).toEqual(expected);
  });

  it('YA6 takes permissions that are left out, or null, for all, and an empty list for none', async () => {
    for (const body of [{ name: 'x' }, { name: 'x', permissions: null }]) {
      expect((await yativo.ask('post', generate).send(body)).body.data.permissions).toEqual(all);
    }
    const none = await yativo.ask('post', generate).send({ name: 'x', permissions: [] });
    expect(none.body.data).toMatchObject({ permissions: [], scopes: [] });
  });

  it('YA7 lets a key expire by itself, and reports it', async () => {
    const pair = await yativo.make({ expires_at: '2026-06-01T01:00:00Z' });
    const token = await yativo.tokenOf(pair);
    expect((await yativo.orders(token)).status).toBe(200);
    yativo.instance.clock.set(Date.parse('2026-06-01T01:00:00Z'));
    expect((await yativo.orders(token)).status).toBe(401);
    expect((await yativo.exchange(pair)).status).toBe(401);
    const { body } = await yativo.ask('get', `/api/v1/apikey/${pair.key_id}`);
    expect(body.data).toMatchObject({
      status: 'expired',
      is_revoked: false,
      expires_at: '2026-06-01T01:00:00.000Z',
    });
  });

  it('YA7 takes times of ISO 8601 and days, and none that are over', async () => {
    const endOf = async (body: object): Promise<unknown> => {
      const answer = await yativo.ask('post', generate).send({ name: 'x', ...body });
      return answer.status === 200 ? answer.body.data.expires_at : Object.keys(answer.body.details);
    };
    expect(await endOf({ expires_at: '2027-01-31T12:00:00+02:00' })).toBe('2027-01-31T10:00:00.000Z');
    expect(await endOf({ expires_at: '2027-01-31T12:00:00.123456' })).toBe('2027-01-31T12:00:00.123Z');
    expect(await endOf({ expires_at: '2027-01-31' })).toBe('2027-01-31T00:00:00.000Z');
    expect(await endOf({ expires_in_days: 30 })).toBe('2026-07-01T00:00:00.000Z');
    expect(await endOf({ expires_at: null, expires_in_days: null })).toBeNull();
    for (const wrong of ['2026-05-31T00:00:00Z', madeAt, '2027-02-30', 'tomorrow', 1_800_000_000, '']) {
      expect(await endOf({ expires_at: wrong })).toEqual(['expires_at']);
    }
    for (const wrong of [0, -1, 1.5, '30', 1e9, 36_501]) {
      expect(await endOf({ expires_in_days: wrong })).toEqual(['expires_in_days']);
    }
    expect(await endOf({ expires_at: '2027-01-31', expires_in_days: 3 })).toEqual(['expires_in_days']);
  });

  it('YA10 makes keys on every path that was documented', async () => {
    const paths = ['/api/v1', '/v1', '/api', ''].flatMap((prefix) => [
      `${prefix}/apikey/generate`,
      `${prefix}/apikey/create`,
    ]);
    for (const path of [...paths, '/api/api-keys', '/api-keys']) {
      const answer = await yativo.ask('post', path).send({ name: path });
      expect([path, answer.status, answer.body.data.name]).toEqual([path, 200, path]);
    }
  });

  it('YA10 answers where the guide makes keys in the shape of the guide, too', async () => {
    const { body } = await yativo.ask('post', '/api/apikey/create').send({
      ...{ name: 'Production Server', permissions: ['read', 'write', 'transactions'] },
      ...{ expires_in_days: 365, two_factor_token: '123456' },
    });
    const { data } = body;
    expect(body).toMatchObject({ status: 'success', success: true, data: { status: 'active' } });
    const { id, name, api_key, api_secret, permissions, expires_at, created_at } = data;
    expect(body).toMatchObject({ id, name, api_key, api_secret, permissions, expires_at, created_at });
    expect(expires_at).toBe('2027-06-01T00:00:00.000Z');
  });

  it('lists the keys of an owner without secrets, newest first, on every path', async () => {
    const first = await yativo.make({ name: 'First' });
    yativo.instance.clock.advance(1000);
    const second = await yativo.make({ name: 'Second' });
    await yativo.make({}, 'bob');
    await yativo.ask('delete', `/api/v1/apikey/${first.key_id}`).expect(200);
    const paths = [
      '/api/v1/apikey',
      '/api/v1/apikey/list',
      '/api/apikey/list',
      '/apikey/list',
      '/api/api-keys',
    ];
    for (const path of paths) {
      const answer = await yativo.ask('get', path).expect(200);
      expect(answer.body).toEqual({
        status: 'success',
        success: true,
        message: 'API keys retrieved successfully',
        data: {
          keys: [
            expect.objectContaining({
              key_id: second.key_id,
              name: 'Second',
              status: 'active',
              is_revoked: false,
            }),
            expect.objectContaining({
              api_key: first.api_key,
              status: 'revoked',
              revoked_at: '2026-06-01T00:00:01.000Z',
            }),
          ],
          next_cursor: null,
        },
      });
      expect(answer.text).not.toContain('api_secret');
      expect(answer.text).not.toContain(second.api_secret);
    }
    expect((await yativo.ask('get', '/api/api-keys?cursor=junk')).body.error).toBe('validation_error');
  });

  it('names a key by key_id, with or without its head, and by api_key', async () => {
    const { key_id, api_key } = await yativo.make();
    for (const name of [key_id, key_id.slice('key_'.length), api_key]) {
      for (const path of ['/api/v1/apikey', '/api/apikey', '/apikey', '/api/api-keys']) {
        expect((await yativo.ask('get', `${path}/${name}`)).body.data.key_id).toBe(key_id);
      }
    }
  });

  it.each([
    ['delete', '/api/v1/apikey/:id'],
    ['delete', '/api/apikey/:id'],
    ['delete', '/api/api-keys/:id'],
    ['post', '/apikey/:id/revoke'],
    ['post', '/api/v1/apikey/:id/revoke'],
  ] as const)('YA12 ends a key and its tokens with %s %s, in both shapes', async (method, path) => {
    const pair = await yativo.make();
    const token = await yativo.tokenOf(pair);
    expect((await yativo.orders(token)).status).toBe(200);
    const answer = await yativo.ask(method, path.replace(':id', pair.key_id));
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        status: 'success',
        success: true,
        message: 'API key revoked successfully',
        data: {
          id: pair.key_id,
          key_id: pair.key_id,
          is_revoked: true,
          status: 'revoked',
          revoked_at: madeAt,
        },
      },
    ]);
    expect((await yativo.orders(token)).status).toBe(401);
    expect((await yativo.exchange(pair)).status).toBe(401);
    // Once more changes nothing.
    yativo.instance.clock.advance(1000);
    expect((await yativo.ask(method, path.replace(':id', pair.key_id))).body).toEqual(answer.body);
  });

  it('YA12 rotates the secret of a key and keeps all else', async () => {
    const pair = await yativo.make({ permissions: ['read'] });
    const token = await yativo.tokenOf(pair);
    const { status, body } = await yativo.ask('post', `/api/v1/apikey/${pair.key_id}/rotate`);
    expect([status, body.message]).toEqual([200, 'API key rotated successfully']);
    expect(body.warning).toMatch(/will not be shown again/);
    const { api_secret, ...kept } = body.data;
    expect(kept).toMatchObject({ key_id: pair.key_id, api_key: pair.api_key, permissions: ['read'] });
    expect(api_secret).toMatch(/^[0-9A-Za-z]{64}$/);
    expect(api_secret).not.toBe(pair.api_secret);

    expect((await yativo.exchange(pair)).status).toBe(401);
    expect((await yativo.orders(token)).status).toBe(401);
    const next = await yativo.tokenOf({ ...pair, api_secret });
    expect((await yativo.orders(next)).status).toBe(200);
    await yativo.ask('delete', `/api/v1/apikey/${pair.key_id}`).expect(200);
    expect((await yativo.ask('post', `/apikey/${pair.key_id}/rotate`)).body).toMatchObject({
      error: 'conflict',
    });
    const asked = await yativo.ask('post', `/apikey/${pair.key_id}/rotate`).send({ grace_period: 60 });
    expect([asked.status, Object.keys(asked.body.details)]).toEqual([400, ['grace_period']]);
  });

  it('changes the permissions of a key, which its tokens feel at once', async () => {
    const pair = await yativo.make({ permissions: ['read'] });
    const token = await yativo.tokenOf(pair);
    const path = `/api/v1/apikey/${pair.key_id}/permissions`;
    const { status, body } = await yativo.ask('put', path).send({ permissions: ['webhooks'] });
    expect([status, body.data.permissions, body.data.scopes]).toEqual([200, ['webhooks'], ['webhooks']]);
    expect(body.data.api_secret).toBeUndefined();
    expect((await yativo.orders(token)).status).toBe(403);
    // A token that was given before has no more than it had.
    await yativo
      .ask('put', path)
      .send({ permissions: ['transactions:read', 'transactions:write'] })
      .expect(200);
    expect((await yativo.orders(token)).status).toBe(200);
    const write = await request(yativo.app).post('/orders').set('Authorization', `Bearer ${token}`);
    expect(write.body.message).toBe("API key does not have the 'orders:write' permission");
    for (const wrong of [{}, { permissions: null }, { permissions: ['all'] }]) {
      expect((await yativo.ask('put', path).send(wrong)).body.details).toHaveProperty('permissions');
    }
  });

  it('YA15 says every error in all shapes', async () => {
    const missing = await request(yativo.app).post(`/yativo${generate}`).send({ name: 'x' });
    expect(missing.status).toBe(401);
    expect(missing.headers['www-authenticate']).toBe('Bearer realm="yativo"');
    expect(missing.body).toEqual({
      success: false,
      status: 'error',
      error: 'unauthorized',
      message: expect.stringMatching(/\w/),
    });
    const wrong = await request(yativo.app).get('/yativo/api/v1/apikey').set('Authorization', 'Bearer who');
    expect([wrong.status, wrong.body.error]).toEqual([401, 'unauthorized']);

    const invalid = await yativo.ask('post', generate).send({ permissions: ['x'], owner_id: 'bob' });
    expect(invalid.status).toBe(400);
    expect(invalid.body).toEqual({
      success: false,
      status: 'error',
      error: 'validation_error',
      message: expect.stringMatching(/\w/),
      details: {
        name: 'is required',
        permissions: expect.stringMatching(/known scopes/),
        owner_id: expect.stringMatching(/not accepted/),
      },
    });
    const broken = yativo.ask('post', generate).set('Content-Type', 'application/json').send('{"name":');
    expect((await broken).body).toMatchObject({
      error: 'validation_error',
      details: { body: expect.any(String) },
    });
    const large = await yativo.ask('post', generate).send({ name: 'x'.repeat(40_000) });
    expect([large.status, large.body.error]).toEqual([413, 'payload_too_large']);
    const method = await yativo.ask('get', generate);
    expect([method.status, method.body.error, method.headers['allow']]).toEqual([
      405,
      'method_not_allowed',
      'OPTIONS, POST',
    ]);
    expect((await request(yativo.app).get('/yativo/api/v1/else')).status).toBe(404);
  });

  it('YA15 tells keys of others and keys that are not there with the same bytes', async () => {
    const { key_id } = await yativo.make({}, 'bob');
    const native = await yativo.instance.key();
    const unknown = `key_${'0'.repeat(42)}`;
    const askAll = (id: string): Promise<string[]> =>
      Promise.all(
        [
          yativo.ask('get', `/apikey/${id}`),
          yativo.ask('delete', `/apikey/${id}`),
          yativo.ask('post', `/apikey/${id}/revoke`),
          yativo.ask('post', `/apikey/${id}/rotate`),
          yativo.ask('put', `/apikey/${id}/permissions`).send({ permissions: [] }),
        ].map(async (asking) => {
          const { status, text } = await asking;
          return `${status} ${text}`;
        }),
      );
    const answers = await askAll(unknown);
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^404 .*"error":"not_found"/);
    for (const id of [key_id, native.id, 'x', '%00', '..%2F']) expect(await askAll(id)).toEqual(answers);
    expect((await yativo.ask('get', `/apikey/${key_id}`, 'bob')).status).toBe(200);
  });

  it('HEAD and OPTIONS execute nothing', async () => {
    const { key_id } = await yativo.make();
    for (const method of ['HEAD', 'OPTIONS'] as const) {
      const asking = request(yativo.app)[method === 'HEAD' ? 'head' : 'options'](
        `/yativo/api/v1/apikey/${key_id}/rotate`,
      );
      const { status, headers } = await asking.set('Authorization', `Bearer ${sessionOf('alice')}`);
      expect([status, headers['allow']]).toEqual([method === 'HEAD' ? 405 : 204, 'OPTIONS, POST']);
    }
    const native = await request(yativo.app).get(`/keys/keys/${key_id.slice(4)}`);
    expect(native.body.version).toBe(1);
  });

  it('makes and rotates once for each Idempotency-Key', async () => {
    const body = { name: 'x', expires_in_days: 30 };
    const create = (once: string): request.Test =>
      yativo.ask('post', generate).set('Idempotency-Key', once).send(body);
    const first = await create('one');
    yativo.instance.clock.advance(5000);
    const again = await create('one').send({ ...body, two_factor_token: '123456' });
    expect([again.status, again.headers['idempotency-replayed']]).toEqual([200, 'true']);
    expect(again.body.data).toEqual({ ...first.body.data, api_secret: null });
    expect(again.body.warning).not.toMatch(/^Save/);
    const reused = await yativo.ask('post', generate).set('Idempotency-Key', 'one').send({ name: 'y' });
    expect([reused.status, reused.body.error]).toEqual([409, 'conflict']);
    expect((await create('two')).body.data.key_id).not.toBe(first.body.data.key_id);
    expect((await create('a b')).body.details).toHaveProperty('Idempotency-Key');

    const path = `/apikey/${first.body.data.key_id}/rotate`;
    const rotated = await yativo.ask('post', path).set('Idempotency-Key', 'r');
    const repeated = await yativo.ask('post', path).set('Idempotency-Key', 'r');
    expect(rotated.body.data.api_secret).toMatch(/^\w{64}$/);
    expect([repeated.status, repeated.body.data.api_secret]).toEqual([200, null]);
    await yativo.tokenOf(rotated.body.data);
  });
});
