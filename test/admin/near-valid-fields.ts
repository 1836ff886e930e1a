import { generateKeyPairSync } from 'node:crypto';
import fc, { type Arbitrary } from 'fast-check';
import { eventTypeNames } from '../../lib/domain/event-type.js';
import type { BodyField } from '../../lib/admin/fields/body-fields.js';
import type { QueryParameter } from '../../lib/admin/fields/query-parameters.js';

/** Values of a field on both sides of its rules. */
export interface NearValid<T> {
  /** Mostly accepted. */
  readonly good: Arbitrary<T>;
  /** Mostly refused, and often by little. */
  readonly bad: Arbitrary<T>;
}

/** Is written as a number that no double can hold. */
export const tooLarge = '@too-large@';

/** What no field is made for. */
const junk: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, -1, 1.5, 1e21, true, false, [], {}, [null], 'null', 'true', [[]]),
  fc.jsonValue({ maxDepth: 2 }),
);

const hidden = ['\0', '\n', '\r', '\t', '\u007f', '\u0085', '\u061c', '\u200b', '\u200f', '\u2028'].concat(
  ...[['\u202e', '\u2060', '\u2066', '\ufeff', '\ud800', '\udfff']],
);

const visible = fc.oneof(
  fc.constantFrom('a', 'Z', '0', ' ', '-', '"', '\\', ',', 'é', '漢', '😀', 'e\u0301', '\u00a0', '\u3000'),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).filter((unit) => !/[\p{C}\p{Z}]/u.test(unit)),
);

const around = (length: number): Arbitrary<string> =>
  fc
    .tuple(fc.constantFrom('x', '😀', 'é'), fc.constantFrom(length - 1, length, length + 1))
    .map(([unit, times]) => unit.repeat(times));

function line(maxLength: number, extra: readonly string[] = []): NearValid<string> {
  return {
    good: fc.oneof(
      fc.string({ unit: visible, minLength: 1, maxLength: 12 }),
      fc.constantFrom('x', '😀').map((unit) => unit.repeat(maxLength)),
    ),
    bad: fc.oneof(
      around(maxLength),
      fc.constantFrom('', ' ', '\u3000 ', ...extra),
      fc
        .tuple(fc.string({ maxLength: 3 }), fc.constantFrom(...hidden))
        .map(([text, odd]) => `${text}${odd}x`),
      fc.string({ unit: 'binary', maxLength: 6 }),
    ),
  };
}

function orJunk<T>({ good, bad }: NearValid<T>, ...more: Arbitrary<unknown>[]): NearValid<unknown> {
  return { good, bad: fc.oneof({ arbitrary: bad, weight: 3 }, junk, ...more) };
}

function orNull({ good, bad }: NearValid<unknown>): NearValid<unknown> {
  return { good: fc.oneof({ arbitrary: good, weight: 9 }, fc.constant(null)), bad };
}

/** Whole numbers at and around the ends of a range. */
function integer(minimum: number, maximum: number): NearValid<unknown> {
  return {
    good: fc.oneof(fc.constantFrom(minimum, maximum), fc.integer({ min: minimum, max: maximum })),
    bad: fc.oneof(
      fc.constantFrom<unknown>(minimum - 1, maximum + 1, 0, 0.5, 1e300, String(minimum), [minimum]),
      junk,
    ),
  };
}

function listOf(good: Arbitrary<unknown>, bad: Arbitrary<unknown>, most: number): NearValid<unknown> {
  return {
    good: fc.uniqueArray(good, { maxLength: Math.min(most, 4), selector: (each) => JSON.stringify(each) }),
    bad: fc.oneof(
      fc.array(fc.oneof(good, bad), { minLength: 1, maxLength: 4 }),
      fc
        .constantFrom(most, most + 1)
        .chain((length) => fc.array(good, { minLength: length, maxLength: length })),
      junk,
    ),
  };
}

const scopes = fc.constantFrom(...['orders:read', 'orders:write', 'keys:manage', 'orders:*', 'keys:*', '*']);
const notScopes = fc.constantFrom<unknown>(
  ...[
    'ORDERS:READ',
    'orders',
    'orders:',
    ':*',
    '**',
    'orders:read ',
    'other:*',
    'orders:read:*',
    '',
    7,
    null,
  ],
);

const digits = (length: number): Arbitrary<string> =>
  fc.integer({ min: 0, max: 10 ** length - 1 }).map((number) => String(number).padStart(length, '0'));

/** A time, put together from parts that may not fit. */
const anyTime = fc
  .record({
    year: fc.oneof(fc.constantFrom('2024', '2027', '2100', '9999', '0099', '0100', '2000'), digits(4)),
    month: fc.oneof({ arbitrary: fc.constantFrom('02', '12', '04'), weight: 3 }, digits(2)),
    day: fc.oneof({ arbitrary: fc.constantFrom('01', '28', '29', '30', '31'), weight: 5 }, digits(2)),
    separator: fc.oneof({ arbitrary: fc.constant('T'), weight: 9 }, fc.constantFrom('t', ' ', '')),
    hour: fc.oneof({ arbitrary: fc.constantFrom('00', '23'), weight: 5 }, fc.constant('24'), digits(2)),
    minute: fc.oneof({ arbitrary: fc.constantFrom('00', '59'), weight: 5 }, digits(2)),
    second: fc.oneof({ arbitrary: fc.constantFrom('00', '59'), weight: 5 }, fc.constant('60')),
    fraction: fc.constantFrom('', '', '.5', '.123456789', '.', '.1234567890', ',5'),
    offset: fc.constantFrom('Z', 'Z', 'Z', 'z', '+00:00', '-23:59', '+24:00', '+0100', '', ' Z', '-00:00'),
  })
  .map((part) =>
    [
      `${part.year}-${part.month}-${part.day}${part.separator}`,
      `${part.hour}:${part.minute}:${part.second}${part.fraction}${part.offset}`,
    ].join(''),
  );

const futureTime = fc
  .date({ min: new Date(Date.UTC(2027, 0)), max: new Date(Date.UTC(9998, 0)), noInvalidDate: true })
  .map((date) => date.toISOString());

/** Around the moment at which the clock of the test stands. */
const nearNow = fc
  .constantFrom(-1000, -1, 0, 1, 1000)
  .map((delta) => new Date(Date.UTC(2026, 10, 21, 12) + delta).toISOString());

const ipv4 = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)).map((parts) => parts.join('.'));
const group = fc.oneof(
  fc.constantFrom('0', 'ffff', '1', '00a0', 'db8'),
  fc.nat(0xffff).map((n) => n.toString(16)),
);
const ipv6 = fc.oneof(
  fc.array(group, { minLength: 8, maxLength: 8 }).map((groups) => groups.join(':')),
  fc
    .tuple(fc.array(group, { maxLength: 4 }), fc.array(group, { maxLength: 3 }))
    .map(([head, tail]) => `${head.join(':')}::${tail.join(':')}`),
  ipv4.map((address) => `::ffff:${address}`),
  ipv4.map((address) => `64:ff9b::${address}`),
);
const network = fc.oneof(
  fc
    .tuple(fc.nat(255), fc.integer({ min: 1, max: 8 }))
    .map(([n, bits]) => `${(n >> (8 - bits)) << (8 - bits)}.0.0.0/${bits}`),
  fc.tuple(group, group).map(([a, b]) => `${a}:${b}::/32`),
  ipv4.map((address) => `${address}/32`),
  fc.integer({ min: 97, max: 104 }).map((bits) => `::ffff:128.0.0.0/${bits}`),
);
const oddNetwork = fc.oneof(
  fc.tuple(fc.oneof(ipv4, ipv6), fc.integer({ min: -1, max: 130 })).map(([host, bits]) => `${host}/${bits}`),
  fc.tuple(network, fc.constantFrom(' ', '/', '%eth0', 'x', '/24', '\0')).map(([text, odd]) => text + odd),
  fc.constantFrom(
    '0.0.0.0/0',
    '::/0',
    '010.0.0.1',
    '0x7f.1',
    '1.2.3',
    '[::1]',
    '::1%lo',
    '10.0.0.0/08',
    '10.0.0.0/',
    '/8',
  ),
  fc.constantFrom(
    '::ffff:0.0.0.0/96',
    '::ffff:10.0.0.0/95',
    '0:0:0:0:0:ffff:a00:0/104',
    '1::2::3',
    '10.0.0.0/+8',
  ),
);

const jsonText = fc.string({
  unit: fc.constantFrom('a', 'é', '😀', '"', '\\', '\n', '\u2028'),
  maxLength: 8,
});
const goodMetadata = fc.dictionary(
  jsonText,
  fc.oneof(jsonText, fc.integer(), fc.boolean(), fc.constant(null), fc.array(jsonText, { maxLength: 3 })),
  { maxKeys: 4 },
);
const nested = (depth: number): unknown =>
  depth === 0 ? 1 : depth % 2 === 0 ? [nested(depth - 1)] : { a: nested(depth - 1) };
const badMetadata = fc.oneof(
  fc.integer({ min: 1, max: 8 }).map((depth) => ({ a: nested(depth) })),
  fc.integer({ min: 4070, max: 4100 }).map((size) => ({ a: 'x'.repeat(size) })),
  fc.integer({ min: 2030, max: 2050 }).map((size) => ({ a: 'é'.repeat(size) })),
  fc.integer({ min: 98, max: 102 }).map((length) => ({ a: Array.from({ length }, () => 1) })),
  fc
    .tuple(fc.constantFrom('__proto__', 'constructor', 'prototype', '\0', 'a\ud800', ''), fc.boolean())
    .map(([name, isDeep]) => Object.fromEntries([[isDeep ? 'a' : name, isDeep ? [{ [name]: 1 }] : 1]])),
  fc.constantFrom('\0', '\udfff', tooLarge, '\u0001').map((value) => ({ a: [value] })),
);

const limit = fc.record({
  name: fc.constantFrom('minute', 'hour', 'day', 'a', 'x'.repeat(32), 'a-b_9'),
  limit: integer(1, 1_000_000_000).good,
  windowSeconds: integer(1, 366 * 86_400).good,
});
const badLimit = fc.oneof(
  limit.chain((each) =>
    fc.constantFrom('name', 'limit', 'windowSeconds').map((name) => ({ ...each, [name]: undefined })),
  ),
  fc
    .tuple(limit, fc.constantFrom('Minute', '', 'x'.repeat(33), '9a', 'a b', null, 1))
    .map(([each, name]) => ({ ...each, name })),
  fc.tuple(limit, integer(1, 1_000_000_000).bad).map(([each, odd]) => ({ ...each, limit: odd })),
  fc.tuple(limit, integer(1, 366 * 86_400).bad).map(([each, odd]) => ({ ...each, windowSeconds: odd })),
  limit.map((each) => ({ ...each, burst: 1 })),
);

const credits = fc.oneof(
  fc.record({ remaining: integer(0, 1e12).good }),
  fc.record({
    remaining: integer(0, 1e12).good,
    refillAmount: integer(1, 1e12).good,
    refillIntervalSeconds: integer(1, 366 * 86_400).good,
  }),
  fc.record({
    remaining: integer(0, 1e12).good,
    refillAmount: fc.constant(null),
    refillIntervalSeconds: fc.constant(null),
  }),
);
const badCredits = fc.record(
  {
    remaining: fc.oneof(integer(0, 1e12).good, integer(0, 1e12).bad),
    refillAmount: fc.oneof(integer(1, 1e12).good, integer(1, 1e12).bad, fc.constant(null)),
    refillIntervalSeconds: fc.oneof(
      integer(1, 366 * 86_400).good,
      fc.constantFrom(0, 366 * 86_400 + 1, null),
    ),
    refill: fc.constant(1),
  },
  { requiredKeys: [] },
);

const boolean: NearValid<unknown> = {
  good: fc.boolean(),
  bad: fc.oneof(fc.constantFrom('true', 0, 1), junk),
};
const lines: NearValid<unknown> = orJunk({
  good: fc.oneof(line(500).good, fc.constantFrom('', 'two\nlines', '\n', ' ')),
  bad: fc.oneof(around(500), line(500).bad, fc.constantFrom('a\r\nb', 'a\tb')),
});
const reasons = ['unspecified', 'keyCompromise', 'affiliationChanged', 'superseded'].concat(
  ...['cessationOfOperation', 'privilegeWithdrawn'],
);

const spki = { format: 'pem', type: 'spki' } as const;
const ed25519Pem = generateKeyPairSync('ed25519').publicKey.export(spki).toString();
const rsaPem = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export(spki).toString();
const publicKeys = [ed25519Pem, rsaPem, rsaPem.replaceAll('\n', '\r\n')];
const notPublicKeys = [
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export(spki).toString(),
  generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  ed25519Pem.replace('MCow', 'MCox'),
  ed25519Pem.replaceAll('-----', '----'),
  'x'.repeat(4097),
];

const resources: NearValid<unknown> = {
  good: fc.record({ project: fc.uniqueArray(line(64).good, { minLength: 1, maxLength: 3 }) }),
  bad: fc.oneof(
    fc.record({ project: listOf(line(64).good, line(64).bad, 100).bad }),
    fc.constantFrom<unknown>(
      {},
      [],
      { project: [] },
      { project: 'p1' },
      { project: null },
      { projekt: ['p1'] },
    ),
    fc.constantFrom('__proto__', 'constructor', 'toString').map((kind) => ({ [kind]: ['p1'] })),
    fc
      .constantFrom(99, 100)
      .map((length) => ({ project: Array.from({ length }, (_, index) => `p${index}`) })),
    junk,
  ),
};

const knownFeatures: NearValid<unknown> = listOf(
  fc.constantFrom('beta', 'block_trades'),
  fc.constantFrom<unknown>('Beta', '', 1),
  2,
);
const windows: NearValid<unknown> = {
  good: fc.uniqueArray(limit, { maxLength: 3, selector: ({ name }) => name }),
  bad: fc.oneof(
    fc.array(fc.oneof(limit, badLimit), { minLength: 1, maxLength: 3 }),
    listOf(limit, badLimit, 10).bad,
  ),
};

const ids: NearValid<unknown> = {
  good: fc.uniqueArray(line(64).good, { maxLength: 3 }),
  bad: listOf(line(64).good, line(64).bad, 100).bad,
};

const planMembers: NearValid<unknown> = {
  good: fc.record(
    {
      scopes: listOf(scopes, notScopes, 100).good,
      features: knownFeatures.good,
      rateLimits: windows.good,
      keyCeilings: fc.record(
        { rateLimits: windows.good, credits: orNull(integer(0, 1e12)).good },
        { requiredKeys: [] },
      ),
      maxKeys: orNull(integer(1, 100_000)).good,
      maxLifetimeDays: orNull(integer(1, 3650)).good,
      maxIdleDays: orNull(integer(1, 3650)).good,
      resources: fc.record({ project: orNull(ids).good }, { requiredKeys: [] }),
    },
    { requiredKeys: [] },
  ),
  bad: fc.oneof(
    fc.record(
      {
        scopes: listOf(scopes, notScopes, 100).bad,
        features: knownFeatures.bad,
        rateLimits: windows.bad,
        keyCeilings: fc.record(
          { rateLimits: windows.bad, credits: integer(0, 1e12).bad, maxKeys: fc.constant(1) },
          { requiredKeys: [] },
        ),
        maxKeys: integer(1, 100_000).bad,
        maxIdleDays: integer(1, 3650).bad,
        resources: fc.oneof(
          fc.record({ project: ids.bad }),
          fc.constantFrom<unknown>(null, { projekt: [] }, { constructor: ['p1'] }),
          junk,
        ),
        plan: fc.constant('free'),
      },
      { requiredKeys: [] },
    ),
    junk,
  ),
};

/** Every field of a body; the compiler asks for values of every new one. */
export const nearValidFields: Readonly<Record<BodyField, NearValid<unknown>>> = {
  name: orJunk(line(100)),
  description: orNull(lines),
  scopes: listOf(scopes, notScopes, 100),
  expiresAt: orNull({ good: futureTime, bad: fc.oneof(anyTime, anyTime, nearNow, junk) }),
  resources: orNull(resources),
  ipAllowlist: orNull({
    good: fc.array(fc.oneof(ipv4, network), { minLength: 1, maxLength: 3 }),
    bad: fc.oneof(
      fc.array(fc.oneof(network, ipv6, oddNetwork), { maxLength: 2 }),
      listOf(ipv4, oddNetwork, 50).bad,
    ),
  }),
  metadata: { good: goodMetadata, bad: fc.oneof({ arbitrary: badMetadata, weight: 3 }, junk) },
  features: knownFeatures,
  tags: listOf(line(50).good, fc.oneof(line(50).bad, fc.constantFrom<unknown>('a,b', ',', 1)), 20),
  rateLimits: windows,
  credits: orNull({ good: credits, bad: fc.oneof({ arbitrary: badCredits, weight: 3 }, junk) }),
  tokenLifetimeSeconds: orNull(integer(60, 86_400)),
  enabled: boolean,
  environment: orJunk({
    good: fc.constantFrom('live', 'test'),
    bad: fc.constantFrom('LIVE', 'prod', 'live '),
  }),
  ownerId: orJunk(line(200)),
  gracePeriodSeconds: integer(0, 30 * 86_400),
  graceStartsOnFirstUse: boolean,
  publicKey: orJunk({
    good: fc.constantFrom(...publicKeys),
    bad: fc.oneof(
      fc.constantFrom(...notPublicKeys),
      fc.integer({ min: 1, max: 60 }).map((length) => publicKeys[0]?.slice(0, -length) ?? ''),
    ),
  }),
  signing: orJunk({ good: fc.constant('hmac'), bad: fc.constantFrom('HMAC', 'hmac ', 'public-key', '') }),
  reason: orJunk({
    good: fc.constantFrom(...reasons),
    bad: fc.constantFrom('KeyCompromise', 'removeFromCRL', ''),
  }),
  comment: orNull(lines),
  suspensionReason: orNull(lines),
  plan: orNull(orJunk({ good: fc.constantFrom('free', 'pro'), bad: fc.constantFrom('Free', 'free ', '') })),
  overrides: orNull(planMembers),
  as: planMembers,
  format: orJunk({ good: fc.constantFrom('old', 'a-1'), bad: fc.constantFrom('Old', 'old ', '', '1') }),
  rows: orJunk({
    good: fc.array(fc.oneof(fc.constant({}), fc.constant({ key: 'x', name: 1 })), {
      minLength: 1,
      maxLength: 100,
    }),
    bad: fc.constantFrom<unknown>([], [[]], [{}, null], ['x'], {}, Array(101).fill({})),
  }),
  dryRun: boolean,
  url: orJunk({
    good: fc.constantFrom('https://crm.example/hooks', 'https://crm.example:8443/?a=%20', 'https://8.8.8.8/'),
    bad: fc.oneof(
      fc.constantFrom(
        'http://crm.example/',
        'https://',
        'https:///',
        'https://a b/',
        'https://é.example/',
        '//a/',
        '',
      ),
      fc.constantFrom(
        'https://u@crm.example/',
        'https://:p@crm.example/',
        'https://crm.example/#a',
        'https://a.b:99999/',
      ),
      fc.constantFrom(
        'https://127.0.0.1/',
        'https://0x7f.1/',
        'https://[::1]/',
        'https://169.254.169.254/',
        'HTTPS://A.B/',
      ),
      around(1990).map((path) => `https://${path}`),
    ),
  }),
  types: orNull(
    listOf(
      fc.constantFrom(...eventTypeNames),
      fc.constantFrom('key.created', 'webhook.test', 'events.missed', 'API_KEY.CREATED', ''),
      eventTypeNames.length,
    ),
  ),
  overlapSeconds: integer(0, 30 * 86_400),
  sequences: orJunk({
    good: fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 3 }),
    bad: fc.constantFrom<unknown>(
      [],
      [0],
      [1, 1],
      [1.5],
      ['1'],
      [2 ** 53],
      Array.from({ length: 101 }, (_, index) => index + 1),
    ),
  }),
};

const time: NearValid<string> = {
  good: futureTime,
  bad: fc.oneof(anyTime, anyTime, fc.string({ maxLength: 5 })),
};
const word = (...good: string[]): NearValid<string> => ({
  good: fc.constantFrom(...good),
  bad: fc.oneof(
    fc.constantFrom(...good).map((each) => each.toUpperCase()),
    fc.constantFrom(...good).map((each) => `${each} `),
    fc.string({ maxLength: 4 }),
  ),
});
const number = (maximum: number): NearValid<string> => ({
  good: fc.oneof(fc.constantFrom('1', String(maximum)), fc.integer({ min: 1, max: maximum }).map(String)),
  bad: fc.constantFrom(
    '0',
    String(maximum + 1),
    '01',
    '+1',
    '1.0',
    '1e1',
    '0x10',
    ' 1',
    '-1',
    '٣',
    'x'.repeat(9),
    '',
  ),
});

/** Every parameter of a query. */
export const nearValidParameters: Readonly<Record<QueryParameter, NearValid<string>>> = {
  limit: number(100),
  // Cursors that were handed out are tested with the lists; here are others.
  cursor: {
    good: fc.string({ minLength: 1, maxLength: 9 }),
    bad: fc.constantFrom('', 'x'.repeat(1001), 'eyJ9.x'),
  },
  ownerId: line(200),
  keyId: {
    good: fc.stringMatching(/^[0-9A-Za-z_-]{1,64}$/),
    bad: fc.oneof(fc.constantFrom('', 'x'.repeat(65), 'a.b', 'a b'), fc.string({ maxLength: 9 })),
  },
  keyspace: line(100),
  state: word('active', 'disabled', 'revoked', 'expired'),
  scope: {
    good: fc.constantFrom('orders:read', 'orders:*', '*', 'a.b-c_d:0:x', `a:${'b'.repeat(62)}`),
    bad: fc.constantFrom(
      '',
      'orders',
      ':',
      'a:',
      'a:*b',
      'A:b',
      `a:${'b'.repeat(63)}`,
      '**',
      'a:b:',
      '*:a',
      '-a:b',
    ),
  },
  q: line(100),
  tag: line(50),
  createdByMember: line(200),
  parentId: line(200),
  inactiveAncestor: word('true', 'false'),
  byRoute: word('true', 'false'),
  resource: {
    good: line(64).good.map((id) => `project:${id}`),
    bad: fc.oneof(
      fc.constantFrom('', 'project', 'project:', 'projekt:p1', '__proto__:p1', 'toString:p1', 'project:a:b'),
      line(64).bad.map((id) => `project:${id}`),
    ),
  },
  expiresBefore: time,
  unusedForDays: number(3650),
  reason: word('unused', 'never_expires'),
  unusedAfterDays: number(3650),
  endsWithinDays: number(3650),
  suspended: word('true', 'false'),
  dead: word('true', 'false'),
  action: word('key.created', 'key.expiring'),
  actor: line(200),
  memberId: line(200),
  code: word('not_found', 'forbidden'),
  anchor: {
    good: fc.nat(9).map((n) => `${n}.${'0'.repeat(64)}`),
    bad: fc.constantFrom('', '1', '1.', `1.${'0'.repeat(63)}`, `01.${'0'.repeat(64)}`, `1.${'G'.repeat(64)}`),
  },
  maxEntries: number(100_000),
  // As with cursors, a good one comes from a part with the same anchor.
  resume: {
    good: fc.string({ minLength: 1, maxLength: 9 }),
    bad: fc.constantFrom('', 'x'.repeat(3901), 'eyJ9.x'),
  },
  afterSequence: {
    good: fc.nat(999_999).map(String),
    bad: fc.constantFrom('', '-1', '1.5', '01', '1e2', '1000000000000000', 'x'),
  },
  by: word('hour', 'day'),
  from: time,
  to: time,
};
