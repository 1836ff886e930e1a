import { createApiKeys } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { translateFieldMessage } from '../../page/src/field-messages-german.js';

const long = 'x'.repeat(5_000);
const window = { name: 'minute', limit: 1, windowSeconds: 60 };

/** Values that a person can type into the page, or that reach the router by another way, and that are refused. */
const refused: Readonly<Record<string, readonly unknown[]>> = {
  name: ['', ' ', long, 'a\nb', 'a\u200bb', 7],
  description: [long, '\u0007', 7],
  scopes: ['orders:read', ['nope'], ['orders:read', 'orders:read'], Array.from({ length: 300 }, String)],
  expiresAt: [
    'soon',
    '2020-01-01T00:00:00Z',
    '2027-02-30T00:00:00Z',
    '+010000-01-01T00:00:00Z',
    '2199-01-01T00:00:00Z',
  ],
  ipAllowlist: [
    [],
    ['nope'],
    ['10.0.0.0/33'],
    ['10.0.0.0/x'],
    ['0.0.0.0/0'],
    ['10.0.0.1/8'],
    [7],
    'x',
    Array.from({ length: 999 }, () => '::1'),
  ],
  resources: [
    {},
    { planet: ['p1'] },
    { project: [] },
    { project: ['a', 'a'] },
    { project: [' '] },
    { project: [long] },
    'x',
    { project: Array.from({ length: 101 }, String) },
  ],
  features: ['beta', ['nope'], ['beta', 'beta'], ['beta', 'beta', 'beta']],
  tags: ['x', [long], ['a,b'], ['a', 'a'], [''], Array.from({ length: 21 }, String)],
  rateLimits: [
    'x',
    [7],
    [{ ...window, limit: 0 }],
    [{ ...window, windowSeconds: 0 }],
    [window, window],
    Array.from({ length: 11 }, () => window),
  ],
  credits: [
    7,
    { remaining: -1 },
    { remaining: 1, refillAmount: 1 },
    { remaining: 1, refillAmount: 0, refillIntervalSeconds: 1 },
    { remaining: 1, refillAmount: 1, refillIntervalSeconds: 0 },
  ],
  metadata: [
    'x',
    { a: long },
    { constructor: 1 },
    { a: '\0' },
    JSON.parse(`${'{"a":'.repeat(99)}1${'}'.repeat(99)}`),
  ],
  ownerId: ['..', '', long],
  environment: ['moon'],
};

it('whatever is wrong about a field is said in German on the German page', async () => {
  const apiKeys = createApiKeys({
    ...{
      prefix: 'acme',
      scopes: { 'orders:read': 'Read orders' },
      pepper: 'a pepper for tests with at least 32 bytes',
    },
    ...{
      features: { beta: 'Beta', more: 'More' },
      resources: { project: 'A project' },
      policy: { maxLifetimeDays: 400 },
    },
    store: memoryStore(),
  });
  await apiKeys.ready();
  const keys = apiKeys.keys.as({ kind: 'application' });
  const texts: Record<string, string | null> = {};
  for (const [field, values] of Object.entries(refused)) {
    for (const value of values) {
      const input: object = { ownerId: 'alice', name: 'Key', scopes: [], [field]: value };
      const error = (await keys.create(input as never).then(
        () => ({ errors: [{ message: `accepted ${JSON.stringify(value).slice(0, 60)}` }] }),
        (reason: unknown) => reason,
      )) as { errors?: { message: string }[]; message: string };
      for (const { message } of error.errors ?? [error])
        texts[`${field} ${message}`] = translateFieldMessage(message);
    }
  }
  expect(Object.entries(texts).filter(([, german]) => german === null)).toEqual([]);
  expect(Object.values(texts)).toEqual(
    expect.arrayContaining([
      'darf nicht leer sein',
      'Eintrag 1 muss mit der ersten Adresse des Netzes beginnen',
      'project darf keine Kennung zweimal nennen',
      'Eintrag 1: die Zahl der Anfragen muss eine ganze Zahl von 1 bis 1000000000 sein',
    ]),
  );
  expect(translateFieldMessage('is something new')).toBeNull();
  await apiKeys.close();
});
