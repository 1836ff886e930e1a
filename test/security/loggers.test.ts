import { Writable } from 'node:stream';
import type { Express, RequestHandler } from 'express';
import express from 'express';
import morgan from 'morgan';
import { pinoHttp } from 'pino-http';
import request from 'supertest';
import winston from 'winston';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import { createAllKeyspacesApp, type AllKeyspacesApp } from './all-keyspaces-app.js';
import { createInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const secretOf = (credential: string): string => credential.slice(-40);

describe('loggers of the app', () => {
  let all: AllKeyspacesApp;
  let written = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      written += chunk.toString();
      done();
    },
  });

  beforeAll(async () => {
    all = await createAllKeyspacesApp({ hideCredentials: true, credentialFrom: ['x-acme-key', 'bearer'] });
  });
  afterAll(() => Promise.all([all.apiKeys.close(), foreign.close()]));

  const { apiKeys: foreign } = createInstance({
    foreignFormats: [
      { name: 'legacy', pattern: /^sk_[A-Za-z0-9]{40}$/ },
      { name: 'sanctum', pattern: /^\d{1,10}\|[A-Za-z0-9]{40}$/ },
    ],
  });
  beforeEach(() => {
    written = '';
  });

  function appWith(logger: RequestHandler): Express {
    return express().use(logger).use(all.app);
  }

  /** Sends every credential where it belongs, and where it does not. */
  async function send(app: Express): Promise<void> {
    for (const credential of Object.values(all.credentials)) {
      const path = encodeURIComponent(credential);
      await request(app).get('/orders').set('X-Acme-Key', credential);
      await request(app).get('/orders').set('Authorization', `Bearer ${credential}`);
      await request(app)
        .get('/yativo/v1/api-keys')
        .set('X-Api-Key', credential)
        .set('X-Api-Secret', secretOf(credential));
      await request(app)
        .get(`/orders/${path}?key=${path}`)
        .set('Referer', `http://127.0.0.1/?key=${credential}`)
        .set('User-Agent', credential);
    }
  }

  function expectNoSecret(): void {
    expect(written.length).toBeGreaterThan(500);
    for (const [keyspace, credential] of Object.entries(all.credentials)) {
      expect([keyspace, written.includes(secretOf(credential))]).toEqual([keyspace, false]);
    }
  }

  it('P19: pino-http writes no key down with redactPaths and redact', async () => {
    const { redact, redactPaths } = all.apiKeys;
    await send(appWith(pinoHttp({ redact: redactPaths, hooks: { streamWrite: redact } }, stream)));
    expectNoSecret();
    for (const line of written.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('P19: redactPaths alone keeps the headers in which keys are read out of pino-http', async () => {
    const { app, apiKeys, credentials } = all;
    const logged = express()
      .use(pinoHttp({ redact: apiKeys.redactPaths }, stream))
      .use(app);
    await request(logged)
      .get('/orders')
      .set('X-Acme-Key', credentials['default'] ?? '')
      .expect(200);
    expect(written).toContain('"x-acme-key":"[Redacted]"');
    expectNoSecretOf(credentials['default'] ?? '');
    written = '';
    // What the helper is for: the guard comes too late.
    await request(express().use(pinoHttp({}, stream)).use(app))
      .get('/orders')
      .set('X-Acme-Key', credentials['default'] ?? '');
    expect(written).toContain(credentials['default']);
  });

  function expectNoSecretOf(credential: string): void {
    expect(written).not.toContain(secretOf(credential));
  }

  it('P19: morgan writes no key down with redact, nor in a URL with redactedUrl', async () => {
    const { redact, redactedUrl } = all.apiKeys;
    const lines = { write: (line: string) => void (written += redact(line)) };
    await send(
      appWith(
        morgan(':method :url :req[x-acme-key] :req[authorization] :referrer :user-agent', { stream: lines }),
      ),
    );
    expectNoSecret();
    written = '';
    morgan.token('safe-url', redactedUrl);
    await send(
      appWith(
        morgan(':method :safe-url :status - :response-time ms', {
          stream: { write: (line) => void (written += line) },
        }),
      ),
    );
    expectNoSecret();
    expect(written).toContain('/orders/acme_live_[redacted]?key=acme_live_[redacted]');
  });

  it.each(Object.keys({ deltadefi: 0, nebula: 0, yativo: 0, deribit: 0 }))(
    'P19: redact finds the secret of a key of %s behind its id, and wherever a name says so',
    (keyspace) => {
      const { redact, redactedUrl } = all.apiKeys;
      const [id = '', secret = secretOf(id)] = (all.credentials[keyspace] ?? '').split(':');
      const isPair = secret !== secretOf(id);
      const form = new URLSearchParams({
        client_id: id,
        client_secret: secret,
        grant_type: 'client_credentials',
      });
      const url = `/deribit/public/auth?${form.toString()}&scope=main`;
      expect(redactedUrl({ url })).toContain(
        'client_secret=[redacted]&grant_type=client_credentials&scope=main',
      );
      const body = JSON.stringify({
        method: 'public/auth',
        params: { client_id: id, client_secret: secret },
      });
      const texts = [
        ...[url, `client_secret=${secret}`, body, JSON.stringify({ body }), `X-Api-Secret: ${secret}`],
        ...[encodeURIComponent(url), `{ client_secret: '${secret}' }`, `api_secret=${secret}&x=1`],
        ...(isPair ? [`${id}:${secret}`, `${id} ${secret}`, `{"id":"${id}","by":"${secret}"}`] : []),
      ];
      for (const text of texts) {
        expect(redact(text)).toContain('[redacted]');
        expect([text, redact(text).includes(secret)]).toEqual([text, false]);
        expect(redact(redact(text))).toBe(redact(text));
      }
    },
  );

  it.each([
    ...['client_secret', 'api_secret', 'apiSecret', 'access_token', 'refresh_token', 'refreshToken'],
    ...['client_assertion', 'signature', 'two_factor_token', 'password', 'tfa'],
  ])('P19: redact takes the value of %s for a secret', (name) => {
    const { redact } = all.apiKeys;
    const value = 'c0rrect-h0rse';
    expect(redact(`/a?x=1&${name}=${value}&y=2#z`)).toBe(`/a?x=1&${name}=[redacted]&y=2#z`);
    expect(redact(JSON.stringify({ [name]: `${value} "quoted"`, y: 2 }))).toBe(
      `{"${name}":"[redacted]","y":2}`,
    );
    const other = `my_${name}x=1, ${name}_place=2, ${name}ary: 3, {"${name}":null} and ${name}s = none`;
    expect(redact(other)).toBe(other);
  });

  it.each([
    ['client_secret="{}" level=info', 'client_secret="[redacted]" level=info'],
    ["export secret='{}' # {}", "export secret='[redacted]' # {}"],
    ["{ password: 'it\\'s {}' }", "{ password: '[redacted]' }"],
    [`{"password":"it's {}"}`, '{"password":"[redacted]"}'],
    ['client_secret = {}', 'client_secret = [redacted]'],
    ['client_secret: {}', 'client_secret: [redacted]'],
    ['"client_secret":  "{}"', '"client_secret":  "[redacted]"'],
    ['"client_secret"\t:\t"{}"', '"client_secret"\t:\t"[redacted]"'],
    ['client_secret\t{}, client_secret\t=\t{}', 'client_secret\t{}, client_secret\t=\t[redacted]'],
    ["['client_secret' => '{}']", "['client_secret' => '[redacted]']"],
    ["{'client_secret': 123}", "{'client_secret': [redacted]"],
    ['refresh_token[]={}&x=1', 'refresh_token[]=[redacted]&x=1'],
    ['refresh_token%5B0%5D={}%26{}&x=1', 'refresh_token%5B0%5D=[redacted]&x=1'],
    ['a[refresh_token]={}&x=1', 'a[refresh_token]=[redacted]&x=1'],
    ['x-api-secret:  {}', 'x-api-secret:  [redacted]'],
    ['X-Api-Secret:{}', 'X-Api-Secret:[redacted]'],
    ['{"secret":123}', '{"secret":"[redacted]"}'],
    ['{"totp": -1.5e3,"a":1}', '{"totp": "[redacted]","a":1}'],
    ['{"secret":null,"password":{"a":[1]}}', '{"secret":null,"password":{"a":[1]}}'],
    ['{"a":"?secret=","b":"{}"}', '{"a":"?secret=","b":"{}"}'],
    ['{"a":["the secret:", "{}"],"b":"secret ="}', '{"a":["the secret:", "{}"],"b":"secret ="}'],
    ['secretary="{}" signature_place: {} design = {}', 'secretary="{}" signature_place: {} design = {}'],
  ])('P19: redact knows the value of a name in %s', (template, expected) => {
    const { redact } = all.apiKeys;
    const [text, wanted] = [template, expected].map((each) => each.replaceAll('{}', 'c0rrect-h0rse'));
    expect(redact(text ?? '')).toBe(wanted);
    expect(redact(wanted ?? '')).toBe(wanted);
  });

  it('P19: a line of JSON that is redacted in strings of strings remains one', () => {
    const { redact } = all.apiKeys;
    const body = JSON.stringify({ secret: 123, password: "it's", text: 'client_secret="c0rrect-h0rse"' });
    const line = redact(JSON.stringify({ body, url: '{"a":"?secret="}', next: 'secret:', last: 1 }));
    expect(JSON.parse(line)).toEqual({
      body: '{"secret":[redacted],"password":"[redacted]","text":"client_secret=\\"[redacted]\\""}',
      ...{ url: '{"a":"?secret="}', next: 'secret:', last: 1 },
    });
    expect(redact(line)).toBe(line);
  });

  it.each([
    ...['secret', 'secret=', 'secret="', "secret: '", 'secret="\\', 'client_secret = ', 'x-', 'secret\t'],
    ...[
      'refresh_token[',
      'a[refresh_token',
      'secret:}',
      '"secret":',
      'secret:[redacted]',
      'a_[redacted',
      '%25',
    ],
    ...[' ', '\t', '=', ':', '"', '\\', '[', ']', '}', '%5B', '%22secret%22%3A1', '\\"secret\\":1,'],
  ])('P19: redact comes to the end of 40 KB of %j', (piece) => {
    const { redact } = all.apiKeys;
    const much = piece.repeat(Math.ceil(40_000 / piece.length));
    for (const text of [much, `secret${much}`, `secret=${much}`, `secret="${much}`]) {
      expect(redact(`${text}\n?client_secret=c0rrect-h0rse`)).not.toContain('c0rrect-h0rse');
    }
  });

  it('P19: winston writes no key down with redact', () => {
    const { redact } = all.apiKeys;
    const message = Symbol.for('message');
    const redactKeys = winston.format((info) => ({ ...info, [message]: redact(String(info[message])) }));
    const { combine, json } = winston.format;
    const logger = winston.createLogger({
      format: combine(json(), redactKeys()),
      transports: [new winston.transports.Stream({ stream })],
    });
    for (const credential of Object.values(all.credentials)) {
      logger.info('asked', {
        headers: { 'x-acme-key': credential },
        url: `/orders?key=${credential}`,
        text: `a "${credential}"`,
      });
    }
    expectNoSecret();
    for (const line of written.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('P19: redact knows keys of all environments, refresh tokens and access tokens, and leaves everything else alone', async () => {
    const { apiKeys, credentials } = all;
    const { key } = await apiKeys.keys
      .as(theApp)
      .create({ ownerId: 'a', name: 'a', scopes: [], environment: 'test' });
    const { draw } = createRandomSource();
    const refreshFormat = createKeyFormat('acme', 'refresh');
    const refreshToken = refreshFormat.compose(draw(refreshFormat.id), draw(refreshFormat.secret));
    expect(apiKeys.redact(refreshToken)).toBe('acme_refresh_[redacted]');
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
    expect(apiKeys.redact(`${key}, ${credentials['default']}; ${jwt}`)).toBe(
      'acme_test_[redacted], acme_live_[redacted]; [redacted]',
    );
    const plain =
      'GET /orders?id=3f0b2f0e-6a43-4d3c-9d7c-6a2b7e9a1c11 acme_live_orders 4bf92f3577b34da6a3ce929d0e0e4736';
    expect(apiKeys.redact(plain)).toBe(plain);
  });

  it.each([
    ['with an escaped separator', '/x?token=12%7C{40}', '/x?token=[redacted]'],
    ['with an escaped separator in a path', '/x/12%7c{40}/y', '/x/[redacted]/y'],
    ['behind an escaped space', '/x?a=Bearer%20sk_{40}&b=1', '/x?a=Bearer%20[redacted]&b=1'],
    ['behind an escaped letter', '/x?a=%C3%BCsk_{40}', '/x?a=%C3%BC[redacted]'],
    ['in a parameter of a URL in a parameter', '/x?u=%2Fy%3Fa%3D12%257C{40}', '/x?u=%2Fy%3Fa%3D[redacted]'],
    ['beside escapes that are none', '/x?a=%zz%ff%3D12%7C{40}%', '/x?a=%zz%ff%3D[redacted]%'],
    ['with every character escaped', '/x?a=%73%6B%5F{40}', '/x?a=[redacted]'],
    ['beside one as it is', '/sk_{40}?a=12%7C{40}', '/[redacted]?a=[redacted]'],
  ])('P19: a key of another system is redacted %s', (_name, template, expected) => {
    const url = template.replaceAll('{40}', 'aB3'.repeat(13) + 'x');
    expect(foreign.redactedUrl({ url })).toBe(expected);
    const line = JSON.stringify({ url, text: `\n${url}` });
    expect(foreign.redact(line)).toBe(JSON.stringify({ url: expected, text: `\n${expected}` }));
  });

  it('P19: a key is redacted behind a line break in a line of JSON, and nothing else changes', () => {
    const key = `sk_${'aB3'.repeat(13)}x`;
    const line = JSON.stringify({ text: `of\n${key}\t"12|${key.slice(3)}\\` });
    expect(foreign.redact(line)).toBe(JSON.stringify({ text: 'of\n[redacted]\t"[redacted]\\' }));
    const plain = '/x?a=100%25&b=%7B%22c%22%3A1%7D \\u00e9 C:\\new';
    expect(foreign.redact(plain)).toBe(plain);
  });

  it.each(['%20', '%3D', '%2C', '%22'])(
    'P19: an access token and keys of all keyspaces are redacted behind %s',
    (before) => {
      const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl';
      for (const credential of [jwt, ...Object.values(all.credentials)]) {
        const url = `/x?a=Bearer${before}${encodeURIComponent(credential)}&b=1`;
        expect(all.apiKeys.redactedUrl({ url })).toMatch(/^\/x\?a=Bearer%\w\w[\w-]*\[redacted\]&b=1$/);
      }
    },
  );
});
