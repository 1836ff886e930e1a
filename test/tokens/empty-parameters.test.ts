import { basic, startTokenApp, type Answer, type MadeKey, type TokenApp } from './token-app.js';

const grant = { grant_type: 'client_credentials' };
const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

// RFC 6749 section 3.2: parameters sent without a value are treated as if they were omitted.
describe('parameters without a value', () => {
  let app: TokenApp;
  let key: MadeKey;

  beforeAll(async () => {
    app = await startTokenApp();
    key = await app.key();
  });
  afterAll(() => app.close());

  const result = ({ status, body }: Answer): unknown[] => [status, body['error'] ?? body['scope'] ?? body];

  it.each<[string, Record<string, string>]>([
    ['scope', { scope: '' }],
    ['client_id', { client_id: '' }],
    ['client_secret', { client_secret: '' }],
    ['client_assertion', { client_assertion: '' }],
    ['client_assertion_type', { client_assertion_type: '' }],
    ['a parameter that nobody knows', { resource: '' }],
    ['all of them', { scope: '', client_id: '', client_secret: '', client_assertion: '' }],
  ])('R67 %s: is as if it were not there', async (_name, empty) => {
    const withHeader = await app.post('/token', { ...grant, ...empty }, basic(key.id, key.secret));
    expect(result(withHeader)).toEqual([200, 'orders:read orders:write']);
    const inBody = await app.post('/token', { ...grant, ...empty, client_secret: key.token });
    expect(result(inBody)).toEqual([200, 'orders:read orders:write']);
  });

  it.each<[string, Record<string, string>, unknown[]]>([
    ['grant_type', { grant_type: '', client_secret: 'right' }, [400, 'invalid_request']],
    ['client_secret', { ...grant, client_secret: '' }, [401, 'invalid_client']],
    ['client_assertion', { ...grant, client_assertion: '' }, [401, 'invalid_client']],
    [
      'client_assertion_type',
      { ...grant, client_assertion: 'a.b.c', client_assertion_type: '' },
      [400, 'invalid_request'],
    ],
    [
      'client_assertion beside its type',
      { ...grant, client_assertion: '', client_assertion_type: assertionType },
      [401, 'invalid_client'],
    ],
  ])('R67 %s: is missed where it is needed', async (_name, form, expected) => {
    const sent = { ...form, ...(form['client_secret'] === 'right' ? { client_secret: key.token } : {}) };
    expect(result(await app.post('/token', sent))).toEqual(expected);
  });

  it.each(['/introspect', '/revoke'])('R67 token at %s: is missed, and a hint is not', async (path) => {
    const header = basic(key.id, key.secret);
    expect(result(await app.post(path, { token: '' }, header))).toEqual([400, 'invalid_request']);
    const hinted = await app.post(path, { token: 'x', token_type_hint: '' }, header);
    expect(hinted.status).toBe(200);
  });

  it('R67 is still sent once only', async () => {
    const header = basic(key.id, key.secret);
    for (const body of ['scope=&scope=', 'scope=&scope=orders%3Aread', 'client_id=&client_id=']) {
      const answer = await app.post('/token', `grant_type=client_credentials&${body}`, header);
      expect([body, ...result(answer)]).toEqual([body, 400, 'invalid_request']);
    }
  });
});
