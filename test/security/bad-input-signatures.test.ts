import { createHmac, createPublicKey, randomBytes, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  digestOf,
  newNonce,
  sent,
  signed,
  signBytes,
  type Signed,
  type Signing,
} from '../harness/signing.js';
import { runBadInputs, type Cases, type Probe } from './run-bad-inputs.js';

/** Sends requests that alice has signed in some ways. */
const each =
  (...signings: readonly Signing[]): Cases =>
  async ({ server, send }) => {
    for (const signing of signings) await send(sent(signed(server.signers.alice, signing)));
  };

/** Sends what was signed properly and changed afterwards. */
const changed =
  (signing: Signing, ...changes: readonly ((request: Signed) => Partial<Signed>)[]): Cases =>
  async ({ server, send }) => {
    for (const change of changes) {
      const request = signed(server.signers.alice, signing);
      await send(sent({ ...request, ...change(request) }));
    }
  };

const seconds = (): number => Math.floor(Date.now() / 1000);
const withParams = (name: string, ...values: readonly (string | null)[]): Signing[] =>
  values.map((value) => ({ params: { [name]: value } }));
const body = '{"item":"book"}';

/** Sends raw lines in place of the two of the signature. */
async function sendLines(
  { server, send }: Probe,
  lines: (request: Signed) => readonly string[],
): Promise<void> {
  const request = signed(server.signers.alice, { method: 'GET' });
  await send({ target: '/signed', lines: lines(request) });
}

const cases: Record<string, Cases> = {
  async S1(probe) {
    await sendLines(probe, ({ input }) => [`Signature-Input: sig=${input}`]);
    await sendLines(probe, ({ signature }) => [`Signature: sig=:${signature}:`]);
  },
  S2: each({ components: [] }, { components: [], method: 'GET' }),
  S3: each(...withParams('created', null)),
  S4: async (probe) => {
    const now = seconds();
    const values = [
      `${now}.0`,
      `${now}.25`,
      `"${now}"`,
      `-${now}`,
      '-1',
      String(2 ** 33),
      String(now + 40),
      '?1',
    ];
    await each(...withParams('created', ...values))(probe);
  },
  S5: async (probe) => {
    const now = seconds();
    await each(
      ...withParams('expires', String(now - 1), String(now - 100), '0', '-1', `${now + 9}.5`, '"soon"'),
    )(probe);
  },
  S6: async (probe) => {
    const { bob } = probe.server.signers;
    await each(...withParams('keyid', null, '"unknown"', '""', `"${bob.keyId}"`, '"../../x"', '1', 'x'))(
      probe,
    );
  },
  async S7({ server, send }) {
    const { alice, bob } = server.signers;
    for (const alg of [
      '"rsa-pss-sha512"',
      '"hmac-sha256"',
      '"rsa-v1_5-sha256"',
      '"none"',
      '"ecdsa-p256-sha256"',
    ]) {
      await send(sent(signed(alice, { params: { alg } })));
    }
    const pem = createPublicKey(bob.privateKey).export({ format: 'pem', type: 'spki' });
    const der = createPublicKey(alice.privateKey).export({ format: 'der', type: 'spki' });
    for (const secret of [pem, der, der.subarray(12)]) {
      for (const signer of [alice, bob]) {
        const signature = (base: string): Buffer => createHmac('sha256', secret).update(base).digest();
        await send(sent(signed(signer, { signature, params: { alg: '"hmac-sha256"' } })));
        await send(sent(signed(signer, { signature })));
      }
    }
    const signature = (base: string): Buffer => sign('sha256', Buffer.from(base), bob.privateKey);
    await send(sent(signed(bob, { signature, params: { alg: '"rsa-v1_5-sha256"' } })));
    await send(sent(signed(bob, { signature })));
  },
  S8: each(...withParams('tag', null, '"other"', '""', 'acme', '"acme\\"x"', '"Acme"')),
  async S9({ server, send }) {
    const { alice, bob } = server.signers;
    for (const nonce of [
      null,
      '""',
      '"abc"',
      `"${randomBytes(15).toString('base64')}"`,
      '1',
      ':AAAA:',
      'x',
    ]) {
      await send(sent(signed(alice, { params: { nonce } })), { status: [401] });
    }
    const bytes = randomBytes(17);
    const first = { params: { nonce: `"${bytes.toString('base64')}"` } };
    const second = { params: { nonce: `"${bytes.toString('base64url')}"` } };
    await send(sent(signed(alice, first)), { status: [200] });
    await send(sent(signed(alice, first)), { status: [401], code: 'signature_replayed' });
    await send(sent(signed(alice, second)), { status: [401], code: 'signature_replayed' });
    await send(sent(signed(bob, first)), { status: [200] });
  },
  S10: changed(
    {},
    () => ({ body: Buffer.from('{"item":"pens"}') }),
    () => ({ body: Buffer.from('') }),
    () => ({ body: Buffer.from(`${body} `) }),
    () => ({ target: '/kept', body: Buffer.from('{"item":"pens"}') }),
  ),
  S11: changed({}, () => ({
    body: Buffer.from('{"item":"pens"}'),
    headers: [
      ['Content-Type', 'application/json'],
      ['Content-Digest', digestOf('{"item":"pens"}')],
    ],
  })),
  S12: each(
    { headers: [['Content-Digest', digestOf(body, 'md5', 'md5')]] },
    { headers: [['Content-Digest', digestOf(body, 'sha1', 'sha')]] },
  ),
  S13: each(
    { headers: [['Content-Digest', `${digestOf(body)}, ${digestOf('x', 'sha512', 'sha-512')}`]] },
    { headers: [['Content-Digest', `${digestOf('x')}, ${digestOf(body, 'sha512', 'sha-512')}`]] },
    { headers: [['Content-Digest', `${digestOf('x')}, ${digestOf(body)}`]] },
  ),
  async S14(probe) {
    await each({ method: 'GET', headers: [['Content-Digest', digestOf('x')]] })(probe);
    await each({ components: ['"@method"', '"@target-uri"'] })(probe);
    await changed({ method: 'GET' }, () => ({ body: Buffer.from(body) }))(probe);
  },
  async S15({ server, send }) {
    const headers = [
      ['Content-Encoding', 'gzip'],
      ['Content-Digest', digestOf(body)],
    ] as const;
    const encoded = { headers, body: gzipSync(body) };
    await send(sent(signed(server.signers.alice, encoded)), { status: [401] });
    await send(sent(signed(server.signers.alice, { ...encoded, target: '/kept' })), { status: [415] });
  },
  async S16(probe) {
    const components = ['"@method"', '"@authority"', '"@path"', '"@query"', '"content-digest"'];
    const targets = [
      '/signed?a=1&b=2&c=3',
      '/signed?b=2&a=1',
      '/signed?a=1&b=2&a=1',
      '/signed?a=1',
      '/signed',
      '/signed?a=1&b=%32',
    ];
    for (const signing of [{ target: '/signed?a=1&b=2' }, { target: '/signed?a=1&b=2', components }]) {
      await changed(signing, ...targets.map((target) => () => ({ target })))(probe);
    }
  },
  S17: changed(
    { target: '/signed-files/a/b' },
    ...['A/b', '%61/b', 'a%2Fb', 'a%2fb', 'a//b', './a/b', 'a/b/', 'a/b#', ';a/b'].map((path) => () => ({
      target: `/signed-files/${path}`,
    })),
    () => ({ target: '/Signed-Files/a/b' }),
  ),
  async S18(probe) {
    const { server, send } = probe;
    for (const method of ['PUT', 'DELETE', 'PATCH']) {
      await send(sent({ ...signed(server.signers.alice), method }), { status: [401] });
    }
    const headers = [['X-HTTP-Method-Override', 'DELETE']] as const;
    await send(sent(signed(server.signers.alice, { headers })), { status: [200] });
  },
  async S19({ server, send }) {
    const { alice } = server.signers;
    await send(sent({ ...signed(alice), host: 'evil.example' }), { status: [401] });
    await send(sent({ ...signed(alice), host: 'api.example:8080' }), { status: [401] });
    const request = sent(signed(alice));
    await send({ ...request, lines: ['Host: evil.example', ...(request.lines ?? [])] }, { status: [400] });
    await send({ ...sent(signed(alice)), target: 'http://api.example/signed' }, { status: [400] });
    await send({ ...sent(signed(alice)), target: 'http://evil.example/signed' }, { status: [400] });
  },
  async S20(probe) {
    const bob = signed(probe.server.signers.bob, { method: 'GET' });
    const both = (one: Signed, first: string, two: Signed, second: string): string[] => [
      `Signature-Input: ${first}=${one.input}, ${second}=${two.input}`,
      `Signature: ${first}=:${one.signature}:, ${second}=:${two.signature}:`,
    ];
    await sendLines(probe, (alice) => both(alice, 'sig', alice, 'sig'));
    await sendLines(probe, (alice) => both(alice, 'sig', bob, 'sig'));
    await sendLines(probe, (alice) => both(alice, 'a', bob, 'b'));
    await sendLines(probe, (alice) => both(bob, 'b', alice, 'a'));
    await sendLines(probe, (alice) => both(alice, 'a', { ...alice, signature: 'AAAA' }, 'b'));
    await sendLines(probe, ({ input, signature }) => [
      `Signature-Input: a=${input}`,
      `Signature: b=:${signature}:`,
    ]);
    await sendLines(probe, ({ input, signature }) => [
      `Signature-Input: a=${input}`,
      `Signature: a="${signature}"`,
    ]);
  },
  S21: each(
    ...[
      '"@signature-params"',
      '"@method"',
      '"@status"',
      '"@foo"',
      '"@Method"',
      '"Content-Digest"',
      '"x y"',
      '""',
      '"@"',
    ].map((identifier) => ({ components: ['"@method"', '"@target-uri"', '"content-digest"', identifier] })),
    ...[
      '"content-type";sf',
      '"content-type";bs',
      '"content-digest";key="sha-256"',
      '"@method";req',
      '"content-type";tr',
    ].map((identifier) => ({ components: ['"@method"', '"@target-uri"', '"content-digest"', identifier] })),
    { components: ['"@method";req', '"@target-uri"', '"content-digest"'] },
    { components: ['@method', '"@target-uri"', '"content-digest"'], values: {} },
    { components: ['"@method"', '"@target-uri"', '"content-digest"', '"x-missing"'] },
    { components: ['"@method"', '"@target-uri"', '"content-digest"', '"@query-param";name="a"'] },
  ),
  async S22(probe) {
    const { server, send } = probe;
    const components = ['"@method"', '"@target-uri"', '"x-list"'];
    const signing = {
      method: 'GET',
      components,
      headers: [
        ['X-List', 'a'],
        ['X-List', 'b'],
      ],
    } as const;
    for (const headers of [
      [
        ['X-List', 'b'],
        ['X-List', 'a'],
      ],
      [
        ['X-List', 'a'],
        ['X-List', 'b'],
        ['X-List', 'b'],
      ],
      [['X-List', 'a']],
      [
        ['X-List', 'a'],
        ['X-List', '\r\n b'],
      ],
    ] as const) {
      await send(sent({ ...signed(server.signers.alice, signing), headers }));
    }
  },
  async S23(probe) {
    const nonce = newNonce();
    const good = `("@method");created=1;nonce="${nonce}";keyid="k";tag="acme"`;
    const inputs = [
      `sig=("@method`,
      `sig=("@method"`,
      `sig="@method";tag="acme"`,
      `sig=${good},`,
      `sig=${good};`,
      `sig=${good};created=2`,
      `sig=${good} x`,
      `SIG=${good}`,
      `=${good}`,
      `sig=${good.replace('"@method"', '"@method""@path"')}`,
      `sig=${good.replace('keyid="k"', 'keyid="\xe9"')}`,
      `sig=${good.replace('created=1', 'created=1e3')}`,
      `sig=${good.replace('created=1', 'created=1234567890123456')}`,
      `sig=(${'"a" '.repeat(60).trim()});tag="acme"`,
    ];
    for (const input of inputs)
      await sendLines(probe, () => [`Signature-Input: ${input}`, 'Signature: sig=:AAAA:']);
    for (const signature of [
      'sig=:AAAA',
      'sig=:A A:',
      'sig=:AAAA:,',
      'sig=(',
      'sig=:AAAA:, sig=:AAAA:',
      '"',
    ]) {
      await sendLines(probe, ({ input }) => [`Signature-Input: sig=${input}`, `Signature: ${signature}`]);
    }
    const huge = `Signature-Input: sig=(${Array.from({ length: 10_000 }, (_, index) => `"h${index}"`).join(' ')});tag="acme"`;
    for (const line of [huge, `Signature-Input: ${'a=1, '.repeat(200_000)}`.slice(0, 1_048_576)]) {
      await probe.send({ target: '/signed', lines: [line, 'Signature: sig=:AAAA:'] });
    }
    await probe.send(
      { target: '/signed', lines: [huge, 'Signature: sig=:AAAA:'] },
      { setup: 'with room for long URLs', status: [400] },
    );
  },
  async S24({ server, send }) {
    const { alice, bob } = server.signers;
    const flipped = async (signer: typeof alice, step: number): Promise<void> => {
      const request = signed(signer, { method: 'GET' });
      const bytes = Buffer.from(request.signature, 'base64');
      for (let bit = 0; bit < bytes.length * 8; bit += step) {
        const copy = Buffer.from(bytes);
        copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await send(sent({ ...request, signature: copy.toString('base64') }));
      }
    };
    await flipped(alice, 1);
    await flipped(bob, 8);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const forms: ((bytes: Buffer) => Buffer)[] = [
      (bytes) => bytes.subarray(0, -1),
      (bytes) => Buffer.concat([bytes, Buffer.of(0)]),
      (bytes) => Buffer.concat([Buffer.of(0), bytes]),
      () => Buffer.alloc(64),
      () => Buffer.alloc(1),
      (bytes) => {
        const s = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
        const high = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
        return Buffer.concat([bytes.subarray(0, 32), high]);
      },
    ];
    for (const form of forms) {
      for (const signer of [alice, bob]) {
        const signature = (base: string): Buffer => form(signBytes(signer.privateKey, base));
        await send(sent(signed(signer, { method: 'GET', signature })));
      }
    }
    await send({
      ...sent(signed(alice, { method: 'GET' })),
      lines: [
        'Host: api.example',
        `Signature-Input: sig=${signed(alice, { method: 'GET' }).input}`,
        'Signature: sig=::',
      ],
    });
  },
};

describe('bad signed requests', () => {
  runBadInputs('S', cases);
});
