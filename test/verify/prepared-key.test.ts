import { noResources } from '../../lib/domain/resource-catalogue.js';
import { createScopeCatalogue } from '../../lib/domain/scope-catalogue.js';
import { createSampleKey } from '../../lib/store/sample-keys.js';
import { PreparedKey } from '../../lib/verify/prepared-key.js';

it('a key is estimated to take more memory for each of its windows', () => {
  const catalogue = createScopeCatalogue({ 'orders:read': 'Read orders' });
  const bytesWith = (windows: number): number => {
    const rateLimits = Array.from({ length: windows }, (_, i) => ({
      ...{ name: `w${i}`, limit: 5, windowSeconds: 60 },
    }));
    return new PreparedKey(createSampleKey({ rateLimits }), catalogue, noResources).approximateBytes;
  };
  expect(bytesWith(10) - bytesWith(0)).toBe(10 * 150);
});
