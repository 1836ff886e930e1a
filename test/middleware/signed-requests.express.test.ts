import { createHash, createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { signRequest } from '../../lib/index.js';
import { newEd25519, newRsa, outcome, pemOf, startSignedApp, type SignedApp } from '../harness/signed-app.js';
import type { RawRequest } from '../security/raw-http.js';
import {
  digestOf,
  newNonce,
  sent,
  signBytes,
  type Signed,
  type Signing,
  type TestSigner,
} from '../harness/signing.js';
import { theApp } from '../harness/the-app.js';

let app: SignedApp;
let alice: TestSigner;

beforeAll(async () => {
  app = await startSignedApp();
  alice = await app.signer();
});
afterAll(() => app.close());

const outcomeOf = async (signing: Signing, signer = alice): Promise<string> =>
  outcome(await app.use(signer, signing));
const seconds = (): number => Math.floor(app.instance.clock.now() / 1000);
const target = '"@target-uri"';
const refused = '401 invalid_signature';

describe('signed requests', () => {
  it('R75 are authenticated as the key that signed, before and behind a parser, once for several guards', async () => {
    for (const path of ['/signed', '/kept', '/twice', '/either', '/below/signed']) {
      const answer = await app.use(alice, { target: path });
      expect([path, outcome(answer)]).toEqual([path, '200']);
      expect(JSON.parse(answer.body)).toEqual({ id: alice.keyId, via: 'signature', body: { item: 'book' } });
    }
  });

  it('R75 work without a body, with large, empty and chunked ones', async () => {
    expect(await outcomeOf({ method: 'GET' })).toBe('200');
    const large = JSON.stringify({ text: 'x'.repeat(90_000) });
    const answer = await app.use(alice, { body: large });
    expect(JSON.parse(answer.body)).toMatchObject({ body: JSON.parse(large) as unknown });

    const body = Buffer.from('{"a":1}');
    const chunked = sent({
      ...app.sign(alice, { body }),
      body: Buffer.from(`7\r\n${body.toString()}\r\n0\r\n\r\n`),
    });
    const lines = [...(chunked.lines ?? []), 'Transfer-Encoding: chunked'];
    const inChunks = await app.send({ ...chunked, lines });
    expect(JSON.parse(inChunks.body)).toMatchObject({ body: { a: 1 } });

    const nothing = sent({ ...app.sign(alice, { body: '' }), body: Buffer.from('0\r\n\r\n') });
    const empty = await app.send({
      ...nothing,
      lines: [...(nothing.lines ?? []), 'Transfer-Encoding: chunked'],
    });
    expect(outcome(empty)).toBe('200');
  });

  it('P14: a body without a length opens nothing by a signature that does not cover it', async () => {
    const body = '{"item":"evil"}';
    const chunked = Buffer.from(`f\r\n${body}\r\n0\r\n\r\n`);
    for (const path of ['/signed', '/kept', '/twice', '/stripped']) {
      const covering = app.sign(alice, { target: path, body });
      const unsigned = app.sign(alice, { target: path, body, components: ['"@method"', target] });
      const inChunks = (request: Signed): RawRequest => {
        const made = sent({ ...request, body: chunked });
        return { ...made, lines: [...(made.lines ?? []), 'Transfer-Encoding: chunked'] };
      };
      const served = app.served();
      expect([path, outcome(await app.send(inChunks(unsigned)))]).toEqual([path, refused]);
      expect([path, outcome(await app.send(sent(unsigned)))]).toEqual([path, refused]);
      expect(app.served()).toBe(served);
      expect([path, outcome(await app.send(inChunks(covering)))]).toEqual([path, '200']);
    }
  });

  it('R75 must cover method, target and body', async () => {
    const digest = '"content-digest"';
    const parts = ['"@authority"', '"@path"', '"@query"'];
    expect(await outcomeOf({ components: ['"@method"', ...parts, digest] })).toBe('200');
    const lacking = [
      [],
      [target, digest],
      ['"@method"', digest],
      ['"@method"', target],
      ...parts.map((left) => ['"@method"', ...parts.filter((part) => part !== left), digest]),
      ['"@method"', '"@request-target"', digest],
      ['"@method"', '"@scheme"', '"@path"', '"@query"', digest],
    ];
    for (const components of lacking) {
      expect([components, await outcomeOf({ components })]).toEqual([components, refused]);
    }
  });

  it.each(['created', 'nonce', 'keyid'])('R75 must have %s', async (name) => {
    expect(await outcomeOf({ params: { [name]: null } })).toBe(refused);
  });

  it('R75 without our tag are not ours', async () => {
    for (const tag of [null, '"other"', '""', 'acme', '"acme "', '"ACME"']) {
      expect([tag, await outcomeOf({ params: { tag } })]).toEqual([tag, '401 signature_required']);
      expect(outcome(await app.use(alice, { params: { tag }, target: '/either' }))).toBe(
        '401 missing_credential',
      );
    }
  });

  it('R75 must cover the header with a key, and then there are two', async () => {
    const { token } = await app.instance.key();
    for (const [name, value] of [
      ['X-Api-Key', token],
      ['Authorization', `Bearer ${token}`],
    ] as const) {
      const headers = [[name, value]] as const;
      expect(await outcomeOf({ headers, target: '/either' })).toBe(refused);
      const components = ['"@method"', target, '"content-digest"', `"${name.toLowerCase()}"`];
      expect(await outcomeOf({ headers, components, target: '/either' })).toBe('400 invalid_request');
    }
  });

  it('R75 are asked for where they are required, and keys are not enough', async () => {
    const { token } = await app.instance.key();
    const lines = [`X-Api-Key: ${token}`];
    const alone = await app.send({ target: '/signed', lines });
    expect(outcome(alone)).toBe('401 signature_required');
    expect(alone.headers['www-authenticate']).toBe('Bearer realm="acme"');
    expect(JSON.parse(alone.body)).toMatchObject({ detail: 'Sign the request (RFC 9421) with tag="acme".' });
    const either = await app.send({ target: '/either', lines });
    expect(JSON.parse(either.body)).toMatchObject({ via: 'key' });
    expect(outcome(await app.send({ target: '/either' }))).toBe('401 missing_credential');
  });

  it('R76 are good from skew before created until their age, to the second', async () => {
    const table: [number, string][] = [
      [31, refused],
      [30, '200'],
      [0, '200'],
      [-60, '200'],
      [-61, refused],
      [2 ** 33, refused],
    ];
    for (const [offset, expected] of table) {
      const params = { created: String(seconds() + offset) };
      expect([offset, await outcomeOf({ params })]).toEqual([offset, expected]);
    }
  });

  it('R76 end with expires', async () => {
    const table: [number, number, string][] = [
      [0, 1, '200'],
      [-1, 0, refused],
      [-10, -1, refused],
      [0, 0, refused],
      [5, 4, refused],
      [0, 1000, '200'],
    ];
    for (const [created, expires, expected] of table) {
      const params = { created: String(seconds() + created), expires: String(seconds() + expires) };
      expect([created, expires, await outcomeOf({ params })]).toEqual([created, expires, expected]);
    }
    for (const expires of ['"2026"', '?1', 'x', ':AAAA:']) {
      expect([expires, await outcomeOf({ params: { expires } })]).toEqual([expires, refused]);
    }
  });

  it('R76 have whole numbers for times', async () => {
    const now = seconds();
    for (const created of [`${now}.0`, `${now}.5`, `"${now}"`, `-${now}`, '-1', '?1', `:AAAA:`, 'now']) {
      expect([created, (await app.use(alice, { params: { created } })).status]).toEqual([created, 401]);
    }
    for (const created of ['1e9', `@${now}`]) {
      expect((await app.use(alice, { params: { created } })).status).toBe(400);
    }
  });

  it.each([32, 'longest'] as const)(
    'R77 with RSA-PSS and a salt of another length (%s) say so',
    async (salt) => {
      const { sign, constants } = await import('node:crypto');
      const rsa = await app.signer(newRsa());
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const saltLength = salt === 'longest' ? constants.RSA_PSS_SALTLEN_MAX_SIGN : salt;
      const signature = (base: string): Buffer =>
        sign('sha512', Buffer.from(base), { key: rsa.privateKey, padding, saltLength });
      const answer = await app.use(rsa, { signature });
      expect([answer.status, (JSON.parse(answer.body) as { detail: string }).detail]).toEqual([
        401,
        'Sign with RSA-PSS and a salt of 64 bytes (RFC 9421 section 3.3.1).',
      ]);
    },
  );

  it('R77 are made with the algorithm of the key, whatever they say', async () => {
    const rsa = await app.signer(newRsa());
    const rsaPem = pemOf(createPublicKey(rsa.privateKey));
    const alicePem = pemOf(createPublicKey(alice.privateKey));
    const table = [
      [alice, '"ed25519"', '200'],
      [rsa, '"rsa-pss-sha512"', '200'],
      [rsa, null, '200'],
      ...[
        '"rsa-pss-sha512"',
        '"hmac-sha256"',
        '"rsa-v1_5-sha256"',
        '"ecdsa-p256-sha256"',
        '"none"',
        '""',
      ].map((alg) => [alice, alg, refused] as const),
      ...['"ed25519"', '"rsa-v1_5-sha256"', '"hmac-sha256"', '"rsa-pss-sha256"', '"RSA-PSS-SHA512"'].map(
        (alg) => [rsa, alg, refused] as const,
      ),
      [alice, 'ed25519', refused],
      [alice, '1', refused],
    ] as const;
    for (const [signer, alg, expected] of table) {
      expect([alg, await outcomeOf({ params: { alg } }, signer)]).toEqual([alg, expected]);
    }
    const { sign, constants } = await import('node:crypto');
    const others: ((base: string) => Buffer)[] = [
      (base) => createHmac('sha256', rsaPem).update(base).digest(),
      (base) => createHmac('sha256', alicePem).update(base).digest(),
      (base) => sign('sha256', Buffer.from(base), rsa.privateKey),
      (base) => sign('sha512', Buffer.from(base), rsa.privateKey),
      ...([32, 0, 20, 63] as const).map((saltLength) => (base: string) => {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        return sign('sha512', Buffer.from(base), { key: rsa.privateKey, padding, saltLength });
      }),
      (base) => {
        const padding = constants.RSA_PKCS1_PSS_PADDING;
        return sign('sha256', Buffer.from(base), { key: rsa.privateKey, padding, saltLength: 64 });
      },
    ];
    for (const signature of others) {
      expect(await outcomeOf({ signature }, rsa)).toBe(refused);
      expect(await outcomeOf({ signature }, alice)).toBe(refused);
    }
  });

  it('R77 of another key, of no key and of a key with a secret are refused alike', async () => {
    const bob = await app.signer();
    const { id } = await app.instance.key();
    const bodies = new Set<string>();
    for (const keyId of [bob.keyId, 'k'.repeat(16), id, 'unknown']) {
      const answer = await app.use({ ...alice, keyId });
      expect(outcome(answer)).toBe(refused);
      bodies.add(answer.body);
    }
    bodies.add((await app.use(alice, { signature: (base) => signBytes(alice.privateKey, `${base} `) })).body);
    expect(bodies.size).toBe(1);
  });

  it('R79 must have the digest of the bytes that are sent', async () => {
    const body = '{"item":"book"}';
    const bytes = Buffer.from(body);
    const with256 = digestOf(body);
    const with512 = digestOf(body, 'sha512', 'sha-512');
    const table: [string, string][] = [
      [with256, '200'],
      [with512, '200'],
      [`${with256}, ${with512}`, '200'],
      [`md5=:${createHash('md5').update(bytes).digest('base64')}:, ${with256}`, '200'],
      [`${with256}, ${digestOf('x', 'sha512', 'sha-512')}`, refused],
      [`${digestOf('x')}, ${with512}`, refused],
      [`${with256}, ${with256}`, refused],
      [`${digestOf('x')}, ${with256}`, refused],
      [digestOf(body, 'md5', 'md5'), refused],
      [digestOf(body, 'sha1', 'sha'), refused],
      ['unixsum=30637', refused],
      [digestOf('{"item":"Book"}'), refused],
      [digestOf(''), refused],
      ['', refused],
      ['sha-256', refused],
      [`sha-256="${createHash('sha256').update(bytes).digest('base64')}"`, refused],
      [`SHA-256=:${createHash('sha256').update(bytes).digest('base64')}:`, refused],
      [`sha-256=:${createHash('sha256').update(bytes).digest('base64')}`, refused],
    ];
    for (const path of ['/signed', '/kept']) {
      for (const [digest, expected] of table) {
        const headers = [['Content-Digest', digest]] as const;
        expect([digest, await outcomeOf({ target: path, body, headers })]).toEqual([digest, expected]);
      }
    }
  });

  it('R79 without a body may have no digest, or that of nothing', async () => {
    const get = { method: 'GET' } as const;
    expect(await outcomeOf({ ...get, headers: [['Content-Digest', digestOf('')]] })).toBe('200');
    expect(await outcomeOf({ ...get, headers: [['Content-Digest', digestOf('x')]] })).toBe(refused);
  });

  it('R79 with an encoded body are digested as sent, or refused when only the decoded one was kept', async () => {
    const body = gzipSync('{"item":"book"}');
    const headers = [['Content-Encoding', 'gzip']] as const;
    const asSent = await app.use(alice, { body, headers });
    expect(JSON.parse(asSent.body)).toMatchObject({ body: { item: 'book' } });
    expect(await outcomeOf({ body, headers, target: '/kept' })).toBe('415 unsupported_media_type');
    const ofDecoded = [...headers, ['Content-Digest', digestOf('{"item":"book"}')]] as const;
    expect(await outcomeOf({ body, headers: ofDecoded })).toBe(refused);
    expect(await outcomeOf({ body, headers: ofDecoded, target: '/kept' })).toBe('415 unsupported_media_type');
  });

  it('R79 say to operators when a parser took the bytes', async () => {
    expect(await outcomeOf({ target: '/lost' })).toBe('503 unavailable');
    expect(app.logged.join('\n')).toContain('keepRawBody');
    expect(await outcomeOf({ target: '/lost', method: 'GET' })).toBe('200');
  });

  it('R79 are refused beyond the largest body', async () => {
    const small = await startSignedApp({ signatures: { maxBodyBytes: 100 } });
    try {
      const signer = await small.signer();
      expect(outcome(await small.use(signer, { body: JSON.stringify('x'.repeat(98)) }))).toBe('400');
      expect(outcome(await small.use(signer, { body: JSON.stringify('x'.repeat(99)) }))).toBe(
        '413 payload_too_large',
      );
    } finally {
      await small.close();
    }
  });

  it('R80 are good once, in every spelling of their nonce', async () => {
    const bytes = randomBytes(16);
    const spellings = [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.toString('base64').replace(/=+$/, ''),
    ];
    const outcomes = [];
    for (const nonce of spellings) outcomes.push(await outcomeOf({ params: { nonce: `"${nonce}"` } }));
    expect(outcomes).toEqual(['200', '401 signature_replayed', '401 signature_replayed']);
    const bob = await app.signer();
    expect(await outcomeOf({ params: { nonce: `"${spellings[0]}"` } }, bob)).toBe('200');
  });

  it('R80 are good once of fifty at the same time', async () => {
    const request = sent(app.sign(alice));
    const before = app.served();
    const answers = await Promise.all(Array.from({ length: 50 }, () => app.send(request)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(app.served() - before).toBe(1);
  });

  it('R80 are not good again inside, at and after their window', async () => {
    const request = sent(app.sign(alice));
    expect((await app.send(request)).status).toBe(200);
    for (const step of [1000, 58_000, 1000, 1, 29_000, 1000, 3_600_000]) {
      app.instance.clock.advance(step);
      expect((await app.send(request)).status).toBe(401);
    }
    const early = sent(app.sign(alice, { params: { created: String(seconds() + 30) } }));
    expect((await app.send(early)).status).toBe(200);
    for (const step of [29_000, 1000, 30_000, 30_000, 1000]) {
      app.instance.clock.advance(step);
      expect((await app.send(early)).status).toBe(401);
    }
  });

  it('R80 use up no nonce when they are refused', async () => {
    const nonce = `"${newNonce()}"`;
    const request = app.sign(alice, { params: { nonce } });
    expect(outcome(await app.send(sent({ ...request, body: Buffer.from('{"item":"pen!"}') })))).toBe(refused);
    expect(outcome(await app.send(sent({ ...request, method: 'PUT' })))).toBe(refused);
    expect((await app.send(sent(request))).status).toBe(200);
  });

  it('R81 count one signature with our tag, and no other', async () => {
    const ours = app.sign(alice, { method: 'GET', label: 'ours' });
    const bob = await app.signer();
    const theirs = app.sign(bob, { method: 'GET', label: 'theirs' });
    const foreign = app.sign(bob, { method: 'GET', label: 'foreign', params: { tag: '"other"' } });
    const base = sent(ours);
    const both = (one: typeof ours, two: typeof ours): Promise<string> =>
      app
        .send({
          ...base,
          lines: [
            'Host: api.example',
            `Signature-Input: ${one.label}=${one.input}, ${two.label}=${two.input}`,
            `Signature: ${one.label}=:${one.signature}:, ${two.label}=:${two.signature}:`,
          ],
        })
        .then(outcome);
    expect(await both(ours, theirs)).toBe('400 invalid_request');
    expect(await both(theirs, ours)).toBe('400 invalid_request');
    expect(await both(ours, { ...ours, label: 'again' })).toBe('400 invalid_request');
    expect(await both(ours, ours)).toBe('400 invalid_request');
    expect(await both({ ...foreign, signature: 'AAAA' }, ours)).toBe('200');
  });

  it('R81 are about the configured name, whatever a proxy writes into Host', async () => {
    const proxied = await startSignedApp({ signatures: { origin: 'https://shop.example' } });
    try {
      const signer = await proxied.signer();
      const about = (uri: string): Promise<string> =>
        proxied.use(signer, { host: '10.0.0.5:3000', values: { [target]: uri } }).then(outcome);
      expect(await about('https://shop.example/signed')).toBe('200');
      expect(await about('http://shop.example/signed')).toBe(refused);
      expect(await about('http://10.0.0.5:3000/signed')).toBe(refused);
    } finally {
      await proxied.close();
    }
    const several = await startSignedApp({
      signatures: { origin: ['https://a.example', 'https://b.example'] },
    });
    try {
      const signer = await several.signer();
      const via = (host: string, uri: string): Promise<string> =>
        several.use(signer, { host, values: { [target]: uri } }).then(outcome);
      expect(await via('b.example', 'https://b.example/signed')).toBe('200');
      expect(await via('b.example', 'https://a.example/signed')).toBe(refused);
      expect(await via('c.example', 'https://a.example/signed')).toBe('400 invalid_request');
    } finally {
      await several.close();
    }
  });

  it('R77 decide by the key as it is now: scope, address, state and rotation', async () => {
    const { apiKeys } = app.instance;
    const signer = await app.signer();
    expect(outcome(await app.use(signer, { target: '/write' }))).toBe('403 insufficient_scope');
    await apiKeys.keys.as(theApp).update({ id: signer.keyId, ipAllowlist: ['10.1.2.3'] });
    expect(outcome(await app.use(signer))).toBe('403 address_not_allowed');
    await apiKeys.keys.as(theApp).update({ id: signer.keyId, ipAllowlist: null, enabled: false });
    expect(outcome(await app.use(signer))).toBe('401 key_disabled');
    await apiKeys.keys.as(theApp).update({ id: signer.keyId, enabled: true });
    const next = newEd25519();
    await apiKeys.keys.as(theApp).rotate({ id: signer.keyId, publicKey: pemOf(next.publicKey) });
    expect(outcome(await app.use(signer))).toBe('401 secret_rotated');
    const rotated = { ...signer, privateKey: next.privateKey };
    expect(outcome(await app.use(rotated))).toBe('200');
    await apiKeys.keys.as(theApp).revoke({ id: signer.keyId });
    expect(outcome(await app.use(rotated))).toBe('401 key_revoked');
  });

  it('R75 are made by signRequest', async () => {
    const rsa = await app.signer(newRsa());
    for (const { keyId, privateKey } of [alice, rsa]) {
      const url = `http://127.0.0.1:${app.port}/signed?a=%20b&c`;
      const request = {
        method: 'POST',
        body: '{"item":"é"}',
        headers: { 'Content-Type': 'application/json' },
      };
      app.instance.clock.set(Date.now());
      const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
      const headers = signRequest({ ...request, url }, { keyId, privateKey: pem, tag: 'acme' });
      const answer = await fetch(url, { ...request, headers: { ...request.headers, ...headers } });
      expect(await answer.json()).toMatchObject({ id: keyId, via: 'signature', body: { item: 'é' } });
    }
  });

  it('R77 with unknown keys use up the budget of a network, and valid ones are accepted', async () => {
    const limited = await startSignedApp({ failureBudget: { failures: 5, windowSeconds: 60 } });
    try {
      const signer = await limited.signer();
      const outcomes = [];
      for (let index = 0; index < 8; index += 1) {
        outcomes.push(outcome(await limited.use({ ...signer, keyId: `unknown${index}` })));
      }
      expect(outcomes.filter((each) => each === refused)).toHaveLength(5);
      expect(outcomes.filter((each) => each === '429 too_many_failures')).toHaveLength(3);
      expect(outcome(await limited.use(signer))).toBe('200');
    } finally {
      await limited.close();
    }
  });

  it('R76 replays cost nothing, also soon after the credits of the key were used up', async () => {
    const keys = app.instance.apiKeys.keys.as(theApp);
    const signer = await app.signer(newEd25519(), { credits: { remaining: 1 } });
    const outcomes = [await outcomeOf({}, signer), await outcomeOf({}, signer)];
    expect(outcomes).toEqual(['200', '429 credits_exhausted']);
    await keys.update({ id: signer.keyId, credits: { remaining: 10 } });
    const request = sent(app.sign(signer));
    expect(outcome(await app.send(request))).toBe('200');
    for (let time = 0; time < 3; time += 1) {
      expect(outcome(await app.send(request))).toBe('401 signature_replayed');
    }
    expect(await keys.get({ id: signer.keyId })).toMatchObject({ credits: { remaining: 9 } });
  });

  it('R76 replays cost nothing while the limits of the key are used up, or a route is too dear for it', async () => {
    const keys = app.instance.apiKeys.keys.as(theApp);
    const minute = [{ name: 'minute', limit: 5, windowSeconds: 60 }];
    const signer = await app.signer(newEd25519(), { credits: { remaining: 10 }, rateLimits: minute });
    const request = sent(app.sign(signer));
    expect(outcome(await app.send(request))).toBe('200');
    const remaining = { credits: { remaining: 9 } };
    for (let time = 0; time < 3; time += 1) {
      expect(await outcomeOf({ target: '/dear' }, signer)).toBe('403 cost_exceeds_limit');
      const replays = await Promise.all(Array.from({ length: 10 }, () => app.send(request)));
      expect(new Set(replays.map(outcome))).toEqual(new Set(['401 signature_replayed']));
      expect(await keys.get({ id: signer.keyId })).toMatchObject(remaining);
    }
    // Of the window they took nothing either.
    for (const expected of ['200', '200', '200', '200', '429 rate_limited']) {
      expect(await outcomeOf({}, signer)).toBe(expected);
    }
  });

  it('R76 are accepted once also in the last moment of their age, where no skew is allowed', async () => {
    const strict = await startSignedApp({ signatures: { skewSeconds: 0, maxAgeSeconds: 60 } });
    try {
      const signer = await strict.signer();
      const request = sent(strict.sign(signer));
      expect(outcome(await strict.send(request))).toBe('200');
      strict.instance.clock.advance(60_000);
      expect(outcome(await strict.send(request))).toMatch(/^401 /);
    } finally {
      await strict.close();
    }
  });
});
