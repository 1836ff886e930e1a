import { createApiKeys, InvalidOptionError } from '../../lib/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, scopes, testPepper } from '../harness/instance.js';

const { apiKeys } = createInstance({ signatures: {} });
const unset: undefined = undefined;
const observe = { mode: 'observe' } as const;

const doors: Record<string, Record<string, () => unknown>> = {
  feature: {
    'requireApiKey.feature': () => apiKeys.requireApiKey('orders:read', { feature: unset }),
    'anyScope: requireApiKey.feature': () => apiKeys.requireApiKey.anyScope({ feature: unset }),
    'mcpGuard.feature': () => apiKeys.mcpGuard({ feature: unset }),
    'forwardAuthRouter.feature': () => apiKeys.forwardAuthRouter({ feature: unset }),
    'keys.verify.feature': () => apiKeys.keys.verify({ key: 'k', feature: unset }),
    'keys.verifyRequest.feature': () =>
      apiKeys.keys.verifyRequest(new Request('http://localhost/'), { feature: unset }),
  },
  signed: {
    'requireApiKey.signed': () => apiKeys.requireApiKey('orders:read', { signed: unset }),
    'forwardAuthRouter.signed': () => apiKeys.forwardAuthRouter({ signed: unset, proxy: 'nginx' }),
    'keys.verifyRequest.signed': () =>
      apiKeys.keys.verifyRequest(new Request('http://localhost/'), { signed: unset }),
  },
  enforceFrom: {
    'requireApiKey.enforceFrom': () =>
      apiKeys.requireApiKey('orders:read', { ...observe, enforceFrom: unset }),
    'guards.enforceFrom': () =>
      createApiKeys({
        ...{ prefix: 'acme', scopes, pepper: testPepper, store: memoryStore() },
        guards: { ...observe, enforceFrom: unset },
      }),
  },
  enforcePercent: {
    'requireApiKey.enforcePercent': () =>
      apiKeys.requireApiKey('orders:read', { ...observe, enforcePercent: unset }),
  },
};

describe('an option that would require something, and is undefined', () => {
  for (const [option, cases] of Object.entries(doors)) {
    it.each(Object.entries(cases))('throws: %s', async (name, call) => {
      const error = await Promise.resolve()
        .then(call)
        .catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(InvalidOptionError);
      expect(String(error)).toContain(`${name.replace(/^.*: /, '')}: is undefined`);
      expect(String(error)).toContain(`leave ${option} out`);
    });
  }

  it('is no option at all where it was left out', () => {
    expect(() => apiKeys.requireApiKey('orders:read', {})).not.toThrow();
  });
});
