import { createHmac } from 'node:crypto';
import { createSecretSealer } from '../../lib/crypto/secret-sealer.js';
import { parsePeppers } from '../../lib/crypto/peppers.js';
import { memoryStore, fixedClock } from '../../lib/testing/index.js';
import { ApiKeysError } from '../../lib/index.js';
import type { KeyStore } from '../../lib/store/index.js';
import type { ChangeContext } from '../../lib/manage/change.js';
import { createKeyFormat } from '../../lib/domain/key-format.js';
import { noScope } from '../../lib/domain/scope-requirement.js';
import { rotateAfterMs, leadMs } from '../../lib/tokens/signing-keys.js';
import { createNextVersion, update } from '../../lib/store/sample-keys.js';
import { testPepper } from '../harness/instance.js';
import { startTokens, type TokenInstance } from './start-tokens.js';
import { readParts } from './token-app.js';

const context: ChangeContext = {
  actor: { kind: 'application' },
  address: null,
  requestId: null,
  managementScope: null,
};
const dayMs = 86_400_000;

describe('tokens without HTTP', () => {
  let clock: ReturnType<typeof fixedClock>;
  let store: KeyStore;
  let one: TokenInstance;
  let client: { keyId: string; credentialId: string };
  const started: TokenInstance[] = [];

  /** Starts another instance, some of whose operations on chains are replaced. */
  function startWithGrants(replaced: Partial<KeyStore['tokens']['refreshGrants']>): Promise<TokenInstance> {
    const { tokens } = store;
    const refreshGrants = { ...tokens.refreshGrants, ...replaced };
    return startTokens(
      { ...store, tokens: { ...tokens, isRevoked: (id) => tokens.isRevoked(id), refreshGrants } },
      clock,
    );
  }

  const startAnother = async (settings?: Parameters<typeof startTokens>[2]): Promise<TokenInstance> => {
    const instance = await startTokens(store, clock, settings);
    started.push(instance);
    return instance;
  };

  beforeEach(async () => {
    clock = fixedClock(Date.UTC(2026, 5, 1));
    store = memoryStore();
    one = await startAnother();
    const { record } = await one.running.service.create(context, {
      ownerId: 'alice',
      name: 'CI',
      scopes: ['orders:read', 'orders:write'],
    });
    client = { keyId: record.id, credentialId: record.credentials[0]?.id ?? '' };
  });
  afterEach(async () => {
    for (const instance of started.splice(0)) await instance.stop();
  });

  const scopesOf = (token: string): unknown => readParts(token).claims['scope'];
  const refusal = async (work: Promise<unknown>): Promise<unknown> => {
    const thrown: unknown = await work.then(
      () => null,
      (error: unknown) => error,
    );
    return thrown !== null && typeof thrown === 'object' && 'error' in thrown ? thrown.error : thrown;
  };

  describe('refresh tokens', () => {
    it('are used once for the next two tokens', async () => {
      const first = await one.tokens.issueRefreshable(client, undefined);
      expect(first.refreshToken).toMatch(/^acme_REFRESH_[0-9A-Za-z]{65}$/);
      const second = await one.tokens.refresh(context, first.refreshToken, undefined);
      expect(await one.use(second.accessToken)).toBe('allowed');
      expect(second.refreshToken).not.toBe(first.refreshToken);
      const third = await one.tokens.refresh(context, second.refreshToken, undefined);
      expect(await one.use(third.accessToken)).toBe('allowed');
    });

    it('end with their chain, and its last access token, when one is used again', async () => {
      const first = await one.tokens.issueRefreshable(client, undefined);
      const second = await one.tokens.refresh(context, first.refreshToken, undefined);
      expect(await one.use(second.accessToken)).toBe('allowed');
      expect(await refusal(one.tokens.refresh(context, first.refreshToken, undefined))).toBe('invalid_grant');
      expect(await one.use(second.accessToken)).toBe('invalid_token');
      expect(await refusal(one.tokens.refresh(context, second.refreshToken, undefined))).toBe(
        'invalid_grant',
      );
    });

    it('stay ended also where their row is still stored, as long as that row lives', async () => {
      const first = await one.tokens.issueRefreshable(client, undefined);
      const second = await one.tokens.refresh(context, first.refreshToken, undefined);
      const row = await store.tokens.refreshGrants.find(second.chainId);
      if (row === null) throw new Error('not stored');
      expect(await refusal(one.tokens.refresh(context, first.refreshToken, undefined))).toBe('invalid_grant');
      expect(await store.tokens.refreshGrants.find(second.chainId)).toBeNull();
      await store.tokens.refreshGrants.add(row);
      clock.advance(26 * 3_600_000);
      await store.housekeeping.removeExpired('revokedTokens', clock.now(), 100);
      const introspected = await one.tokens.introspect({ keyId: client.keyId }, second.refreshToken);
      expect(introspected).toBeNull();
      expect(await refusal(one.tokens.refresh(context, second.refreshToken, undefined))).toBe(
        'invalid_grant',
      );
      expect(await store.tokens.refreshGrants.find(second.chainId)).toBeNull();
    });

    it('are not started for a key that is revoked meanwhile, so that no row comes after an erasure', async () => {
      const { refreshGrants } = store.tokens;
      const late = await startWithGrants({
        async add(grant) {
          const record = await store.find(client.keyId);
          if (record !== null) await update(store, createNextVersion(record, { revokedAt: clock.now() }));
          return refreshGrants.add(grant);
        },
      });
      started.push(late);
      expect(await refusal(late.tokens.issueRefreshable(client, undefined))).toBe('invalid_client');
      expect(await refreshGrants.sessions(client.keyId, 0)).toEqual([]);
    });

    it('P4: end without a write that waits behind those of requests', async () => {
      const { refreshGrants } = store.tokens;
      const full = await startWithGrants({
        remove: () => Promise.reject(new ApiKeysError('unavailable')),
      });
      started.push(full);
      const [revoked, reused] = [
        await one.tokens.issueRefreshable(client, undefined),
        await one.tokens.issueRefreshable(client, undefined),
      ];
      await one.tokens.refresh(context, reused.refreshToken, undefined);
      expect(await full.tokens.revoke(client, context, revoked.refreshToken)).toBe(null);
      expect(await refusal(full.tokens.refresh(context, reused.refreshToken, undefined))).toBe(
        'invalid_grant',
      );
      for (const { chainId } of [revoked, reused]) expect(await refreshGrants.find(chainId)).toBeNull();
    });

    it('R71 used twice, or for a key that is off, name the key for the access log', async () => {
      const first = await one.tokens.issueRefreshable(client, undefined);
      const second = await one.tokens.refresh(context, first.refreshToken, undefined);
      const reused = one.tokens.refresh(context, first.refreshToken, undefined);
      await expect(reused).rejects.toMatchObject({ details: { keyId: client.keyId } });
      const ended = one.tokens.refresh(context, second.refreshToken, undefined);
      await expect(ended).rejects.toMatchObject({ error: 'invalid_grant', details: {} });
      const next = await one.tokens.issueRefreshable(client, undefined);
      await one.running.service.update(context, client.keyId, { enabled: false });
      const off = one.tokens.refresh(context, next.refreshToken, undefined);
      await expect(off).rejects.toMatchObject({ details: { keyId: client.keyId, ownerId: 'alice' } });
      await one.running.service.update(context, client.keyId, { enabled: true });
    });

    it('end with all access tokens of their chain, those of a thief included', async () => {
      const first = await one.tokens.issueRefreshable(client, undefined);
      const alone = await one.tokens.issue(client, undefined);
      const stolen = await one.tokens.refresh(context, first.refreshToken, undefined);
      const again = await one.tokens.refresh(context, stolen.refreshToken, undefined);
      const ofChain = [first, stolen, again].map(({ accessToken }) => accessToken);
      for (const token of ofChain) expect(await one.use(token)).toBe('allowed');
      expect(await refusal(one.tokens.refresh(context, first.refreshToken, undefined))).toBe('invalid_grant');
      for (const token of ofChain) {
        expect(await one.use(token)).toBe('invalid_token');
        expect(await one.tokens.introspect(client, token)).toBe(null);
      }
      expect(await one.use(alone.accessToken)).toBe('allowed');
    });

    it('revoke the access tokens of their chain also when its row was one too many', async () => {
      const first = await one.tokens.issueRefreshable(client, undefined);
      clock.advance(1000);
      for (let count = 0; count < 100; count += 1) await one.tokens.issueRefreshable(client, undefined);
      expect(await refusal(one.tokens.refresh(context, first.refreshToken, undefined))).toBe('invalid_grant');
      expect(await one.use(first.accessToken)).toBe('allowed');
      for (let time = 0; time < 2; time += 1) {
        expect(await one.tokens.revoke(client, context, first.refreshToken)).toBe(null);
        expect(await one.use(first.accessToken)).toBe('invalid_token');
      }
      const events = await store.listEvents({ limit: 10, action: 'token.revoked' });
      expect(events).toHaveLength(1);
    });

    it('do not end by one that was never given', async () => {
      const { refreshToken, accessToken } = await one.tokens.issueRefreshable(client, undefined);
      const format = createKeyFormat('acme', 'REFRESH');
      const { id = '', secret = '' } = format.parse(refreshToken) ?? {};
      for (const odd of ['A'.repeat(43), `${'A'.repeat(27)}${secret.slice(27)}`]) {
        const madeUp = format.compose(id, odd);
        expect(await refusal(one.tokens.refresh(context, madeUp, undefined))).toBe('invalid_grant');
        expect(await one.tokens.revoke(client, context, madeUp)).toBe(null);
      }
      expect(await one.use(accessToken)).toBe('allowed');
      const next = await one.tokens.refresh(context, refreshToken, undefined);
      expect(await one.use(next.accessToken)).toBe('allowed');
    });

    it('are used by one of many at once, and that ends the chain', async () => {
      const first = await one.tokens.issueRefreshable(client, undefined);
      const tries = await Promise.allSettled(
        Array.from({ length: 10 }, () => one.tokens.refresh(context, first.refreshToken, undefined)),
      );
      const given = tries.flatMap((one_) => (one_.status === 'fulfilled' ? [one_.value] : []));
      expect(given.length).toBeLessThanOrEqual(1);
      for (const { refreshToken, accessToken } of given) {
        expect(await refusal(one.tokens.refresh(context, refreshToken, undefined))).toBe('invalid_grant');
        expect(await one.use(accessToken)).toBe('invalid_token');
      }
    });

    it('may ask for less, never for more, and not for what the key has lost', async () => {
      const { refreshToken } = await one.tokens.issueRefreshable(client, undefined);
      const less = await one.tokens.refresh(context, refreshToken, 'orders:read');
      expect(scopesOf(less.accessToken)).toBe('orders:read');
      const all = await one.tokens.refresh(context, less.refreshToken, undefined);
      expect(scopesOf(all.accessToken)).toBe('orders:read orders:write');
      expect(await refusal(one.tokens.refresh(context, all.refreshToken, 'users:read'))).toBe(
        'invalid_scope',
      );
      await one.running.service.update(context, client.keyId, { scopes: ['orders:read', 'users:read'] });
      const rest = await one.tokens.refresh(context, all.refreshToken, undefined);
      expect(scopesOf(rest.accessToken)).toBe('orders:read');
      expect(await refusal(one.tokens.refresh(context, rest.refreshToken, 'orders:write'))).toBe(
        'invalid_scope',
      );
    });

    it('end with their key, their credential and their time', async () => {
      const { refreshToken } = await one.tokens.issueRefreshable(client, undefined);
      await one.running.service.update(context, client.keyId, { enabled: false });
      expect(await refusal(one.tokens.refresh(context, refreshToken, undefined))).toBe('invalid_grant');
      await one.running.service.update(context, client.keyId, { enabled: true });
      const next = await one.tokens.refresh(context, refreshToken, undefined);
      clock.advance(30 * dayMs);
      expect(await refusal(one.tokens.refresh(context, next.refreshToken, undefined))).toBe('invalid_grant');
      const again = await one.tokens.issueRefreshable(client, undefined);
      await one.running.service.rotate(context, client.keyId, {});
      expect(await refusal(one.tokens.refresh(context, again.refreshToken, undefined))).toBe('invalid_grant');
    });

    it('can be revoked, with their access token', async () => {
      const { refreshToken, accessToken } = await one.tokens.issueRefreshable(client, undefined);
      expect(await one.use(accessToken)).toBe('allowed');
      expect(await one.tokens.introspect(client, refreshToken)).toMatchObject({ kind: 'refresh_token' });
      expect(await one.tokens.revoke({ keyId: 'another' }, context, refreshToken)).toBe(null);
      expect(await one.use(accessToken)).toBe('allowed');
      expect(await one.tokens.revoke(client, context, refreshToken)).toBe(null);
      expect(await one.use(accessToken)).toBe('invalid_token');
      expect(await one.tokens.introspect(client, refreshToken)).toBe(null);
      expect(await refusal(one.tokens.refresh(context, refreshToken, undefined))).toBe('invalid_grant');
    });

    it('P1: revoking a chain again is answered with success only when every process has confirmed the first time', async () => {
      const { refreshToken } = await one.tokens.issueRefreshable(client, undefined);
      // A process that does not acknowledge anything, and for which no peer has waited long enough yet.
      await store.feed.join({ id: 'paused', acked: 0, leaseMs: 60_000 });
      const written = await store.feed.lastSequence();
      expect(await one.tokens.revoke(client, context, refreshToken)).toBeGreaterThan(clock.now());
      expect(await store.feed.lastSequence()).toBe(written + 1);
      expect(await one.tokens.revoke(client, context, refreshToken)).toBeGreaterThan(clock.now());
      await store.feed.leave('paused');
      expect(await one.tokens.revoke(client, context, refreshToken)).toBe(null);
      expect(await store.feed.lastSequence()).toBe(written + 1);
    });

    it('that are none are refused, and no guard takes one for a key', async () => {
      const { refreshToken } = await one.tokens.issueRefreshable(client, undefined);
      const last = refreshToken.endsWith('A') ? 'B' : 'A';
      for (const odd of ['', 'x', refreshToken.slice(0, -1), refreshToken.slice(0, -1) + last, 'eyJ.x.y']) {
        expect(await refusal(one.tokens.refresh(context, odd, undefined))).toBe('invalid_grant');
      }
      const request = { token: refreshToken, requirement: noScope, cost: 1, address: () => null };
      expect(one.running.verifier.verifyAtOnce(request)).toMatchObject({ code: 'invalid_token' });
    });
  });

  it('R80 are not given for the signature of a request', async () => {
    const fields = { ownerId: 'alice', name: 'signer', scopes: ['orders:read'], signing: 'hmac' } as const;
    const { record, token } = await one.running.service.create(context, fields);
    const timestamp = String(clock.now());
    const ask = async (nonce: string, data: string, signed: string): Promise<string> => {
      const signature = createHmac('sha256', token ?? '')
        .update(signed)
        .digest('hex');
      const proof = {
        method: 'client_signature',
        clientId: record.id,
        timestamp,
        nonce,
        data,
        signature,
      } as const;
      return one.tokens
        .authenticate(proof, () => null)
        .then(
          ({ keyId }) => (keyId === record.id ? 'proven' : 'another'),
          (error: unknown) => String((error as { error?: unknown }).error),
        );
    };
    const ofRequest = `${timestamp}\nn1\nGET\n/orders?a=1\n\n`;
    expect(await ask('n1', 'GET\n/orders?a=1\n\n', ofRequest)).toBe('invalid_client');
    expect(await ask('n1\nGET', '/orders?a=1\n\n', ofRequest)).toBe('invalid_client');
    for (const data of ['', 'GET', 'two\nlines', '/orders\n\n']) {
      expect(await ask('n2', data, `${timestamp}\nn2\n${data}`)).toBe('proven');
      expect(await ask('n2', data, `${timestamp}\nn2\n${data}`)).toBe('invalid_client');
    }
  });

  it('that were revoked stay so, by whichever clock', async () => {
    const { accessToken } = await one.tokens.issue(client, undefined);
    const ahead = fixedClock(clock.now() + 30 * 60_000);
    const two = await startTokens(store, ahead);
    started.push(two);
    const other = await one.tokens.issue(client, undefined);
    expect(await one.tokens.revoke(client, context, accessToken)).toBe(null);
    clock.advance(31 * 60_000);
    ahead.advance(31 * 60_000);
    // It has expired for one of them, which removes what has expired.
    expect(await two.tokens.revoke(client, context, other.accessToken)).toBe(null);
    expect(await one.use(accessToken)).toBe('invalid_token');
    expect(await one.use(other.accessToken)).toBe('invalid_token');
  });

  describe('signing keys', () => {
    it('are stored sealed, and shared by all processes', async () => {
      const { accessToken } = await one.tokens.issue(client, undefined);
      const two = await startAnother();
      expect(await two.use(accessToken)).toBe('allowed');
      const [stored, ...more] = await store.tokens.signingKeys.list();
      expect(more).toEqual([]);
      expect(stored?.sealedKey).not.toContain('MC4CAQ');
      const name = `signing key EdDSA ${stored?.id}`;
      const sealed = stored?.sealedKey ?? '';
      expect(createSecretSealer(parsePeppers(testPepper)).open(sealed, name)).toHaveLength(48);
      expect(await two.tokens.publicKeys()).toEqual(await one.tokens.publicKeys());
    });

    it('are followed by the next one, which is published before it signs', async () => {
      const { accessToken: first } = await one.tokens.issue(client, undefined);
      clock.advance(rotateAfterMs - leadMs);
      const before = await one.tokens.issue(client, undefined);
      expect(readParts(before.accessToken).header['kid']).toBe(readParts(first).header['kid']);
      expect(await one.tokens.publicKeys()).toHaveLength(2);
      clock.advance(leadMs);
      const after = await one.tokens.issue(client, undefined);
      expect(readParts(after.accessToken).header['kid']).not.toBe(readParts(first).header['kid']);
      expect(await one.use(before.accessToken)).toBe('allowed');
      expect(await one.use(after.accessToken)).toBe('allowed');
    });

    it('are removed when the last of their tokens has expired', async () => {
      await one.tokens.issue(client, undefined);
      for (let round = 0; round < 3; round += 1) {
        clock.advance(rotateAfterMs);
        await one.tokens.issue(client, undefined);
      }
      expect((await store.tokens.signingKeys.list()).length).toBeLessThanOrEqual(3);
      expect((await one.tokens.publicKeys()).length).toBeGreaterThan(0);
    });

    it('of a pepper that is not configured any more sign and check nothing', async () => {
      const { accessToken } = await one.tokens.issue(client, undefined);
      const other = 'another pepper, with its 32 bytes and more';
      const rolled = await startAnother({ pepper: [other, testPepper] });
      expect(await rolled.use(accessToken)).toBe('allowed');
      const lost = await startAnother({ pepper: other });
      expect(await lost.use(accessToken)).toBe('invalid_token');
    });

    it('with HS256 are never published, and their tokens are accepted', async () => {
      const secret = await startAnother({ algorithm: 'HS256' });
      const { accessToken } = await secret.tokens.issue(client, undefined);
      expect(readParts(accessToken).header['alg']).toBe('HS256');
      expect(await secret.use(accessToken)).toBe('allowed');
      expect(await secret.tokens.publicKeys()).toEqual([]);
      // The algorithm is that of the key: changing the option ends no token.
      expect(await one.use(accessToken)).toBe('allowed');
      expect(await one.tokens.publicKeys()).toHaveLength(1);
    });

    it('are not queried again and again when made-up ids are presented', async () => {
      await one.tokens.issue(client, undefined);
      let lists = 0;
      const { signingKeys } = store.tokens;
      const counting: KeyStore = {
        ...store,
        tokens: {
          ...store.tokens,
          signingKeys: { ...signingKeys, list: () => ((lists += 1), signingKeys.list()) },
        },
      };
      const two = await startTokens(counting, clock);
      const header = (kid: string): string =>
        Buffer.from(JSON.stringify({ alg: 'EdDSA', typ: 'at+jwt', kid })).toString('base64url');
      const made = Array.from(
        { length: 200 },
        (_, index) => `${header(String(index).padStart(16, 'x'))}.e30.AA`,
      );
      const verdicts = await Promise.all(made.map((token) => two.use(token)));
      expect(new Set(verdicts)).toEqual(new Set(['invalid_token']));
      expect(lists).toBeLessThan(10);
      await two.stop();
    });
  });

  it('reports an outage as such', async () => {
    const failing: KeyStore = {
      ...store,
      find: () => Promise.reject(new ApiKeysError('unavailable')),
    };
    const two = await startTokens(failing, clock);
    await expect(two.tokens.issue(client, undefined)).rejects.toMatchObject({ problem: 'unavailable' });
    await two.stop();
  });
});
