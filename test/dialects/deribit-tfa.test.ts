import { createTotpSecret, createTotpVerifier } from 'express-api-keys/totp';
import request from 'supertest';
import type { DeribitOptions, DeribitSecondFactor } from '../../lib/dialects/index.js';
import { codeAt } from '../totp/code-at.js';
import {
  asKey,
  asOwner,
  createDeribitApp,
  rpcAnswer,
  type DeribitApp,
  type DeribitKey,
} from './deribit-app.js';

const secret = createTotpSecret(Buffer.from('12345678901234567890'));
const verify = createTotpVerifier({
  secretFor: (actor) => {
    const owner = actor.kind === 'key' ? actor.apiKey.ownerId : actor.kind === 'owner' ? actor.ownerId : '';
    return owner === 'alice' ? secret : null;
  },
});
const create = 'private/create_api_key';

/** Every method, with whether the documents mark it with "TFA required". */
const methods: readonly (readonly [string, boolean, object])[] = [
  ['private/create_api_key', true, { max_scope: '' }],
  ['private/list_api_keys', true, {}],
  ['private/edit_api_key', true, { id: 1, max_scope: '' }],
  ['private/change_scope_in_api_key', true, { id: 1, max_scope: '' }],
  ['private/disable_api_key', true, { id: 1 }],
  ['private/enable_api_key', false, { id: 1 }],
  ['private/change_api_key_name', false, { id: 1, name: 'x' }],
  ['private/reset_api_key', false, { id: 1 }],
  ['private/set_api_key_as_default', false, { id: 1 }],
  ['private/remove_api_key', false, { id: 1 }],
];

interface Wanted {
  readonly challenge: string;
}

describe("Deribit's second factor", () => {
  let deribit: DeribitApp;

  async function start(secondFactor: Partial<DeribitSecondFactor> = {}): Promise<void> {
    const options: Partial<DeribitOptions> = {
      secondFactor: { verify, rpId: 'example.com', ...secondFactor },
    };
    deribit = createDeribitApp(options);
    await deribit.apiKeys.ready();
  }
  beforeEach(() => start());
  afterEach(() => deribit.apiKeys.close());

  const codeNow = (): string => codeAt(secret, deribit.clock.now());
  async function challengeFor(
    method = create,
    params: object = { max_scope: '' },
    who = asOwner('alice'),
  ): Promise<string> {
    const { result } = await deribit.rpc<Wanted>(method, params, who);
    return result.challenge;
  }
  async function newKey(params: object = { max_scope: '' }): Promise<DeribitKey> {
    deribit.clock.advance(30_000);
    const proof = { challenge: await challengeFor(create, params), authorization_data: codeNow() };
    return (await deribit.rpc(create, { ...params, ...proof })).result;
  }

  it('DB12 asks first, does nothing, and does it with a code and the exact challenge', async () => {
    const params = { max_scope: 'trade:read', name: 'k' };
    const asked = await deribit.rpc<Wanted>(create, params);
    expect([asked.status, asked.error]).toEqual([200, undefined]);
    expect(asked.result).toEqual({
      security_keys: [{ type: 'tfa', name: 'tfa' }],
      security_key_authorization_required: true,
      rp_id: 'example.com',
      challenge: expect.stringMatching(/^[\w-]{20,}/) as string,
    });
    const { challenge } = asked.result;
    const made = await deribit.rpc(create, { ...params, challenge, authorization_data: codeNow() });
    expect(made.result).toMatchObject({ id: 1, name: 'k', max_scope: 'trade:read' });
  });

  it.each(methods)('DB12 %s asks: %p', async (method, isAsked, params) => {
    await newKey();
    const { status, body } = await deribit.rpc(method, params);
    expect(status).toBe(200);
    expect(JSON.stringify(body['result']).includes('security_key_authorization_required')).toBe(isAsked);
  });

  it('DB12 works over GET, where everything is text', async () => {
    const get = (query: string) =>
      request(deribit.app).get(`/api/v2/private/create_api_key?max_scope=&${query}`).set(asOwner('alice'));
    const { challenge } = rpcAnswer<Wanted>(await get('')).result;
    const made = await get(`challenge=${encodeURIComponent(challenge)}&authorization_data=${codeNow()}`);
    expect(made.body.result.id).toBe(1);
  });

  it('DB12 reads the parameters before it asks, so that no code is spent on a mistake', async () => {
    const { error } = await deribit.rpc(create, { name: '-' });
    expect(error?.code).toBe(-32602);
    const { error: missing } = await deribit.rpc('private/edit_api_key', { max_scope: '' });
    expect(missing?.data).toMatchObject({ param: 'id' });
  });

  it('DB12 methods are chosen by the option', async () => {
    await deribit.apiKeys.close();
    await start({ methods: ['private/reset_api_key'] });
    await deribit.newKey();
    const { result } = await deribit.rpc<Wanted>('private/reset_api_key', { id: 1 });
    expect(result.challenge).toEqual(expect.any(String));
  });

  async function refused(
    proof: object,
    params: object = { max_scope: '' },
    who = asOwner('alice'),
  ): Promise<unknown> {
    const { status, error, body } = await deribit.rpc(create, { ...params, ...proof }, who);
    expect(body).not.toHaveProperty('result');
    return { status, ...error };
  }
  const because = (reason: string): object => ({
    ...{ status: 400, code: 13668, message: 'security_key_authorization_error', data: { reason } },
  });

  it('DB12 13668 tfa_code_not_matched, and that was the only try of the challenge', async () => {
    for (const wrong of ['000000', 'abc', '\u0000']) {
      const challenge = await challengeFor();
      expect(await refused({ challenge, authorization_data: wrong })).toEqual(
        because('tfa_code_not_matched'),
      );
      expect(await refused({ challenge, authorization_data: codeNow() })).toEqual(
        because('challenge_timeout'),
      );
    }
    const challenge = await challengeFor();
    expect(await refused({ challenge, authorization_data: [codeNow()] })).toEqual(
      because('tfa_code_is_required'),
    );
    expect(
      (await deribit.rpc(create, { max_scope: '', challenge, authorization_data: codeNow() })).status,
    ).toBe(200);
  });

  it('DB12 13668 tfa_code_is_required without a code, and challenge_timeout for other challenges', async () => {
    const challenge = await challengeFor();
    expect(await refused({ challenge })).toEqual(because('tfa_code_is_required'));
    expect(await refused({ challenge, authorization_data: '' })).toEqual(because('tfa_code_is_required'));
    const others = [
      `${challenge.slice(0, -2)}AA`,
      'x',
      'x'.repeat(2000),
      await challengeFor('private/list_api_keys', {}),
    ];
    for (const other of others) {
      expect(await refused({ challenge: other, authorization_data: codeNow() })).toEqual(
        because('challenge_timeout'),
      );
    }
    // None of that has used it up.
    expect(
      (await deribit.rpc(create, { max_scope: '', challenge, authorization_data: codeNow() })).result.id,
    ).toBe(1);
    expect(await refused({ challenge, authorization_data: codeNow() })).toEqual(because('challenge_timeout'));
  });

  it('DB12 13668 challenge_timeout after a minute', async () => {
    const challenge = await challengeFor();
    deribit.clock.advance(59_999);
    const late = await challengeFor();
    deribit.clock.advance(1);
    expect(await refused({ challenge, authorization_data: codeNow() })).toEqual(because('challenge_timeout'));
    expect(
      (await deribit.rpc(create, { max_scope: '', challenge: late, authorization_data: codeNow() })).status,
    ).toBe(200);
  });

  it('DB12 13668 used_tfa_code: a code is good once, for the owner and for all of their keys', async () => {
    const key = await newKey({ max_scope: 'account:read_write' });
    expect(await refused({ challenge: await challengeFor(), authorization_data: codeNow() })).toEqual(
      because('used_tfa_code'),
    );
    const params = { max_scope: '' };
    const byKey = await challengeFor(create, params, asKey(key));
    expect(await refused({ challenge: byKey, authorization_data: codeNow() }, params, asKey(key))).toEqual(
      because('used_tfa_code'),
    );
    deribit.clock.advance(30_000);
    const next = await challengeFor(create, params, asKey(key));
    const made = await deribit.rpc(
      create,
      { ...params, challenge: next, authorization_data: codeNow() },
      asKey(key),
    );
    expect(made.result.id).toBe(2);
  });

  it('DB12 a code that was used here is used in the native admin API, too', async () => {
    await newKey();
    const authorize = () => ({ kind: 'owner', ownerId: 'alice' }) as const;
    const stepUp = { operations: ['create'], verify } as const;
    deribit.app.use('/own', deribit.apiKeys.adminRouter({ authorize, stepUp }));
    const post = (headers: Record<string, string>) =>
      request(deribit.app).post('/own/keys').set(headers).send({ name: 'k', scopes: [] });
    const { body } = await post({}).expect(403);
    const answer = await post({ 'Step-Up-Challenge': body.challenge.id, 'Step-Up-Code': codeNow() });
    expect([answer.status, answer.body.code]).toEqual([403, 'step_up_used']);
  });

  it('DB12 a challenge is for one caller, one method and one key', async () => {
    await newKey();
    await newKey();
    deribit.clock.advance(30_000);
    const disable = 'private/disable_api_key';
    const challenge = await challengeFor(disable, { id: 1 });
    const proof = { challenge, authorization_data: codeNow() };
    for (const [method, params] of [
      [disable, { id: 2 }],
      ['private/edit_api_key', { id: 1, enabled: false }],
    ] as const) {
      const { error } = await deribit.rpc(method, { ...params, ...proof });
      expect(error?.data).toEqual({ reason: 'challenge_timeout' });
    }
    const { error } = await deribit.rpc(disable, { id: 1, ...proof }, asOwner('bob'));
    expect(error?.data).toEqual({ reason: 'challenge_timeout' });
    expect((await deribit.rpc(disable, { id: 1, ...proof })).result.enabled).toBe(false);
  });

  it('DB12 of many at once with one challenge and one code, one is let through', async () => {
    const proof = { challenge: await challengeFor(), authorization_data: codeNow() };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => deribit.rpc(create, { max_scope: '', ...proof })),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  it('DB12 12998 after five wrong codes, whichever come next', async () => {
    for (let tries = 0; tries < 5; tries += 1) {
      await refused({ challenge: await challengeFor(), authorization_data: '000000' });
    }
    const { status, error, headers } = await deribit.rpc(create, {
      ...{ max_scope: '', challenge: await challengeFor(), authorization_data: codeNow() },
    });
    expect([status, error]).toEqual([
      400,
      {
        code: 12998,
        message: 'security_key_authorization_over_limit',
        data: { wait: Number(headers['retry-after']) },
      },
    ]);
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it('DB12 13904 for an owner without a second factor', async () => {
    const challenge = await challengeFor(create, { max_scope: '' }, asOwner('bob'));
    const answer = await refused(
      { challenge, authorization_data: '000000' },
      { max_scope: '' },
      asOwner('bob'),
    );
    expect(answer).toEqual({ status: 400, code: 13904, message: 'security_key_setup_required' });
  });

  it('DB12 is an error when the app cannot say whether a code is valid', async () => {
    for (const broken of [() => Promise.reject(new Error('the secret of bob')), () => 'yes']) {
      await deribit.apiKeys.close();
      await start({ verify: broken as never });
      const proof = { challenge: await challengeFor(), authorization_data: '000000' };
      expect(await refused(proof)).toEqual({ status: 500, code: 11094, message: 'internal_server_error' });
      expect(deribit.log.join()).toContain('the Deribit router failed');
    }
  });

  it('DB12 a key without the scope is not asked', async () => {
    const key = await newKey({ max_scope: 'account:read' });
    const { error } = await deribit.rpc(create, { max_scope: '' }, asKey(key));
    expect(error?.code).toBe(13403);
  });
});
