import { gzipSync } from 'node:zlib';
import express, { type Express, type RequestHandler } from 'express';
import { getBodyFault } from '../../lib/dialects/body-error.js';
import { readBody, type BodyOptions } from '../../lib/dialects/read-body.js';
import { keepRawBody } from '../../lib/http/keep-raw-body.js';
import { sendRaw } from './send-raw.js';
import { serveApp } from './serve-app.js';

interface Read {
  readonly body?: unknown;
  readonly problem?: string;
  readonly fault?: string | null;
}

const json = 'application/json';
const form = 'application/x-www-form-urlencoded';

function appWith(parsers: readonly RequestHandler[], options: BodyOptions): Express {
  const app = express();
  for (const parser of parsers) app.use(parser);
  return app.use((req, res) => {
    readBody(req, options).then(
      (body) => res.end(JSON.stringify({ body } satisfies Read)),
      (error: unknown) => {
        const { problem = String(error) } = error as { problem?: string };
        res.end(JSON.stringify({ problem, fault: getBodyFault(error) } satisfies Read));
      },
    );
  });
}

interface Sent {
  readonly method?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function read(
  parsers: readonly RequestHandler[],
  options: BodyOptions,
  body: string | Uint8Array,
  { method = 'POST', type = json, headers = {} }: Sent = {},
): Promise<Read> {
  return serveApp(appWith(parsers, options), async (url) => {
    const sent = { method, body: Buffer.from(body), headers: { 'Content-Type': type, ...headers } };
    return (await (await fetch(url, sent)).json()) as Read;
  });
}

const nothing: RequestHandler[] = [];
const parsers: [string, RequestHandler[]][] = [
  ['parses nothing', nothing],
  ['parses JSON and forms', [express.json(), express.urlencoded({ extended: true })]],
  ['parses forms simply', [express.urlencoded({ extended: false }), express.json()]],
  [
    'keeps raw bodies',
    [express.json({ verify: keepRawBody }), express.urlencoded({ extended: true, verify: keepRawBody })],
  ],
  ['reads text', [express.text({ type: '*/*' })]],
  ['reads bytes', [express.raw({ type: '*/*' })]],
];
const tolerant: BodyOptions = { tolerantJson: true, form: true };
const broken = '{\n    "name": "test-api-key",\n    "description": "This is a test API key",\n}';
const unbroken = { name: 'test-api-key', description: 'This is a test API key' };

describe.each(parsers)('the body of a request to a dialect in an app that %s', (name, before) => {
  it('is a JSON object', async () => {
    expect(await read(before, {}, '{"a":[1,{"b":null}]}')).toEqual({ body: { a: [1, { b: null }] } });
  });

  it('NB1 may be JSON that is labelled as a form, with a comma too many', async () => {
    expect(await read(before, tolerant, broken, { type: form })).toEqual({ body: unbroken });
    expect(await read(before, tolerant, JSON.stringify(unbroken), { type: form })).toEqual({
      body: unbroken,
    });
    expect(await read(before, {}, broken, { type: form })).toEqual({
      problem: 'invalid_request',
      fault: 'not_json',
    });
  });

  it('may be a form, where forms are taken', async () => {
    const fields = { body: { name: 'a b', description: '' } };
    expect(await read(before, tolerant, 'name=a+b&description=', { type: form })).toEqual(fields);
    expect(await read(before, {}, 'name=a', { type: form })).toEqual({
      problem: 'invalid_request',
      fault: 'not_json',
    });
  });

  it('may be absent', async () => {
    expect(await read(before, {}, '')).toEqual({ body: null });
    expect(await read(before, tolerant, '', { type: form })).toEqual({ body: null });
  });

  it.each(['[]', '[{"a":1}]'])('is no object when it is %s', async (text) => {
    expect(await read(before, tolerant, text)).toEqual({
      problem: 'invalid_request',
      fault: 'not_an_object',
    });
  });

  it('is at most 32 KiB', async () => {
    const long = JSON.stringify({ a: 'x'.repeat(33_000) });
    expect(await read(before, {}, long)).toEqual({ problem: 'payload_too_large', fault: null });
  });

  it('is not compressed', async () => {
    const headers = { 'Content-Encoding': 'gzip' };
    expect(await read(before, {}, gzipSync('{}'), { headers })).toMatchObject({
      problem: 'unsupported_media_type',
    });
  });

  it('is refused when it is too deep, or has too long a list', async () => {
    const refusal = { problem: 'invalid_request', fault: 'not_acceptable' };
    expect(await read(before, {}, `{"a":${'['.repeat(16)}${']'.repeat(16)}}`)).toEqual(refusal);
    expect(await read(before, {}, `{"a":[${'1,'.repeat(100)}1]}`)).toEqual(refusal);
  });

  it('cannot change any prototype', async () => {
    const { body } = await read(before, {}, '{"__proto__":{"polluted":1},"a":{"__proto__":{"polluted":1}}}');
    expect(Object.keys(body as object)).toEqual(['__proto__', 'a']);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  if (name === 'parses nothing' || name === 'keeps raw bodies' || name.startsWith('reads')) {
    it('names no member twice', async () => {
      const refusal = { problem: 'invalid_request', fault: 'not_acceptable' };
      expect(await read(before, {}, '{"a":1,"a":2}')).toEqual(refusal);
      expect(await read(before, tolerant, '{"a":1,"\\u0061":2,}', { type: form })).toEqual(refusal);
    });
  }
});

describe('the body of a request to a dialect', () => {
  it('is read whatever its type says', async () => {
    for (const type of ['text/plain', 'application/xml', json]) {
      expect(await read(nothing, {}, '{"a":1}', { type })).toEqual({ body: { a: 1 } });
    }
  });

  it.each(['1', '"a"', 'null', 'true', '[]'])('%s is JSON, but no object', async (text) => {
    expect(await read(nothing, {}, text)).toEqual({ problem: 'invalid_request', fault: 'not_an_object' });
  });

  it.each(['{', 'name=a', '{"a":1,}', "{'a':1}", '{"a":NaN}'])('%s is no JSON', async (text) => {
    expect(await read(nothing, {}, text)).toEqual({ problem: 'invalid_request', fault: 'not_json' });
  });

  it('is UTF-8, with a mark or without', async () => {
    expect(await read(nothing, {}, Buffer.from('\ufeff{"a":"é"}'))).toEqual({ body: { a: 'é' } });
    expect(await read(nothing, {}, Buffer.from('{"a":"é"}', 'latin1'))).toMatchObject({ fault: 'not_utf8' });
  });

  it('a form that could be understood in two ways is refused', async () => {
    expect(await read(nothing, tolerant, 'a=%zz', { type: form })).toMatchObject({
      problem: 'invalid_request',
    });
    expect(await read(nothing, tolerant, 'a=1&a[]=2', { type: form })).toMatchObject({
      problem: 'invalid_request',
    });
  });

  it('JSON that a parser of forms took apart is refused, not reconstructed', async () => {
    const text = '{"name":"a=b&c=d"}';
    expect(await read(nothing, tolerant, text, { type: form })).toEqual({ body: { name: 'a=b&c=d' } });
    expect(await read([express.urlencoded({ extended: false })], tolerant, text, { type: form })).toEqual({
      problem: 'invalid_request',
      fault: 'not_json',
    });
  });

  it('DB9 may come with a GET', async () => {
    await serveApp(appWith(nothing, {}), async (url) => {
      const lines = ['GET / HTTP/1.1', 'Host: a', `Content-Type: ${json}`, 'Content-Length: 7'];
      expect(await sendRaw(url, lines, '{"a":1}')).toContain('{"body":{"a":1}}');
      const chunked = ['GET / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked'];
      expect(await sendRaw(url, chunked, '7\r\n{"a":1}\r\n0\r\n\r\n')).toContain('{"body":{"a":1}}');
      expect(await sendRaw(url, chunked, '0\r\n\r\n')).toContain('{"body":null}');
      expect(await sendRaw(url, ['GET / HTTP/1.1', 'Host: a'])).toContain('{"body":null}');
    });
  });

  it('is refused when it was read and nothing is left of it', async () => {
    const drain: RequestHandler = (req, _res, next) => void req.resume().on('end', () => next());
    const { problem } = await read([drain], {}, '{}');
    expect(problem).toMatch(/left nothing on req\.body/);
  });
});
