import { gzipSync } from 'node:zlib';
import express, { type Request, type RequestHandler, type Response } from 'express';
import request from 'supertest';
import { keepRawBody } from '../../lib/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { newEd25519, pemOf } from '../harness/signed-app.js';
import { digestOf, signed, type TestSigner } from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';

let instance: TestInstance;
let signer: TestSigner;
const logged: string[] = [];
const body = '{"item":"b\u00f6\u00f6k"}';
const host = 'api.example';

beforeAll(async () => {
  const note = (...parts: unknown[]): void => void logged.push(JSON.stringify(parts));
  instance = createInstance({ signatures: {}, logger: { warn: note, error: note } });
  await instance.apiKeys.ready();
  const { publicKey, privateKey } = newEd25519();
  const fields = { ownerId: 'alice', name: 'signer', scopes: ['orders:read' as const] };
  const made = await instance.apiKeys.keys.as(theApp).create({ ...fields, publicKey: pemOf(publicKey) });
  signer = { keyId: made.id, privateKey };
});
afterAll(() => instance.apiKeys.close());

interface Sent {
  /** The bytes that are sent, when they are not those that were signed. */
  readonly bytes?: Buffer;
  readonly encoding?: string;
  /** What is digested in place of the body. */
  readonly digested?: string | Buffer;
}

/** Sends a signed request through the steps of an app; returns the status. */
async function send(
  steps: readonly RequestHandler[],
  { bytes, encoding, digested = body }: Sent = {},
): Promise<number> {
  const app = express();
  const guard = instance.apiKeys.requireApiKey('orders:read', { signed: 'required' });
  app.post('/signed', ...steps, guard as RequestHandler, (_req, res) => void res.json({}));
  const { headers, input, signature } = signed(signer, {
    ...{ now: instance.clock.now(), host, body },
    headers: [['Content-Digest', digestOf(digested)]],
  });
  const { status } = await request(app)
    .post('/signed')
    .set(Object.fromEntries(headers))
    .set({ Host: host, 'Signature-Input': `sig=${input}`, Signature: `sig=:${signature}:` })
    .set(encoding === undefined ? {} : { 'Content-Encoding': encoding })
    .serialize((sent) => sent as unknown as string)
    .send((bytes ?? Buffer.from(body)) as unknown as string);
  return status;
}

/** Parses the body and keeps its bytes as a platform does. */
const keep = (convert: (bytes: Buffer) => unknown): RequestHandler =>
  express.json({ verify: (req, _res, bytes) => void Object.assign(req, { rawBody: convert(bytes) }) });

/** Reads the whole stream, as Cloud Functions do before Express sees the request. */
const readAhead: RequestHandler = (req: Request, _res: Response, next) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const rawBody = Buffer.concat(chunks);
    Object.assign(req, { rawBody, body: JSON.parse(rawBody.toString()) as unknown });
    next();
  });
};

describe('the body of a signed request that was read before the guard', () => {
  it.each<[string, readonly RequestHandler[]]>([
    ['req.rawBody as bytes, as NestJS keeps them', [keep((bytes) => bytes)]],
    ['req.rawBody as a string', [keep((bytes) => bytes.toString())]],
    ['req.rawBody of a request that was read ahead, as Cloud Functions do', [readAhead]],
    ['req.body as bytes', [express.raw({ type: () => true })]],
    ['keepRawBody', [express.json({ verify: keepRawBody })]],
    ['nowhere, because nothing has read it', []],
    [
      'nowhere, with an empty default',
      [(req, _res, next) => next(void Object.assign(req, { rawBody: '', body: Buffer.alloc(0) }))],
    ],
  ])('P14: is found: %s', async (_title, steps) => {
    expect(await send(steps)).toBe(200);
    expect(await send(steps, { digested: '{}' })).toBe(401);
    expect(await send(steps, { bytes: Buffer.from('{"item":"bomb"}') })).toBe(401);
    expect(await send(steps, { digested: '' })).toBe(401);
  });

  it.each<[string, readonly RequestHandler[]]>([
    ['req.rawBody', [keep((bytes) => bytes)]],
    ['req.body', [express.raw({ type: () => true })]],
  ])('is refused when %s has decoded bytes only', async (_title, steps) => {
    const sent = { bytes: gzipSync(body), encoding: 'gzip' };
    expect(await send(steps, sent)).toBe(415);
    expect(await send(steps, { ...sent, digested: sent.bytes })).toBe(415);
  });

  it('leads to 503 when a parser kept nothing, and to a line for the operator at the first request', async () => {
    expect(await send([express.json()])).toBe(503);
    const [line, ...more] = logged;
    expect(more).toEqual([]);
    expect(line).toContain('a guard answers 503');
    expect(line).toContain('express.json({ verify: keepRawBody })');
    expect(line).toContain('{ rawBody: true }');
  });

  it('is not taken from a string that stands for other bytes', async () => {
    // Bytes that are no UTF-8 become U+FFFD, whose bytes were signed here.
    const replaced = Buffer.from('{"item":"\u{fffd}"}');
    const steps = [keep((bytes) => bytes.toString())];
    const bytes = Buffer.from([...Buffer.from('{"item":"'), 0xff, ...Buffer.from('"}')]);
    expect(await send(steps, { bytes, digested: replaced })).toBe(503);
  });
});
