import { isExpiryNoticesOption } from './expiry-notices-option.js';
import type { ApiKeysOptions } from './api-keys-options.js';

/** An option, whether a value is of its kind, and what to write instead. */
type OptionKind = readonly [
  name: keyof ApiKeysOptions,
  isRight: (value: unknown) => boolean,
  expected: string,
];

const prefixPattern = /^[a-z][a-z0-9_]{0,18}[a-z0-9]$/;
const environmentPattern = /^[a-z][a-z0-9]{0,15}$/;

/** What each option takes. Options that have a parser of their own (`pepper`, `redis`, `bcryptCost` …) are not here. */
export const optionKinds: readonly OptionKind[] = [
  [
    'prefix',
    (value) => isText(value) && prefixPattern.test(value),
    "2 to 20 lower-case letters, digits and '_', for example 'acme'",
  ],
  [
    'scopes',
    (value) => isObject(value) && !Array.isArray(value) && Object.values(value).every(isText),
    "an object of scopes and sentences, for example { 'orders:read': 'Read orders' }",
  ],
  [
    'features',
    (value) => isObject(value) && !Array.isArray(value) && Object.values(value).every(isText),
    "an object of features and sentences, for example { block_trades: 'May place block trades' }",
  ],
  [
    'environments',
    (value) =>
      Array.isArray(value) &&
      Array.from(value, isEnvironment).every(Boolean) &&
      new Set(value).size === value.length,
    "a list of different lower-case words, for example ['live', 'test']",
  ],
  ['environment', isEnvironment, "a lower-case word, for example 'live'"],
  [
    'database',
    (value) => isText(value) || hasMethods(value, ['connect']),
    'a postgres:// URL, a pg.Pool, or file: and a path, for example file:./data/keys.sqlite',
  ],
  ['schema', isText, "the name of a PostgreSQL schema, for example 'api_keys'"],
  ['migrate', (value) => value === 'auto' || value === 'check', "'auto' or 'check'"],
  [
    'store',
    (value) =>
      hasMethods(value, [
        'open',
        'close',
        'find',
        'existing',
        'list',
        'listEvents',
        'transact',
        'addDigest',
        'recordUse',
      ]) &&
      hasMethods((value as { readonly feed?: unknown }).feed, [
        'join',
        'leave',
        'beat',
        'latest',
        'lastSequence',
        'instances',
        'remove',
        'watch',
      ]) &&
      hasMethods((value as { readonly usage?: unknown }).usage, ['list', 'forgetBefore']) &&
      hasMethods((value as { readonly oneTimeNames?: unknown }).oneTimeNames, ['take']) &&
      hasMethods((value as { readonly accessLog?: unknown }).accessLog, ['add', 'list', 'prune']) &&
      hasMethods((value as { readonly trail?: unknown }).trail, ['head', 'entries', 'lastEntries']) &&
      hasMethods((value as { readonly claims?: unknown }).claims, ['find']) &&
      hasMethods((value as { readonly tokens?: unknown }).tokens, ['isRevoked']) &&
      hasMethods((value as { readonly credits?: unknown }).credits, ['spend']),
    'a KeyStore, for example memoryStore() from express-api-keys/testing',
  ],
  [
    'expiryNotices',
    isExpiryNoticesOption,
    '{ thresholdsDays, notify }: different whole numbers of days from 1 to 365 and a function, for example { thresholdsDays: [14, 3] }',
  ],
  ['realm', (value) => isText(value) && value !== '', 'a text'],
  ['opaqueRefusals', isBoolean, 'true or false'],
  ['hideCredentials', isBoolean, 'true or false'],
  [
    'localCache',
    isLocalCache,
    'false, or { maxEntries, maxBytes } with whole numbers of at least 1, for example { maxEntries: 100_000 }',
  ],
  ['leaseSeconds', (value) => isWholeNumber(value, 2, 60), 'a whole number of seconds from 2 to 60'],
  [
    'failureBudget',
    isFailureBudget,
    '{ failures, windowSeconds } with whole numbers, 1 to 1,000,000 and 1 to 86,400, and ipv6PrefixLength from 32 to 64, ' +
      'for example { failures: 20, windowSeconds: 60 }',
  ],
  ['clock', (value) => hasMethods(value, ['now']), 'an object with now(), which returns epoch milliseconds'],
  [
    'logger',
    (value) => hasMethods(value, ['warn', 'error']),
    'an object with warn() and error(), such as console',
  ],
];

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isBoolean(value: unknown): boolean {
  return typeof value === 'boolean';
}

function isWholeNumber(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;
}

function isLocalCache(value: unknown): boolean {
  if (value === false) return true;
  if (!isObject(value) || Array.isArray(value)) return false;
  return Object.entries(value).every(
    ([name, limit]) =>
      (name === 'maxEntries' || name === 'maxBytes') &&
      (limit === undefined || isWholeNumber(limit, 1, Number.MAX_SAFE_INTEGER)),
  );
}

function isFailureBudget(value: unknown): boolean {
  if (!isObject(value) || Array.isArray(value)) return false;
  const { failures, windowSeconds, ipv6PrefixLength = 64, ...others } = value as Record<string, unknown>;
  return (
    isWholeNumber(failures, 1, 1_000_000) &&
    isWholeNumber(windowSeconds, 1, 86_400) &&
    isWholeNumber(ipv6PrefixLength, 32, 64) &&
    Object.keys(others).length === 0
  );
}

function isEnvironment(value: unknown): boolean {
  return isText(value) && environmentPattern.test(value);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return (
    isObject(value) && names.every((name) => typeof (value as Record<string, unknown>)[name] === 'function')
  );
}
