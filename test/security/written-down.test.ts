import request from 'supertest';
import { createAllKeyspacesApp, type AllKeyspacesApp } from './all-keyspaces-app.js';
import { theApp } from '../harness/the-app.js';

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
  async function refusals(): Promise<readonly unknown[]> {
    const { items } = await all.apiKeys.audit.as(theApp).listAccess({ limit: 100 });
    if (items.length > 0) return items;
    await new Promise((resolve) => setTimeout(resolve, 250));
    return refusals();
  }
});
