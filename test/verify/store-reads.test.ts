import { memoryStore } from '../../lib/testing/index.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import { createRandomSource } from '../../lib/crypto/random-source.js';
import { createInstance, type TestInstance } from '../harness/instance.js';

const random = createRandomSource();
const format = createKeyFormat('acme', 'live');
let reads = 0;
let writes = 0;
let instance: TestInstance;

beforeAll(async () => {
  const store = memoryStore();
  instance = createInstance({
    store: {
      ...store,
      find: (...key) => {
        reads += 1;
        return store.find(...key);
      },
      addDigest: (...digest) => {
        writes += 1;
        return store.addDigest(...digest);
      },
      transact: (work) => {
        writes += 1;
        return store.transact(work);
      },
    },
  });
  await instance.apiKeys.ready();
});

beforeEach(() => {
  reads = 0;
  writes = 0;
});

afterAll(() => instance.apiKeys.close());

const verify = (token: string) => instance.apiKeys.keys.verify({ key: token });

describe('what verification asks of the store', () => {
  it('nothing, for what is not well formed', async () => {
    const { token } = await instance.key();
    reads = 0;
    const junk = [
      '',
      'x',
      token.slice(1),
      `${token}x`,
      token.replace('acme', 'acne'),
      `${token.slice(0, -1)}-`,
    ];
    for (const text of junk) expect(await verify(text)).toMatchObject({ code: 'invalid_token' });
    expect(reads).toBe(0);
  });

  it('one read by primary key for an unknown id, and for a wrong secret', async () => {
    const { id } = await instance.key();
    reads = 0;
    const unknown = format.compose(random.base62(16), random.base62(43));
    expect(await verify(unknown)).toMatchObject({ code: 'invalid_token' });
    expect(reads).toBe(1);
    expect(await verify(format.compose(id, random.base62(43)))).toMatchObject({ code: 'invalid_token' });
    expect(reads).toBe(2);
  });

  it('one read for a thousand requests that arrive together, and no write', async () => {
    const { token } = await instance.key();
    reads = 0;
    writes = 0;
    const verdicts = await Promise.all(Array.from({ length: 1_000 }, () => verify(token)));
    expect(verdicts.every(({ allowed }) => allowed)).toBe(true);
    expect(reads).toBeLessThanOrEqual(2);
    expect(writes).toBe(0);
  });

  it('lets each of them match its own secret', async () => {
    const { id, token } = await instance.key();
    const wrong = format.compose(id, random.base62(43));
    const verdicts = await Promise.all(
      Array.from({ length: 200 }, (_, index) => verify(index % 2 === 0 ? token : wrong)),
    );
    verdicts.forEach((verdict, index) => expect(verdict.allowed).toBe(index % 2 === 0));
  });
});
