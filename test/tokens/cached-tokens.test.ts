import { Redis } from 'ioredis';
import type { KeyStore } from '../../lib/store/index.js';
import { memoryStore } from '../../lib/testing/index.js';
import { startRedis } from '../servers/redis.cjs';
import { basic, startTokenApp } from './token-app.js';

/** A store in memory that says what is read, and can be made to keep an answer back. */
function watchedStore(): { store: KeyStore; reads: string[]; keepBack(): () => void } {
  const inner = memoryStore();
  const reads: string[] = [];
  let kept: Promise<void> = Promise.resolve();
  const store: KeyStore = {
    ...inner,
    find: (...args) => {
      reads.push('key');
      return inner.find(...args);
    },
    tokens: {
      ...inner.tokens,
      async isRevoked(id) {
        reads.push('token');
        const answer = await inner.tokens.isRevoked(id);
        await kept;
        return answer;
      },
    },
  };
  return {
    store,
    reads,
    keepBack() {
      let release = (): void => undefined;
      kept = new Promise((resolve) => (release = resolve));
      return release;
    },
  };
}

async function until(isTrue: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error('what was waited for has not come');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

describe('tokens that a process holds', () => {
  it('R70 are not cached when they were revoked while they were checked', async () => {
    const { store, reads, keepBack } = watchedStore();
    const app = await startTokenApp({ store });
    const key = await app.key();
    const token = await app.token(key);
    const release = keepBack();
    const slow = app.use(token);
    await until(() => reads.includes('token'));
    // Shares the result of the query in flight, from before the revocation.
    const revoked = await app.post('/revoke', { token }, basic(key.id, key.secret));
    expect(revoked.status).toBe(200);
    release();
    await slow;
    for (let times = 0; times < 3; times += 1) expect((await app.use(token)).status).toBe(401);
    await app.close();
  });

  it('R70 of a key that is not held are checked with two reads at once, and soon with none', async () => {
    const { store, reads, keepBack } = watchedStore();
    const issuer = 'http://one.example';
    const [maker, user] = [
      await startTokenApp({ store, tokens: { issuer } }),
      await startTokenApp({ store, tokens: { issuer } }),
    ];
    const token = await maker.token(await maker.key());
    // The signing key is known from here on.
    expect((await user.use(await maker.token(await maker.key()))).status).toBe(200);
    reads.length = 0;
    const release = keepBack();
    const first = user.use(token);
    await until(() => reads.length === 2);
    release();
    expect((await first).status).toBe(200);
    expect(reads.toSorted()).toEqual(['key', 'token']);
    for (let times = 0; times < 4; times += 1) expect((await user.use(token)).status).toBe(200);
    expect(reads.toSorted()).toEqual(['key', 'token', 'token']);
    await Promise.all([maker.close(), user.close()]);
  });

  it('R70 of a key that is not cached are not cached when they were revoked while they were checked', async () => {
    const { store, reads, keepBack } = watchedStore();
    const issuer = 'http://one.example';
    const [maker, user] = [
      await startTokenApp({ store, tokens: { issuer } }),
      await startTokenApp({ store, tokens: { issuer } }),
    ];
    const key = await maker.key();
    const token = await maker.token(key);
    reads.length = 0;
    const release = keepBack();
    const slow = user.use(token);
    await until(() => reads.includes('token'));
    expect((await maker.post('/revoke', { token }, basic(key.id, key.secret))).status).toBe(200);
    release();
    await slow;
    for (let times = 0; times < 3; times += 1) expect((await user.use(token)).status).toBe(401);
    await Promise.all([maker.close(), user.close()]);
  });

  it('R70 cost no reads, however many of them one key has', async () => {
    const { store, reads } = watchedStore();
    const app = await startTokenApp({ store });
    const key = await app.key();
    const tokens = await Promise.all(Array.from({ length: 5 }, () => app.token(key)));
    for (const token of [...tokens, ...tokens]) expect((await app.use(token)).status).toBe(200);
    reads.length = 0;
    for (let round = 0; round < 4; round += 1) {
      for (const token of tokens) expect((await app.use(token)).status).toBe(200);
    }
    expect(reads).toEqual([]);
    await app.close();
  });

  it('R70 are accepted without a local cache, and each request queries the store', async () => {
    const { store, reads } = watchedStore();
    const app = await startTokenApp({ store, cache: false });
    const key = await app.key();
    const token = await app.token(key);
    expect((await app.use(token)).status).toBe(200);
    reads.length = 0;
    expect((await app.use(token)).status).toBe(200);
    expect(reads.toSorted()).toEqual(['key', 'token']);
    await app.post('/revoke', { token }, basic(key.id, key.secret));
    expect((await app.use(token)).status).toBe(401);
    await app.close();
  });

  it('R70 are refused after they were revoked also when Redis still has the key as it was', async () => {
    const server = await startRedis();
    const admin = new Redis(server.url);
    const app = await startTokenApp({ redis: server.url, usesRealTime: true });
    const key = await app.key();
    const token = await app.token(key);
    const other = await app.token(key);
    // The copy in Redis is the one that was written when the key was made; both tokens are held.
    for (const one of [token, other, token, other]) expect((await app.use(one)).status).toBe(200);
    // From now on it takes no change of the key.
    await admin.call('ACL', 'SETUSER', 'default', '-@write');
    const revoked = await app.post('/revoke', { token }, basic(key.id, key.secret));
    expect(revoked.status).toBe(200);
    expect((await app.use(other)).status).toBe(200);
    expect((await app.use(token)).status).toBe(401);
    await admin.call('ACL', 'SETUSER', 'default', '+@write');
    expect((await app.use(token)).status).toBe(401);
    admin.disconnect();
    await app.close();
    await server.stop();
  });
});
