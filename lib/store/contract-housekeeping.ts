import type { KeyStore } from '../ports/key-store.js';
import type { ContractContext } from './contract-context.js';
import { insert, createSampleEvent, createSampleKey, sampleTime } from './sample-keys.js';

const names = ['a', 'b', 'c', 'd'];

/** Rows that expired at `sampleTime` and later, one of each kind under each name. */
async function addRows(store: KeyStore): Promise<void> {
  const record = createSampleKey();
  await insert(store, record);
  for (const [index, name] of names.entries()) {
    const end = sampleTime + index;
    await store.nonces.take(name, end, sampleTime - 1);
    await store.tokens.refreshGrants.add({
      // The revocation of a chain removes its row.
      ...{ id: `chain-${name}`, keyId: record.id, credentialId: 'a', scopes: [], session: null },
      ...{ expiresAt: end, digest: name },
    });
    await store.transact(async (transaction) => {
      await transaction.claim({ name, payloadHash: 'one', keyId: record.id, createdAt: end }, 0);
      const token = { id: name, keyId: record.id, expiresAt: end };
      await transaction.revokeToken(
        token,
        createSampleEvent(record, { action: 'token.revoked', at: sampleTime - 1 }),
      );
    });
  }
}

/** Removal of rows that have expired, in batches. */
export function describeHousekeeping({ describe, it, expect }: ContractContext): void {
  describe('housekeeping', () => {
    it('P15: removes some of the expired claims at a time, and says how many', async ({ store, other }) => {
      await addRows(store);
      const { removeExpired } = store.housekeeping;
      expect(await removeExpired('claims', sampleTime + 2, 1)).toBe(1);
      expect(await removeExpired('claims', sampleTime + 2, 9)).toBe(1);
      expect(await removeExpired('claims', sampleTime + 2, 9)).toBe(0);
      const found = await Promise.all(names.map((name) => other.claims.find(name)));
      expect(found.map((claim) => claim?.name)).toEqual([undefined, undefined, 'c', 'd']);
    });

    it('P15: removes revoked tokens and refresh tokens that have expired', async ({ store, other }) => {
      await addRows(store);
      for (const rows of ['revokedTokens', 'refreshGrants'] as const) {
        expect(await store.housekeeping.removeExpired(rows, sampleTime + 1, 1)).toBe(1);
        expect(await store.housekeeping.removeExpired(rows, sampleTime + 1, 9)).toBe(1);
        expect(await store.housekeeping.removeExpired(rows, sampleTime + 1, 9)).toBe(0);
      }
      const { tokens } = other;
      expect(await Promise.all(names.map((name) => tokens.isRevoked(name)))).toEqual([
        false,
        false,
        true,
        true,
      ]);
      const grants = await Promise.all(names.map((name) => tokens.refreshGrants.find(`chain-${name}`)));
      expect(grants.map((grant) => grant?.id)).toEqual([undefined, undefined, 'chain-c', 'chain-d']);
    });

    it('P15: removes nonces that have expired, and no others', async ({ store, other }) => {
      await addRows(store);
      expect(await store.housekeeping.removeExpired('nonces', sampleTime + 1, 1)).toBe(1);
      expect(await store.housekeeping.removeExpired('nonces', sampleTime + 1, 9)).toBe(1);
      expect(await other.nonces.take('a', sampleTime + 9, sampleTime)).toBe(true);
      expect(await other.nonces.take('c', sampleTime + 9, sampleTime)).toBe(false);
    });

    it('removes notices of ends that have passed, and no others', async ({ store, other }) => {
      const record = createSampleKey();
      await insert(store, record);
      const note = (on: KeyStore, expiresAt: number, thresholdSeconds = 60): Promise<boolean> =>
        on.transact((transaction) =>
          transaction.noteExpiry(
            { keyId: record.id, expiresAt, thresholdSeconds },
            createSampleEvent(record, { action: 'key.expiring' }),
          ),
        );
      for (const end of [1, 2, 3]) await note(store, sampleTime + end);
      await note(store, sampleTime + 1, 30);
      expect(await store.housekeeping.removeExpired('expiryNotices', sampleTime + 2, 2)).toBe(2);
      expect(await store.housekeeping.removeExpired('expiryNotices', sampleTime + 2, 9)).toBe(1);
      expect(await store.housekeeping.removeExpired('expiryNotices', sampleTime + 2, 9)).toBe(0);
      expect(await note(other, sampleTime + 3)).toBe(false);
      expect(await note(other, sampleTime + 2)).toBe(true);
    });

    it('P15: leaves the rows of others where they are while a request adds one', async ({ store }) => {
      await addRows(store);
      const later = { name: 'new', payloadHash: 'one', keyId: 'key-1', createdAt: sampleTime + 99 };
      await store.transact((transaction) => transaction.claim(later, sampleTime + 50));
      await store.nonces.take('new', sampleTime + 99, sampleTime + 50);
      expect(await store.housekeeping.removeExpired('claims', sampleTime + 50, 9)).toBe(4);
      expect(await store.housekeeping.removeExpired('nonces', sampleTime + 50, 9)).toBe(4);
    });
  });
}
