import { createLineageBelow } from '../../lib/domain/key-ancestor.js';
import { findPlanLoss } from '../../lib/domain/plan-loss.js';
import { createDefaultKeyspace } from '../../lib/instance/default-keyspace.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { createSampleKey, sampleTime } from '../../lib/store/sample-keys.js';
import { memoryStore } from '../../lib/testing/index.js';
import { scopes, testPepper } from '../harness/instance.js';

const keyspace = createDefaultKeyspace(
  resolveOptions({
    ...{ prefix: 'acme', scopes, pepper: testPepper, store: memoryStore() },
    ...{ plans: { before: {}, after: { scopes: [] } }, defaultPlan: 'before' },
  }),
);
const change = { before: keyspace.plans.byName.get('before')!, after: keyspace.plans.byName.get('after')! };
const granted = { scopes: ['orders:read'] };

it('a key whose parent was removed loses nothing: like one of a revoked parent, it is refused for good', () => {
  const parent = createSampleKey({ ...granted, id: 'keyparent0000001' });
  const child = createSampleKey({ ...granted, ...createLineageBelow(parent) });
  const find = (record: typeof child) => findPlanLoss(record, keyspace, change, [], sampleTime);
  expect(find(child)?.scopes).toEqual(['orders:read']);
  expect(find({ ...child, ancestors: [] })).toBeNull();
  expect(find({ ...child, ancestors: [{ ...child.ancestors[0]!, revokedAt: sampleTime }] })).toBeNull();
});
