import type { ContractContext } from './contract-context.js';
import { sampleTime } from './sample-keys.js';

/** Nonces: what may happen once only. */
export function describeNonces({ describe, it, expect }: ContractContext): void {
  describe('nonces', () => {
    it('are taken once, by whichever process', async ({ store, other }) => {
      expect(await store.nonces.take('a', sampleTime + 60, sampleTime)).toBe(true);
      expect(await other.nonces.take('a', sampleTime + 60, sampleTime)).toBe(false);
      expect(await store.nonces.take('a', sampleTime + 99, sampleTime + 1)).toBe(false);
      expect(await other.nonces.take('b', sampleTime + 60, sampleTime)).toBe(true);
    });

    it('are seen by whichever process without being taken', async ({ store, other }) => {
      expect(await other.nonces.has('seen', sampleTime)).toBe(false);
      await store.nonces.take('seen', sampleTime + 60, sampleTime);
      expect(await other.nonces.has('seen', sampleTime + 59)).toBe(true);
      expect(await store.nonces.has('seen', sampleTime + 60)).toBe(false);
      expect(await store.nonces.has('unseen', sampleTime)).toBe(false);
    });

    it('are taken as ever where nothing was lost, whatever they belong to', async ({ store, other }) => {
      expect(await store.nonces.take('old', sampleTime + 60, sampleTime, sampleTime - 300_000)).toBe(true);
      expect(await other.nonces.take('old', sampleTime + 60, sampleTime, sampleTime - 300_000)).toBe(false);
    });

    it('are taken by exactly one of many at once', async ({ store, other }) => {
      const tries = Array.from({ length: 40 }, (_, index) =>
        (index % 2 === 0 ? store : other).nonces.take('once', sampleTime + 60, sampleTime),
      );
      expect((await Promise.all(tries)).filter(Boolean).length).toBe(1);
    });

    it('are remembered until their end', async ({ store }) => {
      await store.nonces.take('short', sampleTime + 10, sampleTime);
      await store.nonces.take('long', sampleTime + 1000, sampleTime);
      expect(await store.nonces.take('other', sampleTime + 2000, sampleTime + 10)).toBe(true);
      expect(await store.nonces.take('long', sampleTime + 3000, sampleTime + 999)).toBe(false);
      expect(await store.nonces.take('short', sampleTime + 3000, sampleTime + 999)).toBe(true);
    });
  });
}
