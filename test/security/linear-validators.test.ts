import { toCanonicalAddress } from '../../lib/domain/address.js';
import { isKeyId } from '../../lib/domain/key-format.js';
import {
  parseDescription,
  parseExpiresAt,
  parseIpAllowlist,
  parseMetadata,
  parseName,
  parseScopes,
} from '../../lib/domain/key-fields.js';
import { parseCredits, parseRateLimits } from '../../lib/domain/limit-fields.js';
import { parseTags } from '../../lib/domain/parse-tags.js';
import { suggestNames } from '../../lib/domain/known-names.js';
import { isScope, isWildcard } from '../../lib/domain/scope.js';
import { createScopeCatalogue } from '../../lib/domain/scope-catalogue.js';
import { hasDuplicateNames } from '../../lib/http/duplicate-names.js';
import { queryParameters } from '../../lib/admin/fields/query-parameters.js';
import { requestHeaders } from '../../lib/admin/fields/request-headers.js';
import { parseIdempotencyKey } from '../../lib/http/parse-idempotency-key.js';
import { parseIfMatch } from '../../lib/admin/parse-if-match.js';
import { readQuery } from '../../lib/admin/read-query.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

const catalogue = createScopeCatalogue({ 'orders:read': 'Read orders' });

/** Whatever decides over a text that somebody sends. */
const validators: Readonly<Record<string, (text: string) => unknown>> = {
  name: parseName,
  description: parseDescription,
  'a scope of a key': (text) => parseScopes([text], catalogue),
  expiresAt: (text) => parseExpiresAt(text, 0),
  'an entry of the allowlist': (text) => parseIpAllowlist([text]),
  'the address of a request': toCanonicalAddress,
  metadata: (text) => parseMetadata({ [text]: [text] }),
  tags: (text) => parseTags([text]),
  rateLimits: (text) => parseRateLimits([{ name: text, limit: 1, windowSeconds: 1 }]),
  credits: (text) => parseCredits({ remaining: text }),
  'the id in a path': isKeyId,
  'a scope': isScope,
  'a wildcard': isWildcard,
  'If-Match': parseIfMatch,
  'Idempotency-Key': parseIdempotencyKey,
  'a query': (text) => readQuery(`/keys?${text}`),
  'names in a body': (text) => hasDuplicateNames(JSON.stringify({ [text]: text, b: [{ c: text }] })),
  'a name that is not known': (text) => suggestNames(text.slice(0, 32), ['ownerId', 'ipAllowlist']),
  ...Object.fromEntries(
    Object.entries(queryParameters).map(([name, { parse }]) => [
      `?${name}`,
      (text: string) => parse(text, undefined as never),
    ]),
  ),
};

/** The patterns that the OpenAPI document hands to others. */
const patterns = Object.entries(requestHeaders).flatMap(([name, { schema }]) =>
  typeof schema.pattern === 'string' ? [[name, new RegExp(schema.pattern, 'u')] as const] : [],
);

/** Texts on which patterns that go back and forth take long. */
const shapes: readonly ((length: number) => string)[] = [
  (length) => 'a'.repeat(length),
  (length) => `${' '.repeat(length)}x`,
  (length) => `${'\t '.repeat(length / 2)}"`,
  (length) => '"'.repeat(length),
  (length) => `${'"a",'.repeat(length / 4)}\\`,
  (length) => `a${':a'.repeat(length / 2)}!`,
  (length) => `a${'a:'.repeat(length / 2)}*`,
  (length) => '0'.repeat(length),
  (length) => `${'0:'.repeat(length / 2)}/`,
  (length) => '&a=%41'.repeat(length / 6),
  (length) => '\u200b'.repeat(length),
  (length) => '😀'.repeat(length / 2),
  (length) => '\ud800'.repeat(length),
  (length) => '2027-01-31T12:00:00.'.padEnd(length, '1'),
];

function timeOf(validate: (text: string) => unknown, text: string): number {
  const started = performance.now();
  try {
    validate(text);
  } catch {
    // Refused, which is what most of these are.
  }
  return performance.now() - started;
}

/** The best of several: whatever else the machine does only adds to it. */
function bestTimeOf(validate: (text: string) => unknown, text: string): number {
  return Math.min(...Array.from({ length: 5 }, () => timeOf(validate, text)));
}

describe('R61 what decides over a text', () => {
  it.each(Object.entries({ ...validators, ...patternValidators() }))(
    'R61 takes time in proportion to its length at most: %s',
    async (_name, validate) => {
      for (const shape of shapes) {
        // 100 KB are more than any body, header or query can bring. Ten times as long as is asked for, for slow machines.
        await machine.expectWithin(100, bestTimeOf(validate, shape(100_000)));
        // Were it quadratic, this would take sixteen times as long, and a second at least.
        await machine.expectWithin(400, bestTimeOf(validate, shape(400_000)));
      }
    },
  );
});

function patternValidators(): Record<string, (text: string) => unknown> {
  return Object.fromEntries(
    patterns.map(([name, pattern]) => [`the pattern of ${name}`, (text: string) => pattern.test(text)]),
  );
}
