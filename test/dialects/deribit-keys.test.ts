import { generateKeyPairSync } from 'node:crypto';
import request from 'supertest';
import { seedDocument } from './seed-documents.js';
import {
  asKey,
  asOwner,
  createDeribitApp,
  tokenOf,
  type DeribitApp,
  type DeribitKey,
  type RpcAnswer,
} from './deribit-app.js';
import { theApp } from '../harness/the-app.js';

const create = 'private/create_api_key';
const edit = 'private/edit_api_key';
const list = 'private/list_api_keys';
const reset = 'private/reset_api_key';
const remove = 'private/remove_api_key';
const secretPattern = /^[A-Za-z0-9_-]{43}$/;
const mask = '*'.repeat(43);
/** The public key of the documents, and its MD5 fingerprint as it is paired with it elsewhere. */
const publicKey =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAM7FWhKquNqLmTOV4hfYT5r3AjrYiORTT6Tn5HIfFNV8=\n-----END PUBLIC KEY-----';
const fingerprint = '9c:6d:c9:02:fd:9f:75:6e:14:bb:71:c5:74:95:86:c8';

/** What an error says, without the rest of the answer. */
function refusal({ status, error, body }: RpcAnswer<unknown>): unknown {
  expect(body).not.toHaveProperty('result');
  return { status, ...error };
}

function invalid(param: string): object {
  const data = { param, reason: expect.stringMatching(/./) as string };
  return { status: 400, code: -32602, message: 'Invalid params', data };
}

const scopeExceeded = expect.objectContaining({
  status: 403,
  code: 13403,
  message: 'scope_exceeded',
}) as object;
const notFound = {
  status: 400,
  code: 13020,
  message: 'not_found',
  data: { reason: 'There is no such API key.' },
};

describe("Deribit's methods about keys", () => {
  let deribit: DeribitApp;

  function start(...options: Parameters<typeof createDeribitApp>): DeribitApp {
    deribit = createDeribitApp(...options);
    return deribit;
  }
  beforeEach(async () => {
    await start().apiKeys.ready();
  });
  afterEach(() => deribit.apiKeys.close());

  const listed = async (headers = asOwner('alice')): Promise<readonly DeribitKey[]> =>
    (await deribit.rpc<readonly DeribitKey[]>(list, {}, headers)).result;
  const uses = async (key: DeribitKey, method: 'get' | 'post' = 'get'): Promise<number> =>
    (await request(deribit.app)[method]('/orders').set('X-API-Key', tokenOf(key))).status;

  describe('the documented examples', () => {
    it('create_api_key does what its example asks for', async () => {
      const [example] = seedDocument('deribitCreate').exampleRequests as [{ params: Record<string, string> }];
      const { body } = await deribit.rpc(create, example.params);
      expect(example.params['public_key']).toBe(publicKey);
      expect(body['result']).toEqual({
        id: 1,
        timestamp: deribit.clock.now(),
        client_id: expect.stringMatching(/^[A-Za-z0-9]{8}$/) as string,
        client_secret: fingerprint,
        public_key: publicKey,
        max_scope: 'account:read block_trade:read_write trade:read wallet:none',
        enabled: true,
        default: false,
        name: 'Public_key_1',
        enabled_features: [],
        ip_whitelist: [],
      });
    });

    it('answers have all fields of the example, with values of the same kinds', async () => {
      const [example] = seedDocument('deribitCreate').exampleAnswers as [{ result: DeribitKey }];
      const { name, max_scope } = example.result;
      const made = await deribit.newKey({ name, max_scope });
      expect(made).toMatchObject({ name, max_scope, enabled: true, default: false });
      for (const [field, value] of Object.entries(example.result)) {
        expect([field, typeof made[field as keyof DeribitKey]]).toEqual([field, typeof value]);
      }
      expect(made.client_id).toHaveLength(example.result.client_id.length);
      expect(made.client_secret).toMatch(secretPattern);
      expect(example.result.client_secret).toMatch(secretPattern);
    });

    it('reset_api_key resets the third key, as its example asks for', async () => {
      const keys = [
        await deribit.newKey(),
        await deribit.newKey(),
        await deribit.newKey({ name: 'NewKeyName' }),
      ];
      const third = keys[2]!;
      const [example] = seedDocument('deribitReset').exampleRequests as [{ params: { id: number } }];
      expect(example.params).toEqual({ id: third.id });
      const { status, result } = await deribit.rpc(reset, example.params);
      expect(status).toBe(200);
      expect(result).toEqual({ ...third, client_secret: expect.stringMatching(secretPattern) as string });
      expect(result.client_secret).not.toBe(third.client_secret);
      expect([await uses(third), await uses(result), await uses(keys[0]!)]).toEqual([401, 200, 200]);
    });
  });

  it('DB1 max_scope is required; what it does not name is none, and it may name nothing', async () => {
    expect(refusal(await deribit.rpc(create, { name: 'x' }))).toEqual(invalid('max_scope'));
    for (const nothing of ['', ' ', []]) {
      const { max_scope } = await deribit.newKey({ max_scope: nothing });
      expect(max_scope).toBe('');
    }
    const reader = await deribit.newKey({ max_scope: 'trade:read' });
    expect([await uses(reader), await uses(reader, 'post')]).toEqual([200, 403]);
    const withoutTrade = await deribit.newKey({ max_scope: 'account:read_write' });
    expect(await uses(withoutTrade)).toBe(403);
  });

  it('DB2 max_scope is a list, or one text with blanks or commas', async () => {
    for (const sent of [
      ['trade:read', 'account:read'],
      'trade:read account:read',
      'trade:read,account:read',
      ['trade:read account:read'],
    ]) {
      expect((await deribit.newKey({ max_scope: sent })).max_scope).toBe('account:read trade:read');
    }
    for (const wrong of [
      'trade:write',
      'orders:read',
      '*',
      'trade:read trade:none',
      7,
      { a: 1 },
      [1],
      null,
    ]) {
      expect(refusal(await deribit.rpc(create, { max_scope: wrong }))).toEqual(invalid('max_scope'));
    }
  });

  it("DB2 max_scope is written as a list with maxScope: 'array'", async () => {
    await deribit.apiKeys.close();
    await start({ maxScope: 'array' }).apiKeys.ready();
    expect((await deribit.newKey()).max_scope).toEqual(['account:read_write', 'trade:read']);
    expect((await listed())[0]?.max_scope).toEqual(['account:read_write', 'trade:read']);
  });

  it('DB3 names have letters, numbers and underscores, at most 16; spaces become underscores', async () => {
    expect((await deribit.newKey({ name: 'Public key 1' })).name).toBe('Public_key_1');
    expect((await deribit.newKey({ name: 'A_234567890abcde' })).name).toBe('A_234567890abcde');
    for (const none of [{}, { name: '' }, { name: null }]) expect((await deribit.newKey(none)).name).toBe('');
    for (const name of ['A_234567890abcdef', 'a-b', 'a\nb', 'ä', 'a\u0000', '(no name)', 5, ['a']]) {
      const refused = await deribit.rpc(create, { max_scope: '', name });
      expect(refusal(refused)).toEqual(invalid('name'));
      expect(JSON.stringify(refused.body)).not.toContain('abcdef');
    }
  });

  it('DB3 refuses spaces with strictName', async () => {
    await deribit.apiKeys.close();
    await start({ strictName: true }).apiKeys.ready();
    expect(refusal(await deribit.rpc(create, { max_scope: '', name: 'a b' }))).toEqual(invalid('name'));
    expect((await deribit.newKey({ name: 'a_b' })).name).toBe('a_b');
  });

  it('DB6 shows secrets when they are made, and asterisks ever after', async () => {
    const made = await deribit.newKey({ name: 'k' });
    const shown = { ...made, client_secret: mask };
    expect(made.client_secret).toMatch(secretPattern);
    expect(await listed()).toEqual([shown]);
    const answers = [
      await deribit.rpc(edit, { id: 1, max_scope: made.max_scope }),
      await deribit.rpc('private/disable_api_key', { id: 1 }),
      await deribit.rpc('private/enable_api_key', { id: 1 }),
      await deribit.rpc('private/change_api_key_name', { id: 1, name: 'k' }),
      await deribit.rpc('private/change_scope_in_api_key', { id: 1, max_scope: made.max_scope }),
    ];
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers[0]?.result).toEqual(shown);
    expect(answers[1]?.result).toEqual({ ...shown, enabled: false });
    for (const { result } of answers.slice(2)) expect(result).toEqual(shown);
    for (const { body } of answers) expect(JSON.stringify(body)).not.toContain(made.client_secret);
  });

  it('DB6, DB8, DB13 a key with a public key has its fingerprint for a secret, and cannot be reset', async () => {
    const made = await deribit.newKey({ public_key: publicKey });
    expect(made).toMatchObject({ client_secret: fingerprint, public_key: publicKey });
    expect(await listed()).toEqual([made]);
    expect((await deribit.rpc('private/disable_api_key', { id: 1 })).result).toEqual({
      ...made,
      enabled: false,
    });
    expect(refusal(await deribit.rpc(reset, { id: 1 }))).toEqual({
      ...{ status: 400, code: -32602, message: 'Invalid params' },
      data: { param: 'id', reason: 'asymmetric key has no secret' },
    });
    const asSecret = { ...made, client_secret: fingerprint };
    expect(await uses(asSecret)).toBe(401);
  });

  it('DB8 reads public keys in every spelling, and writes one', async () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
    const pem = rsa.export({ type: 'spki', format: 'pem' }).toString();
    for (const spelling of [
      pem,
      pem.replaceAll('\n', '\r\n'),
      pem.trimEnd().replaceAll('\n', ' '),
      pem.replaceAll('\n', '\\n'),
      pem.replaceAll('+', ' '),
    ]) {
      const { id, public_key } = await deribit.newKey({ public_key: spelling });
      expect(public_key).toBe(pem.trimEnd());
      await deribit.rpc(remove, { id });
    }
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    for (const wrong of [
      short.export({ type: 'spki', format: 'pem' }).toString(),
      ec.export({ type: 'spki', format: 'pem' }).toString(),
      'no key',
      '',
      5,
    ]) {
      const refused = await deribit.rpc(create, { max_scope: '', public_key: wrong });
      expect(refusal(refused)).toEqual(invalid('public_key'));
    }
  });

  it('DB7 keys have enabled_features and ip_whitelist, empty ones too, and public_key only with one', async () => {
    const plain = await deribit.newKey();
    expect(plain).toMatchObject({ enabled_features: [], ip_whitelist: [] });
    expect(plain).not.toHaveProperty('public_key');
    const features = ['restricted_block_trades', 'block_trade_approval'];
    expect((await deribit.newKey({ enabled_features: features })).enabled_features).toEqual(features);
    expect((await deribit.newKey({ enabled_features: features[0] })).enabled_features).toEqual([features[0]]);
    for (const wrong of ['all', ['restricted_block_trades', 'x'], [...features, ...features], 5, {}]) {
      const refused = await deribit.rpc(create, { max_scope: '', enabled_features: wrong });
      expect(refusal(refused)).toEqual(invalid('enabled_features'));
    }
  });

  it('DB7 features are passed to handlers', async () => {
    const key = await deribit.newKey({ enabled_features: ['restricted_block_trades'] });
    const { body } = await request(deribit.app).get('/orders').set('X-API-Key', tokenOf(key)).expect(200);
    expect(body).toMatchObject({ features: ['restricted_block_trades'], keyspace: 'deribit' });
  });

  it('DB11 ip_whitelist restricts where keys are used from, from the very next request on', async () => {
    const elsewhere = await deribit.newKey({ ip_whitelist: ['10.0.0.0/8', '2001:DB8::1'] });
    expect(elsewhere.ip_whitelist).toEqual(['10.0.0.0/8', '2001:db8::1']);
    expect(await uses(elsewhere)).toBe(403);
    const refused = await deribit.rpc(list, {}, asKey(elsewhere));
    expect(refusal(refused)).toMatchObject({ status: 403, code: 13021, message: 'forbidden' });

    const free = await deribit.newKey();
    expect(await uses(free)).toBe(200);
    const { result } = await deribit.rpc(edit, { id: free.id, ip_whitelist: '10.1.2.3' });
    expect(result).toMatchObject({ ip_whitelist: ['10.1.2.3'], max_scope: free.max_scope });
    expect(await uses(free)).toBe(403);
    await deribit.rpc(edit, { id: free.id, ip_whitelist: ['127.0.0.0/8', '10.1.2.3'] });
    expect(await uses(free)).toBe(200);
    expect((await deribit.rpc(edit, { id: free.id, ip_whitelist: [] })).result.ip_whitelist).toEqual([]);
    expect(await uses(free)).toBe(200);
    for (const wrong of ['10.0.0.1/8', '*', '0.0.0.0/0', 'localhost', '1.2.3', [1]]) {
      expect(refusal(await deribit.rpc(edit, { id: 1, ip_whitelist: wrong }))).toEqual(
        invalid('ip_whitelist'),
      );
    }
  });

  it('DB14, DB15 reset keeps all but the secret', async () => {
    const made = await deribit.newKey({ name: 'k', enabled_features: ['block_trade_approval'] });
    await deribit.rpc('private/disable_api_key', { id: 1 });
    deribit.clock.advance(60_000);
    const { result } = await deribit.rpc(reset, { id: 1 });
    expect(result).toEqual({
      ...{ ...made, enabled: false },
      client_secret: expect.stringMatching(secretPattern) as string,
    });
    expect([await uses(made), await uses(result)]).toEqual([401, 401]);
    await deribit.rpc('private/enable_api_key', { id: 1 });
    expect([await uses(made), await uses(result)]).toEqual([401, 200]);
  });

  it('a key that resets itself is out at once, and its next secret is in', async () => {
    const made = await deribit.newKey();
    const { result } = await deribit.rpc(reset, { id: made.id }, asKey(made));
    expect(refusal(await deribit.rpc(list, {}, asKey(made)))).toMatchObject({ status: 401 });
    expect((await deribit.rpc(list, {}, asKey(result))).status).toBe(200);
  });

  it('DB18 numbers keys for each owner, and gives no number twice', async () => {
    const [one, two] = [await deribit.newKey(), await deribit.newKey()];
    const bobs = await deribit.rpc(create, { max_scope: '' }, asOwner('bob'));
    expect([one.id, two.id, bobs.result.id]).toEqual([1, 2, 1]);
    expect((await deribit.rpc<string>(remove, { id: 2 })).result).toBe('ok');
    expect((await deribit.newKey()).id).toBe(3);
    expect((await listed()).map(({ id }) => id)).toEqual([1, 3]);
    expect((await listed(asOwner('bob'))).map(({ id }) => id)).toEqual([1]);
  });

  it('DB18 answers keys of others, removed ones and numbers that never were in the same way', async () => {
    await deribit.newKey();
    await deribit.newKey();
    await deribit.rpc(remove, { id: 2 });
    const calls: readonly [string, object][] = [
      [reset, {}],
      [edit, { max_scope: '' }],
      ['private/change_api_key_name', { name: 'x' }],
      ['private/change_scope_in_api_key', { max_scope: '' }],
      ['private/enable_api_key', {}],
      ['private/disable_api_key', {}],
      ['private/set_api_key_as_default', {}],
      [remove, {}],
    ];
    for (const [method, params] of calls) {
      for (const id of [2, 3, 999_999_999]) {
        expect(refusal(await deribit.rpc(method, { ...params, id }))).toEqual(notFound);
      }
      expect(refusal(await deribit.rpc(method, { ...params, id: 1 }, asOwner('bob')))).toEqual(notFound);
      for (const id of [0, -1, 1.5, '01', '1e3', 'x', '', 2 ** 53, [1], {}, null, true]) {
        expect(refusal(await deribit.rpc(method, { ...params, id }))).toEqual(invalid('id'));
      }
      expect(refusal(await deribit.rpc(method, { ...params, other: 1 }))).toEqual(invalid('id'));
    }
    expect(await listed()).toEqual([expect.objectContaining({ id: 1, enabled: true })]);
  });

  it('an owner has 8 keys', async () => {
    for (let made = 0; made < 8; made += 1) await deribit.newKey();
    const ninth = {
      status: 403,
      code: 13021,
      message: 'forbidden',
      data: { reason: expect.any(String) as string },
    };
    expect(refusal(await deribit.rpc(create, { max_scope: '' }))).toEqual(ninth);
    expect((await deribit.rpc(create, { max_scope: '' }, asOwner('bob'))).status).toBe(200);
    await deribit.rpc('private/disable_api_key', { id: 1 });
    expect(refusal(await deribit.rpc(create, { max_scope: '' }))).toEqual(ninth);
    await deribit.rpc(remove, { id: 1 });
    expect((await deribit.newKey()).id).toBe(9);
    // Keys of other keyspaces do not count here, nor these there.
    await deribit.apiKeys.keys.as(theApp).create({ ownerId: 'alice', name: 'native', scopes: [] });
  });

  it('maxKeys says how many', async () => {
    await deribit.apiKeys.close();
    await start({ maxKeys: 1 }).apiKeys.ready();
    await deribit.newKey();
    expect(refusal(await deribit.rpc(create, { max_scope: '' }))).toMatchObject({ code: 13021 });
  });

  it('edit_api_key changes what is named, and nothing else', async () => {
    const made = await deribit.newKey({ name: 'k', enabled_features: ['block_trade_approval'] });
    const shown = { ...made, client_secret: mask };
    const edited = await deribit.rpc(edit, {
      ...{ id: 1, max_scope: 'account:read', name: 'new name', enabled: false },
      ...{ enabled_features: [], ip_whitelist: ['10.0.0.1'] },
    });
    expect(edited.result).toEqual({
      ...shown,
      ...{ max_scope: 'account:read', name: 'new_name', enabled: false },
      ...{ enabled_features: [], ip_whitelist: ['10.0.0.1'] },
    });
    expect((await deribit.rpc(edit, { id: 1, enabled: 'true' })).result).toEqual({
      ...edited.result,
      enabled: true,
    });
    for (const nothing of [{}, { max_scope: null, ip_whitelist: null }]) {
      expect(refusal(await deribit.rpc(edit, { id: 1, ...nothing }))).toEqual(invalid('max_scope'));
    }
    expect(refusal(await deribit.rpc(edit, { id: 1, enabled: 'yes' }))).toEqual(invalid('enabled'));
    expect(refusal(await deribit.rpc(edit, { id: 1, enabled: 1 }))).toEqual(invalid('enabled'));
  });

  it('change_scope_in_api_key and disable_api_key take away at once, enable_api_key gives back', async () => {
    const key = await deribit.newKey({ max_scope: 'trade:read_write' });
    expect([await uses(key), await uses(key, 'post')]).toEqual([200, 200]);
    await deribit.rpc('private/change_scope_in_api_key', { id: 1, max_scope: 'trade:read' });
    expect([await uses(key), await uses(key, 'post')]).toEqual([200, 403]);
    await deribit.rpc('private/disable_api_key', { id: 1 });
    expect(await uses(key)).toBe(401);
    await deribit.rpc('private/enable_api_key', { id: 1 });
    expect(await uses(key)).toBe(200);
    await deribit.rpc(remove, { id: 1 });
    expect(await uses(key)).toBe(401);
    expect(refusal(await deribit.rpc('private/enable_api_key', { id: 1 }))).toEqual(notFound);
  });

  it('set_api_key_as_default makes one the default', async () => {
    await deribit.newKey();
    await deribit.newKey();
    const defaults = async (): Promise<unknown> => (await listed()).map((key) => key.default);
    expect(await defaults()).toEqual([false, false]);
    expect((await deribit.rpc('private/set_api_key_as_default', { id: 1 })).result.default).toBe(true);
    deribit.clock.advance(1);
    expect(await defaults()).toEqual([true, false]);
    expect((await deribit.rpc('private/set_api_key_as_default', { id: 2 })).result.default).toBe(true);
    expect(await defaults()).toEqual([false, true]);
    expect((await deribit.rpc(reset, { id: 1 })).result.default).toBe(false);
    expect((await deribit.rpc(reset, { id: 2 })).result.default).toBe(true);
  });

  it('13403 a key manages keys only with account:read_write, and lists them with account:read', async () => {
    const admin = await deribit.newKey({ max_scope: 'account:read_write' });
    const reader = await deribit.newKey({ max_scope: 'account:read' });
    const trader = await deribit.newKey({ max_scope: 'trade:read_write' });
    for (const key of [admin, reader]) expect((await listed(asKey(key))).length).toBe(3);
    expect(refusal(await deribit.rpc(list, {}, asKey(trader)))).toEqual(scopeExceeded);
    for (const key of [reader, trader]) {
      expect(refusal(await deribit.rpc(create, { max_scope: '' }, asKey(key)))).toEqual(scopeExceeded);
      expect(refusal(await deribit.rpc(reset, { id: trader.id }, asKey(key)))).toEqual(scopeExceeded);
    }
    expect((await deribit.rpc(create, { max_scope: 'account:read' }, asKey(admin))).status).toBe(200);
  });

  it('13403 a key manages no key above itself', async () => {
    const admin = await deribit.newKey({ max_scope: 'account:read_write trade:read' });
    const above = await deribit.newKey({ max_scope: 'trade:read_write' });
    const below = await deribit.newKey({ max_scope: 'trade:read' });
    const calls: readonly [string, object][] = [
      [create, { max_scope: 'trade:read_write' }],
      [create, { max_scope: 'wallet:read' }],
      [reset, { id: above.id }],
      [edit, { id: below.id, max_scope: 'trade:read_write' }],
      ['private/change_scope_in_api_key', { id: above.id, max_scope: 'trade:read' }],
      ['private/disable_api_key', { id: above.id }],
      [remove, { id: above.id }],
    ];
    for (const [method, params] of calls) {
      expect(refusal(await deribit.rpc(method, params, asKey(admin)))).toEqual(scopeExceeded);
    }
    expect([await uses(above), await uses(below)]).toEqual([200, 200]);
    expect((await deribit.rpc(reset, { id: below.id }, asKey(admin))).status).toBe(200);
  });

  it('13021 a key that is restricted makes and manages no key that is not', async () => {
    const features = ['block_trade_approval'];
    const free = await deribit.newKey();
    const bound = await deribit.newKey({ enabled_features: features });
    const escapes: readonly [string, object][] = [
      [create, { max_scope: '' }],
      [reset, { id: free.id }],
      ['private/enable_api_key', { id: free.id }],
      [edit, { id: bound.id, enabled_features: [] }],
      [edit, { id: bound.id, enabled_features: ['restricted_block_trades'] }],
    ];
    for (const [method, params] of escapes) {
      const refused = refusal(await deribit.rpc(method, params, asKey(bound)));
      expect(refused).toMatchObject({ status: 403, code: 13021, message: 'forbidden' });
    }
    const restricted = { max_scope: '', enabled_features: features };
    for (const key of [bound, free]) {
      expect((await deribit.rpc(create, restricted, asKey(key))).result.enabled_features).toEqual(features);
    }
  });

  it('keys are seen and revoked in the native admin API, and touched by no policy of it', async () => {
    const key = await deribit.newKey({ name: 'k' });
    const native = await deribit.key();
    const seen = await request(deribit.app).get('/admin/keys?keyspace=deribit').expect(200);
    expect(seen.body.items).toEqual([
      expect.objectContaining({
        id: key.client_id,
        name: 'k',
        number: 1,
        keyspace: 'deribit',
        signing: 'hmac',
      }),
    ]);
    expect(JSON.stringify(seen.body)).not.toContain(key.client_secret);
    expect((await listed()).length).toBe(1);
    await request(deribit.app).post(`/admin/keys/${key.client_id}/revoke`).send({}).expect(200);
    expect(await uses(key)).toBe(401);
    expect(await listed()).toEqual([]);
    await request(deribit.app).get('/orders').set('X-API-Key', native.token).expect(200);
  });

  it('secrets are in no log and no trail', async () => {
    const made = await deribit.newKey();
    const { result } = await deribit.rpc(reset, { id: 1 });
    const trail = await request(deribit.app).get('/admin/audit').expect(200);
    for (const secret of [made.client_secret, result.client_secret]) {
      expect(JSON.stringify(trail.body) + deribit.log.join()).not.toContain(secret);
    }
  });
});
