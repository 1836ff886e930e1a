import { createInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const { apiKeys } = createInstance({ features: { exports: 'Exports' } } as never);
beforeAll(() => apiKeys.ready());
afterAll(() => apiKeys.close());

interface Mistake {
  readonly field: string;
  readonly message: string;
}

/** What stands beside a field of a new key with this value. */
async function messageOf(field: string, value: unknown): Promise<string> {
  const input = { ownerId: 'alice', name: 'CI', scopes: [], [field]: value };
  const thrown: unknown = await apiKeys.keys
    .as(theApp)
    .create(input as never)
    .catch((error: unknown) => error);
  const [mistake] = (thrown as { readonly errors: readonly Mistake[] }).errors;
  expect(mistake?.field).toBe(field);
  return mistake?.message ?? '';
}

const fields = [
  ...['ownerId', 'name', 'description', 'scopes', 'expiresAt', 'ipAllowlist', 'resources', 'metadata'],
  ...['features', 'tags', 'rateLimits', 'credits', 'tokenLifetimeSeconds', 'environment'],
];

it.each(fields)(
  'a message about %s goes on behind the name of the field, and does not repeat it',
  async (field) => {
    for (const value of [5, true, [{}], { nonsense: 1 }]) {
      if (field === 'metadata' && typeof value === 'object' && !Array.isArray(value)) continue;
      const message = await messageOf(field, value);
      expect(message).not.toMatch(new RegExp(`^${field}\\b`));
      expect(message).toMatch(/must|is not accepted/);
    }
  },
);

it('a message about credits says what they consist of', async () => {
  expect(await messageOf('credits', 5)).toBe(
    'must be an object with remaining, refillAmount, refillIntervalSeconds',
  );
});
