import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, testPepper } from '../harness/instance.js';
import { seededRandom } from './seeded-random.js';
import { isWholeRun } from '../harness/test-tier.js';
import { theApp } from '../harness/the-app.js';

const interleavings = isWholeRun ? 10_000 : 1_000;
jest.setTimeout(180_000);

/** Gives others so many turns. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await Promise.resolve();
}

it(`R37: ${interleavings} changes with verifications at any point of them: none is undone by one`, async () => {
  const random = seededRandom(1);
  const store = memoryStore();
  // Nothing is cached, so each verification reads the store, and may write there what it has to.
  const instance = createInstance({ store, cache: false });
  const { keys } = instance.apiKeys;
  const { id, token } = await instance.key();
  let version = 1;
  for (let round = 0; round < interleavings; round += 1) {
    const isOn = random.next() < 0.5;
    const change = { enabled: isOn, name: `name ${round}` };
    const [changed] = await Promise.all([
      turns(random.between(0, 10)).then(() => keys.as(theApp).update({ id, ...change })),
      turns(random.between(0, 20)).then(() => keys.verify({ key: token })),
      turns(random.between(0, 20)).then(() => keys.verify({ key: token })),
    ]);
    version += 1;
    expect(changed).toMatchObject({ ...change, version });
    expect(await store.find(id)).toMatchObject({ ...change, version });
  }
  await instance.apiKeys.close();
  const record = await store.find(id);
  expect(record?.version).toBe(interleavings + 1);
  expect(record?.useCount).toBeGreaterThan(0);
});

it('R37: a digest that verification adds leaves a change beside it alone', async () => {
  const store = memoryStore();
  const managing = createInstance({ store });
  const { id, token } = await managing.key();
  const late = createInstance({ store, pepper: testPepper.toUpperCase() });
  const [verdict] = await Promise.all([
    late.apiKeys.keys.verify({ key: token }),
    managing.apiKeys.keys.as(theApp).update({ id, scopes: ['users:read'] }),
  ]);
  expect(verdict).toBeDefined();
  await late.apiKeys.close();
  await managing.apiKeys.close();
  expect(await store.find(id)).toMatchObject({ version: 2, scopes: ['users:read'] });
});
