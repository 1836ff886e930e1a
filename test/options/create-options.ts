import { createApiKeys } from '../../lib/index.js';
import { testPepper } from '../harness/instance.js';

/** Creates API keys on an embedded file, which nothing opens, with options of any kind. */
export function createWith(options: object): unknown {
  return createApiKeys({
    prefix: 'acme',
    scopes: { 'orders:read': 'Read orders' },
    pepper: testPepper,
    ...options,
  });
}
