import { createHash, randomBytes } from 'node:crypto';
import express from 'express';
import request from 'supertest';
import { alice, root, startAdminApp, type AdminApp } from '../admin/admin-app.js';
import { theApp } from '../harness/the-app.js';

let app: AdminApp;
beforeEach(async () => {
  app = await startAdminApp({
    router: { managementScope: 'keys:manage' },
    instance: { foreignFormats: [{ name: 'legacy', pattern: /^old_[A-Za-z0-9_-]{32}$/ }] },
  });
});
afterEach(() => app.close());

const newOld = (): string => `old_${randomBytes(24).toString('base64url')}`;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const rowOf = (fields: object): object => ({
  ...{ ownerId: 'alice', name: 'Old', scopes: ['orders:read'] },
  ...fields,
});
const send = (body: object, sender: typeof root = root) => app.as(sender).post('/keys/import').send(body);
const listKeys = async () => (await app.apiKeys.keys.as(theApp).list({ ownerId: 'alice' })).items;

async function statusWith(key: string): Promise<number> {
  const api = express().get('/', app.apiKeys.requireApiKey('orders:read'), (_req, res) => void res.json({}));
  return (await request(api).get('/').set('X-API-Key', key)).status;
}

describe('POST /keys/import', () => {
  it('imports keys, which their clients go on sending', async () => {
    const [one, two] = [newOld(), newOld()];
    const rows = [rowOf({ hash: sha256(one), createdAt: '2021-02-03T04:05:06Z' }), rowOf({ key: two })];
    const { body } = await send({ format: 'legacy', rows }).expect(200);
    expect(body).toEqual({ rows: 2, imported: 2, alreadyImported: 0, invalid: 0, problems: [] });
    for (const key of [one, two]) expect(await statusWith(key)).toBe(200);
    const { items } = await app.apiKeys.audit.as(theApp).list({ action: 'key.imported' });
    expect(items.map(({ actor }) => actor)).toEqual(
      [root, root].map((each) => expect.objectContaining(each) as unknown),
    );
  });

  it('imports a key once, however often it is sent', async () => {
    const rows = [rowOf({ key: newOld() }), rowOf({ key: newOld() })];
    const bodies = await Promise.all(
      Array.from(
        { length: 4 },
        async () => (await send({ format: 'legacy', rows: [...rows, rows[0]] })).body as object,
      ),
    );
    const sum = (field: string): number =>
      bodies.reduce((total, body) => total + (body as Record<string, number>)[field]!, 0);
    expect([sum('rows'), sum('imported'), sum('alreadyImported'), sum('invalid')]).toEqual([12, 2, 10, 0]);
    expect(await listKeys()).toHaveLength(2);
  });

  it('writes nothing in a dry run', async () => {
    const key = newOld();
    const { body } = await send({ format: 'legacy', rows: [rowOf({ key })], dryRun: true }).expect(200);
    expect(body).toMatchObject({ imported: 1 });
    expect(await listKeys()).toEqual([]);
    expect(await statusWith(key)).toBe(401);
  });

  it('reports what is wrong by row, imports the others, and repeats nothing that was sent', async () => {
    const secret = 'S'.repeat(40);
    const rows = [
      rowOf({ key: newOld() }),
      rowOf({ key: secret }),
      rowOf({ hash: secret, scopes: [secret], ownerId: '' }),
      rowOf({ key: newOld(), [secret]: secret }),
      {},
      rowOf({ key: newOld() }),
    ];
    const { body, text } = await send({ format: 'legacy', rows }).expect(200);
    expect(body).toMatchObject({ rows: 6, imported: 2, invalid: 4 });
    const { problems } = body as { problems: { row: number; field: string; message: string }[] };
    expect([...new Set(problems.map(({ row }) => row))]).toEqual([2, 3, 4, 5]);
    expect(problems[0]).toEqual({
      row: 2,
      field: 'key',
      message: 'does not match the pattern of the format legacy, so it would be refused',
    });
    expect(text).not.toContain('SSSS');
    expect(app.logged.join('\n')).not.toContain('SSSS');
  });

  it('is for admins: others are refused before the body is read', async () => {
    const manager = await app.apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'alice', name: 'manager', scopes: ['keys:manage'] });
    for (const sender of [alice, { token: manager.key }]) {
      const { body } = await app.as(sender).post('/keys/import').send({ rows: 'x' }).expect(403);
      expect(body).toMatchObject({ code: 'forbidden', detail: 'Only an admin may import API keys.' });
    }
    await app.as(null).post('/keys/import').send({}).expect(401);
  });

  it('bounds the rows of a request, and names the formats that there are', async () => {
    const rows = Array.from({ length: 101 }, () => rowOf({ key: newOld() }));
    for (const wrong of [rows, [], [null], 'x', undefined]) {
      const { body } = await send({ format: 'legacy', rows: wrong }).expect(400);
      expect(body).toMatchObject({ code: 'invalid_request' });
    }
    expect((await send({ format: 'legacy', rows: rows.slice(1) }).expect(200)).body).toMatchObject({
      imported: 100,
    });
    const { body } = await send({ format: 'other', rows: [{}] }).expect(409);
    expect(body).toMatchObject({
      code: 'conflict',
      detail: 'Name one of the formats of the option foreignFormats: known are legacy.',
    });
  });
});

it('needs the second factor that creating a key needs', async () => {
  const guarded = await startAdminApp({
    router: { stepUp: { operations: ['create'], verify: () => ({ result: 'valid' }) } },
    instance: { foreignFormats: [{ name: 'legacy', pattern: /^old_[A-Za-z0-9_-]{32}$/ }] },
  });
  const rows = [rowOf({ key: newOld() })];
  const { body } = await guarded.as(root).post('/keys/import').send({ format: 'legacy', rows }).expect(403);
  expect(body).toMatchObject({ code: 'step_up_required' });
  expect((await guarded.apiKeys.keys.as(theApp).list({})).items).toEqual([]);
  await guarded.close();
});
