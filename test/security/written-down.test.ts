import request from 'supertest';
import { createAllKeyspacesApp, type AllKeyspacesApp } from './all-keyspaces-app.js';
import { theApp } from '../harness/the-app.js';
import { readRequestId } from '../../lib/http/read-request-id.js';

const pieceLength = 12;

/** The first piece of a credential that stands in a text; `undefined` when there is none. Ids of keys are no secrets. */
function pieceIn(text: string, credential: string): string | undefined {
  const secret = credential.slice(-Math.min(43, credential.length - 12));
  for (let at = 0; at + pieceLength <= secret.length; at += 1) {
    const piece = secret.slice(at, at + pieceLength);
    if (text.includes(piece)) return piece;
  }
  return undefined;
}

describe('credentials in parts of requests where they do not belong', () => {
  let all: AllKeyspacesApp;
  const log: string[] = [];

  beforeAll(async () => {
    const note = (...said: unknown[]): void => void log.push(JSON.stringify(said));
    all = await createAllKeyspacesApp({ logger: { warn: note, error: note } });
  });
  afterAll(() => all.apiKeys.close());

  async function spread(credential: string): Promise<void> {
    const { app, apiKeys } = all;
    const path = encodeURIComponent(credential);
    const paths = [
      `/${path}`,
      `/${path}/orders`,
      `/orders/${path}`,
      `/orders?${path}&key=${path}`,
      `/invites/${path}`,
      `/admin/keys/${path}`,
      `/admin/keys?cursor=${path}&${path}=1`,
      `/admin/${path}`,
      `/deltadefi/${path}`,
      `/nebula/api-keys/${path}`,
      `/yativo/v1/api-keys/${path}`,
      `/yativo/${path}`,
      `/deribit/public/${path}`,
      `/oauth/${path}`,
    ];
    const headers = {
      'X-Request-Id': credential,
      'User-Agent': credential,
      'X-Forwarded-For': credential,
      Referer: `http://127.0.0.1/?key=${credential}`,
      'X-Correlation-Id': credential,
    };
    for (const each of paths) {
      await request(app).get(each).set(headers);
      await request(app).delete(each).set(headers).set('X-Api-Key', credential);
    }
    for (const id of [
      `req-${credential}`,
      `${credential}.1`,
      `a:${credential}`,
      credential.slice(0, 40),
      credential.slice(-40),
    ]) {
      await request(app).get('/orders').set('X-Request-Id', id);
      const created = await request(app)
        .post('/admin/keys')
        .set('X-Request-Id', id)
        .send({ name: 'job', scopes: ['orders:read'] });
      await request(app).post(`/admin/keys/${created.body.id}/revoke`).set('X-Request-Id', id).send({});
    }
    await apiKeys.keys.verify({ key: credential }).catch(() => undefined);
  }

  it.each([
    ['short', /^k_[a-z0-9]{14}$/, 'k_a1b2c3d4e5f6g7'],
    ['of letters', /^key-[a-z]{10}$/, 'key-qzxvwjkyqp'],
    ['in two parts', /^[a-z0-9]{12}\.[a-z0-9]{16}$/, 'abc123def456.ghi789jkl012mn34'],
    [
      'like a UUID',
      /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
      '0f8fad5b-d9cb-469f-a165-70867728950e',
    ],
  ])('P16: are written down nowhere when they are of another system, %s', async (_, pattern, key) => {
    const lines: string[] = [];
    const note = (...said: unknown[]): void => void lines.push(JSON.stringify(said));
    const foreignFormats = [{ name: 'legacy', pattern }];
    const other = await createAllKeyspacesApp({ logger: { warn: note, error: note }, foreignFormats });
    const { app, apiKeys } = other;
    for (const path of [
      `/${key}`,
      `/${key}/a`,
      `/invites/${key}`,
      `/admin/keys/${key}`,
      `/admin/keys?${key}=1`,
    ]) {
      await request(app).get(path);
      await request(app).delete(path).set('User-Agent', key).set('Referer', `http://127.0.0.1/${key}`);
    }
    for (const id of [key, `req-${key}`, `${key}.1`, `a:${key}`, `r.${key}:x`]) {
      await request(app).get('/orders').set('X-Request-Id', id);
      await request(app)
        .post('/admin/keys')
        .set('X-Request-Id', id)
        .send({ name: 'job', scopes: ['orders:read'] })
        .expect(201);
    }
    apiKeys.onChange((await other.key()).id, () => {
      throw new Error(`not for ${key}`);
    });
    const trail: unknown[] = [];
    for await (const entry of apiKeys.audit.as(theApp).export()) trail.push(entry);
    expect(trail.length).toBeGreaterThan(5);
    const items = await refusals(other);
    await apiKeys.close();
    expect(JSON.stringify([trail, lines, items])).not.toContain(key);
  });

  it.each([
    ['wJalrXUtnFEMI.K7MDENG.bPxRfiCYEXAMPLEKEY', false],
    ['abc123def456.ghi789jkl012mn34', false],
    ['a:Zx9Qw8Er7T.y6U5i4O3p2', false],
    ['3f0b2f0e-6a43-4d3c-9d7c-6a2b7e9a1c11', true],
    ['api.eu:3f0b2f0e-6a43-4d3c-9d7c-6a2b7e9a1c11', true],
    ['req-123', true],
    ['api-7.eu-west-1.example.com:8080', true],
    ['V1StGXR8Z5jdHi6Bmy', true],
    ['1.22.333-rc.4', true],
    ['pod-7d9f8b6c5-x2x4z.12', true],
  ])('P16: a request id in pieces is recorded unless these may be a secret: %s', (id, isRecorded) => {
    expect(readRequestId({ headers: { 'x-request-id': id } })).toBe(isRecorded ? id : null);
  });

  it('P16: are written down nowhere, of whichever keyspace they are', async () => {
    const { apiKeys, credentials, app } = all;
    expect(Object.keys(credentials)).toEqual(['default', 'deltadefi', 'nebula', 'yativo', 'deribit']);
    for (const credential of Object.values(credentials)) await spread(credential);
    const kept = '3f0b2f0e-6a43-4d3c-9d7c-6a2b7e9a1c11';
    await request(app)
      .post('/admin/keys')
      .set('X-Request-Id', kept)
      .send({ name: 'kept', scopes: [] })
      .expect(201);
    // What was batched is written when the instance closes; a copy of the store is read by the next one.
    const trail: unknown[] = [];
    for await (const entry of apiKeys.audit.as(theApp).export()) trail.push(entry);
    const written = JSON.stringify([trail, log, await refusals()]);
    expect(trail.length).toBeGreaterThan(40);
    expect(written).toContain(kept);
    for (const [keyspace, credential] of Object.entries(credentials)) {
      expect([keyspace, pieceIn(written, credential)]).toEqual([keyspace, undefined]);
    }
  });

  /** Rows of the access log, which are written every ten seconds. */
  async function refusals({ apiKeys }: Pick<AllKeyspacesApp, 'apiKeys'> = all): Promise<readonly unknown[]> {
    const { items } = await apiKeys.audit.as(theApp).listAccess({ limit: 100 });
    if (items.length > 0) return items;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return refusals({ apiKeys });
  }
});
