import { gzipSync } from 'node:zlib';
import express, { type RequestHandler } from 'express';
import request, { type Test } from 'supertest';
import {
  alice,
  expectProblem,
  fieldsOf,
  makeKey,
  mountPath,
  startAdminApp,
  use,
  type AdminApp,
} from './admin-app.js';
import { theApp } from '../harness/the-app.js';

const valid = JSON.stringify({ name: 'a key', scopes: ['orders:read'] });

const hostParsers: [string, RequestHandler[]][] = [
  ['parses nothing', []],
  ['parses JSON', [express.json()]],
  [
    'parses JSON of any size, root and type',
    [express.json({ limit: '5mb', strict: false, type: () => true })],
  ],
  ['parses forms and JSON', [express.urlencoded({ extended: true }), express.json()]],
  ['reads text', [express.text({ type: '*/*', limit: '5mb' })]],
  ['reads bytes', [express.raw({ type: '*/*', limit: '5mb' })]],
];

describe.each(hostParsers)('the body of a request to an app that %s', (name, before) => {
  let adminApp: AdminApp;
  beforeAll(async () => {
    adminApp = await startAdminApp({ before });
  });
  afterAll(() => adminApp.close());

  /** What the app itself refuses before the router sees it is not the router's answer. */
  const appDecides = (): boolean => name === 'parses JSON' || name === 'parses forms and JSON';
  const appParses = (): boolean => appDecides() || name === 'parses JSON of any size, root and type';

  const post = (type: string | null, body: string | Buffer, headers: Record<string, string> = {}): Test => {
    const sent = request(adminApp.server)
      .post(`${mountPath}/keys`)
      .set('X-Actor', JSON.stringify(alice))
      .set(headers);
    if (type !== null) void sent.set('Content-Type', type);
    return sent.serialize((data: unknown) => data as string).send(body);
  };

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'Application/JSON; charset="utf-8"',
    'application/json;',
    'application/json; v=1; charset=utf-8',
    'application/json ; ; v="a;b\\"c"',
  ])('is read as %s', async (type) => {
    await post(type, valid).expect(201);
  });

  it('may be compressed', async () => {
    await post('application/json', gzipSync(valid), { 'Content-Encoding': 'gzip' }).expect(201);
  });

  it('may begin with a byte order mark', async () => {
    await post('application/json', Buffer.from(`\ufeff${valid}`)).expect(201);
  });

  it.each([
    ['text/plain', valid],
    ['application/x-www-form-urlencoded', 'name=a&scopes=orders:read'],
    ['multipart/form-data; boundary=x', '--x--'],
    ['application/json-patch+json', valid],
    ['application/jsonp', valid],
    ['application/merge-patch+json', valid],
    ['application/json, text/plain', valid],
  ])('is refused as %s', async (type, body) => {
    const answer = await post(type, body);
    if (answer.status === 400 && appParses()) return;
    expectProblem(answer, 415, 'unsupported_media_type');
  });

  it('is refused without a content type', async () => {
    const answer = await post(null, Buffer.from(valid)).unset('Content-Type');
    expectProblem(answer, 415, 'unsupported_media_type');
  });

  it.each(['utf-16', 'iso-8859-1', 'foo'])('is refused in %s', async (charset) => {
    const answer = await post(`application/json; charset=${charset}`, valid);
    expect([400, 415]).toContain(answer.status);
    if (!appParses() && name !== 'reads text') expectProblem(answer, 415, 'unsupported_media_type');
  });

  it.each([
    ['{"name":"a key"', 'truncated'],
    ['{"name":"a key",}', 'a trailing comma'],
    ['{"name":NaN}', 'NaN'],
    ['{/* */}', 'a comment'],
    ["{'name':1}", 'single quotes'],
    ['\u0000', 'NUL'],
  ])('is refused as %j', async (body) => {
    const answer = await post('application/json', Buffer.from(body));
    expect(answer.status).toBe(400);
    if (appParses()) return;
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['body']);
  });

  it.each(['null', '[]', '"x"', '1', 'true'])('is refused as %s', async (body) => {
    const answer = await post('application/json', Buffer.from(body));
    if (appDecides() && answer.status === 400 && body !== '[]') return;
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['body']);
  });

  it('is refused when it is not UTF-8', async () => {
    const answer = await post(
      'application/json',
      Buffer.concat([Buffer.from('{"name":"'), Buffer.from([0xff, 0xfe]), Buffer.from('","scopes":[]}')]),
    );
    // A parser of the app may have put replacement characters in place already.
    if (appParses() || name === 'reads text') return;
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['body']);
  });

  it('R61 is refused when it is deeper than 16 levels', async () => {
    const answer = await post('application/json', `{"metadata":${'['.repeat(20_000)}${']'.repeat(20_000)}}`);
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['body']);
  });

  it('R61 is refused when a list is longer than 100', async () => {
    const answer = await post('application/json', JSON.stringify({ scopes: Array<number>(101).fill(1) }));
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['body']);
  });

  it('R61 is refused above 64 KiB', async () => {
    const pad = (length: number) => JSON.stringify({ name: 'x'.repeat(length) });
    await post('application/json', pad(64 * 1024 - 20)).expect(400);
    expectProblem(await post('application/json', pad(64 * 1024)), 413, 'payload_too_large');
    const huge = await post('application/json', pad(200 * 1024));
    expect(huge.status).toBe(413);
  });

  it('is refused above 64 KiB after decompression', async () => {
    const bomb = gzipSync(Buffer.alloc(3 * 1024 * 1024, ' '));
    const answer = await post('application/json', bomb, { 'Content-Encoding': 'gzip' });
    if (name === 'parses JSON of any size, root and type') expect([400, 413]).toContain(answer.status);
    else expect(answer.status).toBe(413);
  });

  it('is refused when it is not encoded as it says', async () => {
    const answer = await post('application/json', valid, { 'Content-Encoding': 'gzip' });
    expect(answer.status).toBe(400);
    if (before.length === 0) expectProblem(answer, 400, 'invalid_request');
    const unknown = await post('application/json', valid, { 'Content-Encoding': 'rot13' });
    expect(unknown.status).toBe(415);
  });

  it('R60 inherits nothing', async () => {
    const answer = await post(
      'application/json',
      '{"name":"a key","scopes":[],"__proto__":{"enabled":false},"constructor":{"prototype":{"x":1}}}',
    );
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['__proto__', 'constructor']);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it('names no member twice', async () => {
    const answer = await post('application/json', '{"name":"a","scopes":["orders:read"],"sc\\u006fpes":[]}');
    // What a parser of the app has left over does not tell any more: the last one counts.
    if (appParses()) expect(answer.status).toBe(201);
    else {
      expectProblem(answer, 400, 'invalid_request');
      expect(fieldsOf(answer)).toEqual(['body']);
    }
  });

  it('may be left out where nothing has to be said', async () => {
    const { id, key } = await makeKey(adminApp, alice);
    await adminApp.as(alice).post(`/keys/${id}/rotate`).expect(200);
    expect(await use(adminApp, key)).toBe(401);
    await adminApp.as(alice).delete(`/keys/${id}`).expect(200);
  });

  it('is taken for empty when it has no length', async () => {
    const answer = await post('application/json', '');
    expectProblem(answer, 400, 'invalid_request');
    expect(fieldsOf(answer)).toEqual(['name', 'scopes']);
  });
});

describe('a body that the app has read and not handed on', () => {
  it('is not taken for an empty one', async () => {
    const swallow: RequestHandler = (req, _res, next) => {
      req.resume();
      req.once('end', next);
    };
    const adminApp = await startAdminApp({ before: [swallow] });
    const { id, key } = await adminApp.apiKeys.keys.as(theApp).create({
      ownerId: 'alice',
      name: 'a key',
      scopes: ['orders:read'],
    });
    const answer = await adminApp.as(alice).post(`/keys/${id}/rotate`).send({ gracePeriodSeconds: 3600 });
    expectProblem(answer, 500, 'internal_error');
    expect(adminApp.logged.join()).toContain('left nothing on req.body');
    expect(await use(adminApp, key)).toBe(200);
    await adminApp.close();
  });
});
