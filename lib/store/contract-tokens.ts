import type { KeyStore } from '../ports/key-store.js';
import type { RefreshGrant, StoredSigningKey } from '../ports/token-store.js';
import type { ContractContext } from './contract-context.js';
import {
  createNextVersion,
  createSampleEvent,
  createSampleKey,
  insert,
  sampleTime,
  update,
} from './sample-keys.js';

function createSigningKey(changes: Partial<StoredSigningKey> = {}): StoredSigningKey {
  return {
    id: 'signing-key-1',
    algorithm: 'EdDSA',
    sealedKey: 'c0ffee.sealed',
    createdAt: sampleTime,
    activeFrom: sampleTime,
    ...changes,
  };
}

function grant(changes: Partial<RefreshGrant> = {}): RefreshGrant {
  return {
    id: 'chain-1',
    keyId: createSampleKey().id,
    credentialId: 'credential01',
    scopes: ['orders:read', 'orders:write'],
    session: null,
    expiresAt: sampleTime + 1000,
    digest: 'first',
    ...changes,
  };
}

/** What is stored of access tokens. */
export function describeTokens({ describe, it, expect }: ContractContext): void {
  describe('tokens.signingKeys', () => {
    it('are listed in the order in which they are used', async ({ store, other }) => {
      const later = createSigningKey({ id: 'b', activeFrom: sampleTime + 5, algorithm: 'HS256' });
      const keys = [createSigningKey({ id: 'z' }), later, createSigningKey({ id: 'a' })];
      for (const key of keys) await store.tokens.signingKeys.add(key);
      expect((await other.tokens.signingKeys.list()).map(({ id }) => id)).toEqual(['a', 'z', 'b']);
      expect((await other.tokens.signingKeys.list())[2]).toEqual(later);
    });

    it('have ids of their own, and are removed by them', async ({ store }) => {
      await store.tokens.signingKeys.add(createSigningKey());
      await expect(store.tokens.signingKeys.add(createSigningKey({ sealedKey: 'other' }))).rejects.toThrow();
      await store.tokens.signingKeys.remove([]);
      await store.tokens.signingKeys.remove(['unknown']);
      expect(await store.tokens.signingKeys.list()).toEqual([createSigningKey()]);
      await store.tokens.signingKeys.remove(['signing-key-1', 'unknown']);
      expect(await store.tokens.signingKeys.list()).toEqual([]);
    });
  });

  describe('tokens.refreshGrants', () => {
    it('hold the token that is good now', async ({ store, other }) => {
      await insert(store, createSampleKey());
      const { refreshGrants } = store.tokens;
      await refreshGrants.add(grant());
      expect(await other.tokens.refreshGrants.find('chain-1')).toEqual(grant());
      expect(await refreshGrants.replace('chain-1', 'first', 'second')).toBe(true);
      expect(await refreshGrants.find('chain-1')).toEqual(grant({ digest: 'second' }));
      expect(await refreshGrants.replace('chain-1', 'first', 'third')).toBe(false);
      expect(await refreshGrants.replace('unknown', 'first', 'second')).toBe(false);
      expect(await refreshGrants.find('chain-1')).toEqual(grant({ digest: 'second' }));
    });

    it('are added to no key that is revoked, and to none that there is not', async ({ store, other }) => {
      await insert(store, createSampleKey());
      expect(await store.tokens.refreshGrants.add(grant())).toBe(true);
      await update(other, createNextVersion(createSampleKey(), { revokedAt: sampleTime }));
      expect(await store.tokens.refreshGrants.add(grant({ id: 'chain-2' }))).toBe(false);
      expect(await store.tokens.refreshGrants.add(grant({ id: 'chain-3', keyId: 'unknown' }))).toBe(false);
      expect(await other.tokens.refreshGrants.find('chain-2')).toBe(null);
      expect(await other.tokens.refreshGrants.find('chain-3')).toBe(null);
      expect(await other.tokens.refreshGrants.find('chain-1')).toEqual(grant());
    });

    it('are used up by exactly one of many at once', async ({ store, other }) => {
      await insert(store, createSampleKey());
      await store.tokens.refreshGrants.add(grant());
      const tries = Array.from({ length: 20 }, (_, index) =>
        (index % 2 === 0 ? store : other).tokens.refreshGrants.replace('chain-1', 'first', `next-${index}`),
      );
      expect((await Promise.all(tries)).filter(Boolean).length).toBe(1);
    });

    it('end once', async ({ store, other }) => {
      await insert(store, createSampleKey());
      const { refreshGrants } = store.tokens;
      await refreshGrants.add(grant());
      await other.tokens.refreshGrants.remove('chain-1');
      await refreshGrants.remove('chain-1');
      expect(await refreshGrants.find('chain-1')).toBe(null);
      for (const odd of ['', 'with\0nul', '\ud800']) expect(await refreshGrants.find(odd)).toBe(null);
    });

    it('are listed by key when they are sessions, by their ends', async ({ store, other }) => {
      const another = createSampleKey({ id: 'BBBBBBBBBBBBBBBB' });
      await insert(store, createSampleKey());
      await insert(store, another);
      const { refreshGrants } = store.tokens;
      const bot = { session: 'bot' } as const;
      const last = grant({ id: 'a', ...bot, expiresAt: sampleTime + 3000 });
      const first = grant({ id: 'z', ...bot, expiresAt: sampleTime + 1000 });
      const second = grant({ id: 'b', session: 'other', expiresAt: sampleTime + 2000 });
      const third = grant({ id: 'c', ...bot, expiresAt: sampleTime + 2000 });
      const ofAnother = grant({ id: 'd', ...bot, keyId: another.id });
      for (const each of [last, third, first, second, ofAnother, grant()]) {
        await refreshGrants.add(each);
      }
      const { sessions } = other.tokens.refreshGrants;
      expect(await sessions(createSampleKey().id, sampleTime)).toEqual([first, second, third, last]);
      expect(await sessions(createSampleKey().id, sampleTime + 2000)).toEqual([last]);
      expect(await sessions('unknown', sampleTime)).toEqual([]);
    });
  });

  describe('revokeToken', () => {
    const revoke = (store: KeyStore, id: string, at: number = sampleTime): Promise<boolean> =>
      store.transact((transaction) =>
        transaction.revokeToken(
          { id, keyId: createSampleKey().id, expiresAt: at + 100 },
          createSampleEvent(createSampleKey(), { action: 'token.revoked', at }),
        ),
      );

    it('takes a token back once, with one event and without a change of the key', async ({
      store,
      other,
    }) => {
      await insert(store, createSampleKey());
      expect(await other.tokens.isRevoked('token-1')).toBe(false);
      expect(await revoke(store, 'token-1')).toBe(true);
      expect(await other.tokens.isRevoked('token-1')).toBe(true);
      expect(await other.tokens.isRevoked('token-2')).toBe(false);
      expect(await revoke(other, 'token-1')).toBe(false);
      expect((await store.find(createSampleKey().id))?.version).toBe(1);
      const events = await store.listEvents({ limit: 10 });
      expect(events.map(({ action }) => action)).toEqual(['token.revoked', 'key.created']);
      expect((await store.feed.latest(1)).map(({ action, keyId }) => [action, keyId])).toEqual([
        ['token.revoked', createSampleKey().id],
      ]);
    });

    it('removes the row of a chain in the same change, and of no other chain', async ({ store, other }) => {
      await insert(store, createSampleKey());
      const { refreshGrants } = store.tokens;
      for (const id of ['chain-1', 'chain-2']) await refreshGrants.add(grant({ id }));
      expect(await revoke(other, 'chain-1')).toBe(true);
      expect(await refreshGrants.find('chain-1')).toBe(null);
      expect(await refreshGrants.find('chain-2')).toEqual(grant({ id: 'chain-2' }));
      // Of a chain that was revoked before as well.
      await refreshGrants.add(grant());
      expect(await revoke(other, 'chain-1')).toBe(false);
      expect(await refreshGrants.find('chain-1')).toBe(null);
    });

    it('is undone with the change', async ({ store }) => {
      await insert(store, createSampleKey());
      await store.tokens.refreshGrants.add(grant({ id: 'token-1' }));
      const failing = store.transact(async (transaction) => {
        await transaction.revokeToken(
          { id: 'token-1', keyId: createSampleKey().id, expiresAt: sampleTime + 100 },
          createSampleEvent(createSampleKey(), { action: 'token.revoked' }),
        );
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow();
      expect(await store.tokens.isRevoked('token-1')).toBe(false);
      expect(await store.tokens.refreshGrants.find('token-1')).toEqual(grant({ id: 'token-1' }));
      expect((await store.listEvents({ limit: 10 })).length).toBe(1);
    });

    it('remembers a token until housekeeping removes what has expired', async ({ store }) => {
      await insert(store, createSampleKey());
      await revoke(store, 'token-1');
      await revoke(store, 'token-2', sampleTime + 99);
      expect(await store.tokens.isRevoked('token-1')).toBe(true);
      await store.housekeeping.removeExpired('revokedTokens', sampleTime + 100, 10);
      expect(await store.tokens.isRevoked('token-1')).toBe(false);
      expect(await store.tokens.isRevoked('token-2')).toBe(true);
      for (const odd of ['', 'with\0nul', '\ud800']) expect(await store.tokens.isRevoked(odd)).toBe(false);
    });
  });
}
