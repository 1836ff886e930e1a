import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance } from '../harness/instance.js';

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
}

it('of a record that was read, a cached key keeps in memory only what verification needs', async () => {
  const store = memoryStore();
  /** What the store has returned: the record, and its credential with the slow hash. */
  const returned: { readonly part: string; readonly reference: WeakRef<object> }[] = [];
  const { apiKeys, key } = createInstance({
    store: {
      ...store,
      async find(...wanted) {
        const record = await store.find(...wanted);
        const [credential] = record?.credentials ?? [];
        if (record !== null) returned.push({ part: 'record', reference: new WeakRef(record) });
        if (credential !== undefined)
          returned.push({ part: 'credential', reference: new WeakRef(credential) });
        return record;
      },
    },
  });
  await apiKeys.ready();
  const { token } = await key();
  expect(await apiKeys.keys.verify({ key: token })).toMatchObject({ allowed: true });
  // References that were made a moment ago keep their objects until then.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(apiKeys.status().cachedKeys).toBe(1);
  expect(returned.map(({ part }) => part)).toEqual(['record', 'credential']);
  expect(returned.filter(({ reference }) => reference.deref() !== undefined)).toEqual([]);
  await apiKeys.close();
});
