import { InvalidOptionError } from '../../lib/index.js';
import { renamedOptions } from '../../lib/options/renamed-options.js';
import { createWith } from './create-options.js';

describe('an option that has another name now', () => {
  it.each([
    ['schema', 'database.schema'],
    ['migrate', 'database.migrate'],
    ['redisKeyPrefix', 'redis.keyPrefix'],
    ['ownerRateLimits', 'limits.perOwner'],
    ['ownerCeilings', 'limits.ceilings'],
    ['onLimiterOutage', 'limits.onOutage'],
    ['localCache', 'cache'],
    ['leaseSeconds', 'cache.leaseSeconds'],
    ['realm', 'refusals.realm'],
    ['opaqueRefusals', 'refusals.opaque'],
  ])('%s is refused, and %s named', (oldName, newName) => {
    for (const value of [{}, undefined]) {
      expect(() => createWith({ [oldName]: value })).toThrow(InvalidOptionError);
      expect(() => createWith({ [oldName]: value })).toThrow(`createApiKeys: ${oldName} is now ${newName}`);
    }
  });

  it('is in the table, and only there', () => {
    expect(Object.keys(renamedOptions)).toHaveLength(10);
    expect(() => createWith({ toString: 1 })).toThrow('createApiKeys: unknown option "toString"');
  });

  it('inside cache is refused as well', () => {
    expect(() => createWith({ cache: { maxEntries: 5 } })).toThrow('cache: maxEntries is now cache.maxKeys');
  });
});
