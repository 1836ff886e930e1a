import { randomUUID } from 'node:crypto';
import request from 'supertest';
import { createDeribitApp, type DeribitApp, type DeribitKey } from './deribit-app.js';

/** Calls as the Python package deribit-wrapper sends them: always to the root, without a content type. */
describe('deribit-wrapper', () => {
  let deribit: DeribitApp;
  let key: DeribitKey;

  beforeEach(async () => {
    deribit = createDeribitApp();
    await deribit.apiKeys.ready();
    key = await deribit.newKey();
  });
  afterEach(() => deribit.apiKeys.close());

  async function call(method: string, params: object, token?: string): Promise<Record<string, unknown>> {
    const sent = request(deribit.app).post('/api/v2').unset('Content-Type');
    if (token !== undefined) void sent.set('Authorization', `bearer ${token}`);
    const { body } = await sent.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
    return body as Record<string, unknown>;
  }

  /** `create_new_scope`: the name of the object, seconds, and a UUID without its dashes. */
  function newScope(instance: string, ...items: readonly string[]): string {
    const session = `${instance}_1780272000_${randomUUID().replaceAll('-', '')}`;
    return [`session:${session}`, ...items].join(' ');
  }

  interface Tokens {
    readonly access_token: string;
    readonly refresh_token: string;
    readonly scope: string;
  }
  async function getToken(scope: string): Promise<Tokens> {
    const { client_id, client_secret } = key;
    const grant = { grant_type: 'client_credentials', client_id, client_secret };
    const answer = await call('/public/auth', { ...grant, scope });
    expect(answer['error']).toBeUndefined();
    return answer['result'] as Tokens;
  }

  it.each(['my_account', 'AccountManagement', 'x'.repeat(84)])(
    'gets a token for a session that is named after %s, and refreshes it under another name',
    async (instance) => {
      const scope = newScope(instance);
      const first = await getToken(scope);
      expect(first.scope).toContain(scope);
      const { refresh_token } = first;
      const asked = { grant_type: 'refresh_token', refresh_token, scope: newScope(instance) };
      const { result } = await call('/public/auth', asked);
      expect((result as Tokens).scope).toContain(scope);
    },
  );

  it('refuses a session whose name is longer than 128 characters', async () => {
    const { client_id, client_secret } = key;
    const grant = { grant_type: 'client_credentials', client_id, client_secret };
    expect(await call('/public/auth', { ...grant, scope: newScope('x'.repeat(85)) })).toMatchObject({
      error: { code: -32602, data: { param: 'scope' } },
    });
  });

  it('creates and changes keys with the scope of a token as max_scope', async () => {
    const { access_token } = await getToken(newScope('my_account'));
    const max_scope = newScope('my_account', 'account:read', 'trade:read', 'ip:*');
    const { result } = await call('/private/create_api_key', { max_scope, name: 'bot' }, access_token);
    expect(result).toMatchObject({ id: 2, max_scope: 'account:read trade:read' });
    const wanted = { id: 2, max_scope: newScope('my_account', 'trade:read') };
    const changed = await call('/private/change_scope_in_api_key', wanted, access_token);
    expect(changed['result']).toMatchObject({ id: 2, max_scope: 'trade:read' });
  });

  it.each(['expires:60', 'ip:127.0.0.1', 'session:', 'session:a session:b'])(
    'creates no key without the limit in max_scope: %s',
    async (item) => {
      const { error } = await deribit.rpc('private/create_api_key', { max_scope: `account:read ${item}` });
      expect(error).toMatchObject({ code: -32602, data: { param: 'max_scope' } });
    },
  );
});
