import { isSecret } from '../../lib/domain/credential.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import { memoryStore } from '../../lib/testing/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import { createInstance, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';

const old = 'old-pepper-old-pepper-old-pepper-old';
const fresh = 'new-pepper-new-pepper-new-pepper-new';
const other = 'other-pepper-other-pepper-other-pepp';

const keyFormat = createKeyFormat('acme', 'live');
let store: KeyStore;
let instances: TestInstance[] = [];

beforeEach(() => {
  store = memoryStore();
});

afterEach(async () => {
  await Promise.all(instances.map(({ apiKeys }) => apiKeys.close()));
  instances = [];
});

/** An instance on the same store with these peppers. */
function withPeppers(...pepper: string[]): TestInstance {
  const instance = createInstance({ store, pepper });
  instances.push(instance);
  return instance;
}

const accepts = async (instance: TestInstance, token: string): Promise<boolean> =>
  (await instance.apiKeys.keys.verify({ key: token })).allowed;

/** How many digests are stored for the current credential of a key. */
async function digestCount(id: string): Promise<number> {
  const record = await store.find(id);
  return Object.keys(record?.credentials.find(isSecret)?.digests ?? {}).length;
}

/** Digests are added beside the answer. */
async function untilDigests(id: string, count: number): Promise<void> {
  for (let tries = 0; tries < 200 && (await digestCount(id)) !== count; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  expect(await digestCount(id)).toBe(count);
}

describe('a new pepper', () => {
  it('is rolled out as [old, new], then [new, old], then [new], without a new key', async () => {
    const { id, token } = await withPeppers(old).key();
    expect(await accepts(withPeppers(old, fresh), token)).toBe(true);
    expect(await digestCount(id)).toBe(1);
    expect(await accepts(withPeppers(fresh, old), token)).toBe(true);
    await untilDigests(id, 2);
    expect(await accepts(withPeppers(fresh), token)).toBe(true);
    // A process that is still at the first step goes on working.
    expect(await accepts(withPeppers(old), token)).toBe(true);
  });

  it('can verify at once what was made during the roll-out', async () => {
    const { id, token } = await withPeppers(old, fresh).key();
    expect(await digestCount(id)).toBe(2);
    expect(await accepts(withPeppers(fresh), token)).toBe(true);
  });
});

describe('a lost pepper', () => {
  it('costs one slow hash per key, and no new key', async () => {
    const { id, token } = await withPeppers(old).key();
    const after = withPeppers(other);
    expect(await accepts(after, token)).toBe(true);
    await untilDigests(id, 2);
    expect(await accepts(after, token)).toBe(true);
    expect(await accepts(withPeppers(other), token)).toBe(true);
  });

  it('accepts no wrong secret, and no revoked or rotated key', async () => {
    const before = withPeppers(old);
    const { id, token } = await before.key();
    const { token: otherToken } = await before.key();
    const { id: revokedId, token: revokedToken } = await before.key();
    await before.apiKeys.keys.as(theApp).revoke({ id: revokedId });
    const { id: rotatedId, token: rotatedToken } = await before.key();
    await before.apiKeys.keys.as(theApp).rotate({ id: rotatedId });

    const after = withPeppers(other);
    expect(await accepts(after, withSecretOf(otherToken, token))).toBe(false);
    expect(await after.apiKeys.keys.verify({ key: revokedToken })).toMatchObject({ code: 'key_revoked' });
    expect(await after.apiKeys.keys.verify({ key: rotatedToken })).toMatchObject({ code: 'secret_rotated' });
    expect(await digestCount(id)).toBe(1);
  });

  it('is healed for many requests at once', async () => {
    const { token } = await withPeppers(old).key();
    const after = withPeppers(other);
    const answers = await Promise.all(Array.from({ length: 50 }, () => accepts(after, token)));
    expect(answers).toEqual(Array(50).fill(true));
  });

  it('writes the new digest once for many requests', async () => {
    const { token } = await withPeppers(old).key();
    let writes = 0;
    const counting = createInstance({
      pepper: [fresh, old],
      store: {
        ...store,
        addDigest: (...digest) => {
          writes += 1;
          return store.addDigest(...digest);
        },
      },
    });
    instances.push(counting);
    await Promise.all(Array.from({ length: 100 }, () => accepts(counting, token)));
    expect(await accepts(counting, token)).toBe(true);
    expect(writes).toBe(1);
  });
});

/** The id of one key with the secret of another, well formed. */
function withSecretOf(secretToken: string, idToken: string): string {
  const at = 'acme_live_'.length;
  return keyFormat.compose(idToken.slice(at, at + 16), secretToken.slice(at + 16, at + 59));
}
