import type { OrdersProcess, TimedAnswer } from '../../harness/start-orders.js';
import { changeOwner } from '../change-owner.js';
import { expectConfirmed } from '../expect-confirmed.js';
import { onRedis } from '../fault-actions.js';
import { startFleet, type Fleet, type Member } from '../fleet.js';
import { insist } from '../insist.js';
import { pause } from '../pause.js';
import { waitUntil } from '../../servers/wait-until.cjs';
import type { ProxyMode, TcpProxy } from '../tcp-proxy.js';
import { underLoad } from '../under-load.js';

/** What tests of Redis' faults do. To be called in a test file: it starts two processes for all of its tests. */
export interface RedisRows {
  fleet(): Fleet;
  /** In front of Redis, one for each process. */
  proxies(): readonly TcpProxy[];
  /**
   * Begins a fault and uses and changes keys meanwhile, and access tokens of theirs. The store is well: so there is no excuse for a 503, an answer
   * over a second, or a change that is not confirmed at once. `begin` returns what ends the fault.
   */
  expectNothingLost(begin: () => Promise<() => Promise<unknown>>): Promise<void>;
  /** Sets all proxies; the result ends it. */
  setProxies(mode: ProxyMode): () => Promise<void>;
  /** Waits until every process says that of Redis. */
  expectRedis(state: 'up' | 'down'): Promise<void>;
  /** `CONFIG SET`. */
  configure(...settings: string[]): Promise<unknown>;
}

/** A key and an access token that was given for it. */
interface ExchangedKey {
  readonly id: string;
  readonly key: string;
  readonly token: string;
  /** Has no other key. */
  readonly ownerId: string;
}

export function redisRows(): RedisRows {
  let fleet: Fleet;
  let owners = 0;
  const asAdmin = { 'X-Test-Admin': 'olga' };
  beforeAll(async () => {
    fleet = await startFleet({ place: 'PostgreSQL and Redis', processes: 2, isDatabaseDirect: true });
  }, 180_000);
  afterAll(() => fleet.stop());

  const proxies = (): readonly TcpProxy[] =>
    fleet.members.flatMap(({ redis }: Member) => (redis === null ? [] : [redis]));
  const states = (): Promise<readonly unknown[]> =>
    Promise.all(fleet.members.map(async ({ app }) => (await app.status())['redis']));

  /** The ways in which an access token loses what it was good for, and what is answered then. */
  const takings: readonly [
    code: string,
    take: (key: ExchangedKey, on: OrdersProcess) => Promise<TimedAnswer>,
  ][] = [
    ['key_revoked', ({ id }, on) => on.manage('POST', `/keys/${id}/revoke`, undefined, asAdmin)],
    ['key_disabled', ({ id }, on) => on.manage('PATCH', `/keys/${id}`, { enabled: false }, asAdmin)],
    ['secret_rotated', ({ id }, on) => on.manage('POST', `/keys/${id}/rotate`, {}, asAdmin)],
    [
      'insufficient_scope',
      ({ id }, on) => on.manage('PATCH', `/keys/${id}`, { scopes: ['orders:read'] }, asAdmin),
    ],
    ['owner_suspended', ({ ownerId }, on) => changeOwner(on, ownerId, 'suspend')],
    ['insufficient_scope', ({ ownerId }, on) => changeOwner(on, ownerId, 'demote')],
    ['insufficient_scope', ({ ownerId }, on) => changeOwner(on, ownerId, 'restrict')],
    ['invalid_token', ({ key, token }, on) => on.takeBack(key, token)],
  ];

  /** An access token that every process has accepted and cached, as far as it caches any. */
  async function exchangedKey(on: OrdersProcess): Promise<ExchangedKey> {
    const scopes = ['orders:read', 'orders:write'];
    owners += 1;
    const ownerId = `exchanged-${owners}`;
    const created = await insist(() => on.manage('POST', '/keys', { name: 'CI', scopes, ownerId }, asAdmin));
    const key = String(created.body['key']);
    const exchanged = await insist(() => on.exchange(key));
    expect([created.status, exchanged.status]).toEqual([201, 200]);
    const token = String(exchanged.body['access_token']);
    for (const member of [...fleet.members, ...fleet.members]) {
      expect((await member.app.use(token, 'POST')).status).toBe(201);
    }
    return { id: String(created.body['id']), key, token, ownerId };
  }

  async function expectTokensRevocable(): Promise<void> {
    for (const [index, [code, take]] of takings.entries()) {
      const { app } = fleet.member(index % fleet.members.length);
      const given = await expectConfirmed(fleet, async () => {
        const key = await exchangedKey(app);
        return [await take(key, app), key];
      });
      for (const member of fleet.members) {
        expect((await member.app.use(given.token, 'POST')).code).toBe(code);
      }
    }
  }

  async function expectRevocable(): Promise<void> {
    const { app } = fleet.member(0);
    const useAll = (tokens: readonly string[]): Promise<readonly TimedAnswer[]> =>
      Promise.all(fleet.members.flatMap((member) => tokens.map((each) => member.app.use(each))));
    const revoked = await expectConfirmed(fleet, async () => {
      const body = { name: 'CI', scopes: ['orders:read', 'orders:write'] };
      const created = await insist(() => app.manage('POST', '/keys', body));
      const token = String(created.body['key']);
      const child = await insist(() => app.makeChild(token, { name: 'child', scopes: ['orders:read'] }));
      expect([created.status, child.status]).toEqual([201, 201]);
      const tokens = [token, String(child.body['key'])];
      expect((await useAll(tokens)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
      return [await app.manage('POST', `/keys/${String(created.body['id'])}/revoke`), tokens];
    });
    expect(new Set((await useAll(revoked)).map(({ code }) => code))).toEqual(new Set(['key_revoked']));
  }

  return {
    fleet: () => fleet,
    proxies,

    async expectNothingLost(begin) {
      const work = async (): Promise<void> => {
        const end = await begin();
        try {
          await expectRevocable();
          await expectTokensRevocable();
        } finally {
          await end();
        }
      };
      const { violations, operations } = await underLoad(fleet, 1, work, ['revoker', 'narrower']);
      expect(violations).toEqual([]);
      expect(operations).toBeGreaterThan(20);
    },

    setProxies(mode) {
      for (const proxy of proxies()) proxy.set(mode);
      return async () => {
        for (const proxy of proxies()) {
          proxy.set({ kind: 'pass' });
          // What was cut or garbled in the middle cannot go on.
          proxy.resetAll();
        }
        await pause(0);
      };
    },

    async expectRedis(state) {
      await waitUntil(`Redis is ${state}`, async () => (await states()).every((each) => each === state));
    },

    configure: (...settings) => onRedis(fleet, (redis) => redis.call('CONFIG', 'SET', ...settings)),
  };
}
