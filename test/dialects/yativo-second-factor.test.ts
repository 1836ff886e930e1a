import request from 'supertest';
import type { StepUpResult } from '../../lib/http/step-up-options.js';
import { createYativoApp, sessionOf, type YativoApp } from './yativo-app.js';

describe("Yativo's X-2FA-Token", () => {
  const seen: unknown[] = [];
  let yativo: YativoApp;

  /** Six digits that end in 1 are right, in 2 late, in 3 an object; `none` has no second factor. */
  function verifySecondFactor(ownerId: string, code: string, operation: string): boolean | StepUpResult {
    seen.push([ownerId, code, operation]);
    if (code === 'throw') throw new Error('no');
    if (code === 'odd') return 'yes' as unknown as boolean;
    if (ownerId === 'none') return { result: 'not_enrolled' };
    if (code.endsWith('2')) return { result: 'expired' };
    if (code.endsWith('3')) return { result: 'valid', codeId: 'the same' };
    return code.endsWith('1');
  }

  beforeEach(async () => {
    seen.length = 0;
    yativo = createYativoApp({ verifySecondFactor });
    await yativo.instance.apiKeys.ready();
  });
  afterEach(() => yativo.instance.apiKeys.close());

  function create(code?: string, owner = 'alice'): request.Test {
    const asking = yativo.ask('post', '/api/v1/apikey/generate', owner).send({ name: 'x' });
    return code === undefined ? asking : asking.set('X-2FA-Token', code);
  }

  it('YA13 is asked for with every change by default, and for nothing else', async () => {
    const refused = await create();
    expect([refused.status, refused.body]).toEqual([
      403,
      expect.objectContaining({ error: 'forbidden', message: expect.stringContaining('X-2FA-Token') }),
    ]);
    const { key_id, api_key, api_secret } = (await create('000001')).body.data;
    const path = `/api/v1/apikey/${key_id}`;
    expect((await yativo.ask('post', `${path}/rotate`)).status).toBe(403);
    expect((await yativo.ask('put', `${path}/permissions`).send({ permissions: [] })).status).toBe(403);
    expect((await yativo.ask('delete', path)).status).toBe(403);
    expect((await yativo.ask('get', path)).status).toBe(200);
    expect((await yativo.exchange({ api_key, api_secret })).status).toBe(200);

    const put = yativo.ask('put', `${path}/permissions`).send({ permissions: [] });
    expect((await put.set('X-2FA-Token', '000011')).status).toBe(200);
    expect((await yativo.ask('post', `${path}/rotate`).set('X-2FA-Token', '000021')).status).toBe(200);
    expect((await yativo.ask('delete', path).set('X-2FA-Token', '000031')).status).toBe(200);
    expect(seen).toEqual([
      ['alice', '000001', 'create'],
      ['alice', '000011', 'update'],
      ['alice', '000021', 'rotate'],
      ['alice', '000031', 'revoke'],
    ]);
  });

  it('YA13 may stand in the body, as type definitions of the guide have it', async () => {
    const path = '/api/apikey/create';
    const answer = await yativo.ask('post', path).send({ name: 'x', two_factor_token: '000001' });
    expect(answer.status).toBe(200);
    const again = await yativo.ask('post', path).send({ name: 'x', two_factor_token: '000001' });
    expect(again.status).toBe(403);
  });

  it('works once, for each owner', async () => {
    expect((await create('000001')).status).toBe(200);
    const again = await create('000001');
    expect([again.status, again.body.message]).toEqual([403, expect.stringMatching(/used before/)]);
    expect((await create('000001', 'bob')).status).toBe(200);
    expect((await create('000003')).status).toBe(200);
    expect((await create('000013')).status).toBe(403);
    const both = await Promise.all([create('000041'), create('000041')]);
    expect(both.map(({ status }) => status).sort()).toEqual([200, 403]);
  });

  it('is not used up by a request that is wrong, or about a key that is not there', async () => {
    const wrong = yativo.ask('post', '/apikey/generate').set('X-2FA-Token', '000001');
    expect((await wrong.send({ name: '', permissions: ['x'] })).status).toBe(400);
    const missing = yativo.ask('post', '/apikey/x/rotate').set('X-2FA-Token', '000001');
    expect((await missing).status).toBe(404);
    expect(seen).toEqual([]);
    expect((await create('000001')).status).toBe(200);
  });

  it('distinguishes expired codes, invalid codes and owners without a second factor, and lets no request through on an error', async () => {
    expect((await create('000000')).body.message).toMatch(/wrong/);
    expect((await create('000002')).body.message).toMatch(/too late/);
    expect((await create('000001', 'none')).body.message).toMatch(/none is set up/);
    for (const trouble of ['throw', 'odd']) {
      const answer = await create(trouble);
      expect([answer.status, answer.body.error]).toEqual([500, 'internal_error']);
      expect(answer.text).not.toMatch(/yes|verify|no"/);
    }
  });

  it('throttles wrong codes of an owner', async () => {
    for (let tries = 0; tries < 5; tries += 1)
      expect((await create(`00000${tries === 1 ? 5 : 0}`)).status).toBe(403);
    const throttled = await create('000001');
    expect([throttled.status, throttled.body.error]).toEqual([429, 'rate_limit_exceeded']);
    expect(throttled.body.retry_after).toBeGreaterThan(200);
    expect(throttled.headers['retry-after']).toBe(String(throttled.body.retry_after));
    expect((await create('000001', 'bob')).status).toBe(200);
  });

  it('is asked of tokens of keys as of their owners', async () => {
    const token = await yativo.tokenOf((await create('000001')).body.data);
    const asked = (code: string): request.Test =>
      request(yativo.app)
        .post('/yativo/apikey/generate')
        .set('Authorization', `Bearer ${token}`)
        .set('X-2FA-Token', code)
        .send({ name: 'x' });
    expect((await asked('000001')).status).toBe(403);
    expect((await asked('000011')).status).toBe(200);
  });

  it('is that of the member of an organization, whose wrong codes keep nobody else out', async () => {
    const asked: unknown[] = [];
    const of = createYativoApp({
      verifyAccessToken: (memberId) => ({ kind: 'owner', ownerId: 'org:7', memberId }),
      verifySecondFactor(ownerId, code, _operation, _req, actor) {
        asked.push([ownerId, actor.kind === 'owner' ? actor.memberId : null]);
        return code.endsWith('1');
      },
    });
    await of.instance.apiKeys.ready();
    const as = (memberId: string, code: string) =>
      request(of.app)
        .post('/yativo/api/v1/apikey/generate')
        .set('Authorization', `Bearer ${memberId}`)
        .set('X-2FA-Token', code)
        .send({ name: 'x' });
    for (let attempt = 0; attempt < 6; attempt += 1) await as('quinn', `00000${attempt}`.replace(/1$/, '9'));
    expect((await as('quinn', '000011')).status).toBe(429);
    expect((await as('olga', '000011')).status).toBe(200);
    expect(asked.at(-1)).toEqual(['org:7', 'olga']);
    await of.instance.apiKeys.close();
  });

  it('is asked for only what was named', async () => {
    const some = createYativoApp({ verifySecondFactor, secondFactorFor: ['rotate'] });
    await some.instance.apiKeys.ready();
    const { key_id } = await some.make();
    expect((await some.ask('post', `/apikey/${key_id}/rotate`)).status).toBe(403);
    const plain = request(some.app).delete(`/yativo/apikey/${key_id}`);
    expect((await plain.set('Authorization', `Bearer ${sessionOf('alice')}`)).status).toBe(200);
    await some.instance.apiKeys.close();
  });
});
