import { makeEffective } from '../harness/make-effective.js';
import type { OrdersProcess } from '../harness/start-orders.js';
import { startTwoProcesses, type TwoProcesses } from '../harness/two-processes.js';

interface Given {
  readonly id: string;
  readonly key: string;
  readonly token: string;
}

const places = ['one SQLite file', 'PostgreSQL and Redis'] as const;

describe.each(places)('tokens over two processes on %s', (name) => {
  let both: TwoProcesses;
  let one: OrdersProcess;
  let two: OrdersProcess;

  beforeAll(async () => {
    both = await startTwoProcesses(name);
    ({ one, two } = both);
  }, 180_000);

  afterAll(() => both.stop(), 30_000);

  async function post(at: OrdersProcess, path: string, form: Record<string, string>): Promise<Response> {
    return fetch(`${at.url}/oauth${path}`, { method: 'POST', body: new URLSearchParams(form) });
  }

  async function askForToken(at: OrdersProcess, key: string): Promise<string> {
    const answer = await makeEffective(() =>
      post(at, '/token', { grant_type: 'client_credentials', client_secret: key }),
    );
    expect(answer.status).toBe(200);
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return token;
  }

  async function send(at: OrdersProcess, token: string, method = 'GET'): Promise<string> {
    const headers = { Authorization: `Bearer ${token}` };
    const answer = await makeEffective(async () => fetch(`${at.url}/orders`, { method, headers }));
    const body = (await answer.text()) || '{}';
    const { code = 'allowed' } = JSON.parse(body) as { code?: string };
    return code;
  }

  /** A token that one process has issued and both have accepted, so that both have cached it. */
  async function heldToken(): Promise<Given> {
    const input = { name: 'CI', scopes: ['orders:read', 'orders:write'] };
    const { status, body } = await makeEffective(() => one.manage('POST', '/keys', input));
    expect(status).toBe(201);
    const key = String(body['key']);
    const token = await askForToken(one, key);
    for (const at of [one, two, one, two]) expect(await send(at, token)).toBe('allowed');
    return { id: String(body['id']), key, token };
  }

  const changes: [string, (id: string) => [string, string, object?], 'GET' | 'POST', string][] = [
    ['revoke', (id) => ['POST', `/keys/${id}/revoke`, {}], 'GET', 'key_revoked'],
    ['disable', (id) => ['PATCH', `/keys/${id}`, { enabled: false }], 'GET', 'key_disabled'],
    ['rotate', (id) => ['POST', `/keys/${id}/rotate`, {}], 'GET', 'secret_rotated'],
    [
      'scope removal',
      (id) => ['PATCH', `/keys/${id}`, { scopes: ['orders:read'] }],
      'POST',
      'insufficient_scope',
    ],
    [
      'address removal',
      (id) => ['PATCH', `/keys/${id}`, { ipAllowlist: ['192.0.2.1'] }],
      'GET',
      'address_not_allowed',
    ],
  ];

  it.each(changes)(
    'R70 after a %s that was answered with 200, no process lets a token in that was given before',
    async (_what, request, method, code) => {
      let confirmed = 0;
      for (let round = 0; round < 5; round += 1) {
        const { id, token } = await heldToken();
        const answer = await one.manage(...request(id));
        if (answer.status !== 200) continue;
        confirmed += 1;
        expect([await send(two, token, method), await send(one, token, method)]).toEqual([code, code]);
      }
      expect(confirmed).toBeGreaterThan(0);
    },
    60_000,
  );

  it('R70 a token that was revoked in one process is refused in the other', async () => {
    let confirmed = 0;
    for (let round = 0; round < 5; round += 1) {
      const { key, token } = await heldToken();
      const another = await askForToken(two, key);
      const answer = await post(one, '/revoke', { client_secret: key, token });
      if (answer.status !== 200) continue;
      confirmed += 1;
      expect([await send(two, token), await send(one, token)]).toEqual(['invalid_token', 'invalid_token']);
      expect(await send(two, another)).toBe('allowed');
    }
    expect(confirmed).toBeGreaterThan(0);
  }, 180_000);

  it('R70 a new name ends no token', async () => {
    const { id, token } = await heldToken();
    const renamed = await makeEffective(() => one.manage('PATCH', `/keys/${id}`, { name: 'Renamed' }));
    expect([200, 202]).toContain(renamed.status);
    expect([await send(two, token), await send(one, token)]).toEqual(['allowed', 'allowed']);
  });

  it('R70 a token of one process is accepted by another one at once, whichever was first', async () => {
    const { key } = await heldToken();
    const tokens = await Promise.all([askForToken(one, key), askForToken(two, key)]);
    for (const token of tokens) for (const at of [two, one]) expect(await send(at, token)).toBe('allowed');
    const sets = await Promise.all(
      [one, two].map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).json()),
    );
    expect(sets[0]).toEqual(sets[1]);
  });
});
