import { setTimeout as sleep } from 'node:timers/promises';
import { createIdentity } from '../../lib/domain/api-key-identity.js';
import { noResources } from '../../lib/domain/resource-catalogue.js';
import { isProblem } from '../../lib/errors.js';
import type { ApiKeys, ApiKeysOptions } from '../../lib/index.js';
import type { ChangeContext } from '../../lib/manage/change.js';
import type { KeyStore } from '../../lib/ports/key-store.js';
import { createInstance, type Scope } from '../harness/instance.js';
import { makeEffective } from '../harness/make-effective.js';
import { makeOwnDatabase, type OwnDatabase } from '../harness/own-database.js';
import { openOwnStore, type OwnStore } from '../harness/own-store.js';
import { createService } from '../harness/service.js';
import { theApp } from '../harness/the-app.js';

jest.setTimeout(180_000);

const dayMs = 24 * 60 * 60 * 1000;
/** The changes that a caller has under way at once. */
const crowd = 1_500;
/** What a caller waits after a refusal, in milliseconds, as `Retry-After` says. */
const pauseMs = 1_000;
/** What goes before a change that has its turn: what runs already, one of each share, and what settles while it is confirmed. */
const mayGoBefore = 60;

interface Counts {
  done: number;
  refused: number;
}

/** Begins all changes at once, and counts how they end. */
function begin(change: (index: number) => Promise<unknown>) {
  const counts: Counts = { done: 0, refused: 0 };
  const all = Array.from({ length: crowd }, async (_, index) => {
    try {
      await change(index);
      counts.done += 1;
    } catch (error) {
      if ((error as { code?: string }).code !== 'ERR_API_KEYS_UNAVAILABLE') throw error;
      counts.refused += 1;
    }
  });
  return { counts, ended: Promise.all(all) };
}

/**
 * How many of the changes were done, and refused, while something else was. That may be refused on a machine that stands still, and
 * is repeated then: the most of all tries counts, so that what was refused because others went before it is seen.
 */
async function countDuring(counts: Counts, work: () => Promise<unknown>): Promise<Counts> {
  const most: Counts = { done: 0, refused: 0 };
  return makeEffective(async () => {
    const { done, refused } = counts;
    await work().finally(() => {
      most.done = Math.max(most.done, counts.done - done);
      most.refused = Math.max(most.refused, counts.refused - refused);
    });
    return most;
  });
}

describe.each(['PostgreSQL', 'SQLite'] as const)('beside many changes of one caller on %s', (kind) => {
  let database: OwnDatabase;
  let apiKeys: ApiKeys<Scope>;
  const started: ApiKeys<Scope>[] = [];

  async function start(options: Partial<ApiKeysOptions<Scope>> = {}): Promise<ApiKeys<Scope>> {
    const instance = createInstance({
      database: database.url,
      clock: { now: () => Date.now() },
      plans: { free: {}, pro: {} },
      defaultPlan: 'free',
      events: { webhooks: true },
      ...options,
    });
    started.push(instance.apiKeys);
    await instance.apiKeys.ready();
    return instance.apiKeys;
  }

  beforeEach(async () => {
    database = await makeOwnDatabase(kind);
    apiKeys = await start();
  });
  afterEach(async () => {
    for (const instance of started.splice(0)) await instance.close();
    await database.remove();
  });

  const key = async (ownerId: string, expiresAt: Date | null = null) =>
    (await apiKeys.keys.as(theApp).create({ ownerId, name: 'CI', scopes: ['orders:read'], expiresAt })).id;

  const rename = async (ownerId: string) => {
    const id = await key(ownerId);
    return (index: number) => apiKeys.keys.as({ kind: 'owner', ownerId }).update({ id, name: `CI ${index}` });
  };

  it('P4: the renaming of keys by one owner delays no other owner, and what is too much is refused at once', async () => {
    const [busy, calm] = [await rename('busy'), await rename('calm')];
    const { counts, ended } = begin(busy);
    const meanwhile = await countDuring(counts, () => calm(0));
    expect(meanwhile.done).toBeLessThan(mayGoBefore);
    // Those that the share has room for wait.
    expect(meanwhile.refused).toBeGreaterThan(crowd / 2);
    await ended;
    expect(counts.done).toBeGreaterThan(0);
  });

  it('P4: a webhook is changed while an owner renames keys', async () => {
    const webhooks = apiKeys.webhooks.as({ kind: 'admin', id: 'ada' });
    const { id } = await webhooks.create({ url: 'https://hooks.example.com/keys', enabled: false });
    const { counts, ended } = begin(await rename('busy'));
    const updating = await countDuring(counts, () => webhooks.update({ id, description: 'Keys' }));
    const deleting = await countDuring(counts, () =>
      webhooks.delete({ id }).catch((error: unknown) => {
        // One that was unavailable may have been made.
        if (!isProblem(error, 'not_found')) throw error;
      }),
    );
    expect(updating.done + deleting.done).toBeLessThan(2 * mayGoBefore);
    await ended;
  });

  it('P4: notices of keys that end soon are written while an owner never stops renaming keys', async () => {
    const endsSoon = await key('calm', new Date(Date.now() + dayMs));
    const renaming = await rename('busy');
    const notified: string[] = [];
    let isOver = false;
    // A sweep that failed is repeated after a minute.
    const giveUpAt = performance.now() + 100_000;
    const swept = await start({ expiryNotices: { notify: ({ apiKey }) => void notified.push(apiKey.id) } });
    apiKeys = swept;
    const client = async (): Promise<void> => {
      while (!isOver) await renaming(Date.now() % 1_000).catch(() => sleep(pauseMs * (0.5 + Math.random())));
    };
    const clients = Promise.all(Array.from({ length: crowd }, client));
    while (notified.length === 0 && performance.now() < giveUpAt) await sleep(20);
    isOver = true;
    await clients;
    expect(notified).toContain(endsSoon);
  });

  /** What may narrow as well as widen; the app does so for many keys or owners at once. */
  const floods = {
    'larger rate limits': async () => {
      const id = await key('busy');
      return (index: number) =>
        apiKeys.keys
          .as(theApp)
          .update({ id, rateLimits: [{ name: 'minute', limit: 1_000 + index, windowSeconds: 60 }] });
    },
    'other plans': async () => (index: number) =>
      apiKeys.owners.as(theApp).set({ ownerId: `owner ${index}`, plan: 'pro' }),
  } as const;

  it.each(Object.keys(floods) as (keyof typeof floods)[])(
    'P4: a revocation, a disabled key and a suspension go before %s for which the same caller asked earlier',
    async (name) => {
      const [revoked, disabled] = [await key('calm'), await key('calm')];
      const { counts, ended } = begin(await floods[name]());
      while (counts.done === 0) await sleep(1);
      const meanwhile = await countDuring(counts, () =>
        Promise.all([
          apiKeys.keys.as(theApp).revoke({ id: revoked }),
          apiKeys.keys.as(theApp).update({ id: disabled, enabled: false, scopes: ['orders:read'] }),
          apiKeys.owners.as(theApp).suspend({ ownerId: 'calm' }),
        ]),
      );
      expect(meanwhile.done).toBeLessThan(mayGoBefore);
      expect(counts.done + counts.refused).toBeLessThan(crowd);
      await ended;
      expect((await apiKeys.keys.as(theApp).get({ id: revoked }))?.state).toBe('revoked');
    },
  );
});

describe.each(['PostgreSQL', 'SQLite'] as const)('a key that makes many changes on %s', (kind) => {
  const now = (): number => Date.now();
  const contextOf = (actor: ChangeContext['actor']): ChangeContext => ({
    ...{ actor, address: null, requestId: null, managementScope: 'orders:read' },
  });
  let remove: OwnStore['remove'];
  let store: KeyStore;

  beforeEach(async () => {
    ({ store, remove } = await openOwnStore(kind));
  });
  afterEach(() => remove());

  it('P4: is revoked by its owner before most of what it revokes itself', async () => {
    const { service, close } = createService({ store, clock: { now } });
    try {
      const owner = contextOf({ kind: 'owner', ownerId: 'alice' });
      const { record: top } = await service.create(owner, { name: 'Top', scopes: ['orders:read'] });
      const apiKey = createIdentity(top, { via: 'key', credentialId: top.credentials[0]!.id }, noResources);
      const leaked = contextOf({ kind: 'key', apiKey });
      const { record: child } = await service.create(leaked, { name: 'Child', scopes: ['orders:read'] });
      const { counts, ended } = begin(() =>
        service.revoke(leaked, child.id).catch((error: unknown) => {
          // From then on the key may do nothing.
          if (!isProblem(error, 'forbidden')) throw error;
        }),
      );
      while (counts.done + counts.refused === 0) await sleep(1);
      const meanwhile = await countDuring(counts, () => service.revoke(owner, top.id));
      expect(meanwhile.done).toBeLessThan(mayGoBefore);
      await ended;
      expect((await store.find(top.id))?.revokedAt).not.toBe(null);
    } finally {
      await close();
    }
  });
});
