import { getEventListeners } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApiKeysEvent, ApiKeysOptions } from '../../lib/index.js';
import type { AttemptOutcome } from '../../lib/events/attempt.js';
import { createCallbackDelivery } from '../../lib/events/call-receiver.js';
import type { EventsOption } from '../../lib/options/events-option.js';
import type { KeyStore } from '../../lib/store/index.js';
import { createQueuedEvent } from '../../lib/store/sample-webhooks.js';
import { memoryStore } from '../../lib/testing/index.js';
import { createInstance, type Scope, type TestInstance } from '../harness/instance.js';
import { theApp } from '../harness/the-app.js';
import { createDatabase } from '../servers/postgres.cjs';
import { waitUntil } from '../servers/wait-until.cjs';

jest.setTimeout(120_000);

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

async function start(
  events: EventsOption | undefined,
  options: Partial<ApiKeysOptions<Scope>> = {},
): Promise<TestInstance> {
  const instance = createInstance({ events, ...options });
  cleanUps.push(() => instance.apiKeys.close());
  await instance.apiKeys.ready();
  return instance;
}

const places: Readonly<Record<string, () => Promise<Partial<ApiKeysOptions<Scope>>>>> = {
  'in memory': async () => ({ store: memoryStore() }),
  'on SQLite': async () => {
    const folder = await mkdtemp(join(tmpdir(), 'events-'));
    cleanUps.push(() => rm(folder, { recursive: true, force: true }));
    return { database: `file:${join(folder, 'keys.sqlite')}` };
  },
  'on PostgreSQL': async () => {
    const { url, drop } = await createDatabase(process.env['TEST_DATABASE_URL'] ?? '');
    cleanUps.push(drop);
    return { database: url };
  },
};

/** What code got, in short. */
function describeEvent(event: ApiKeysEvent): string {
  return 'keyId' in event.data ? `${event.type} ${event.data.keyVersion ?? event.data.ownerId}` : event.type;
}

describe.each(Object.entries(places))('events for code %s', (_, makePlace) => {
  it('are every change, in order, from the first start of the name on', async () => {
    const place = await makePlace();
    const before = await start(undefined, place);
    await before.key({ name: 'before there were events' });
    const heard: ApiKeysEvent[] = [];
    const { apiKeys, key } = await start({ name: 'crm', deliver: (event) => void heard.push(event) }, place);
    const { id } = await key();
    const keys = apiKeys.keys.as(theApp);
    await keys.update({ id, name: 'renamed' });
    await keys.update({ id, enabled: false });
    await apiKeys.owners.as(theApp).suspend({ ownerId: 'alice' });
    await keys.revoke({ id });
    await waitUntil('all five have come', () => heard.length >= 5);
    const ofKey = heard.filter(({ data }) => 'keyId' in data && data.keyId === id);
    expect(ofKey.map(describeEvent)).toEqual([
      'api_key.created 1',
      'api_key.updated 2',
      'api_key.disabled 3',
      'api_key.revoked 4',
    ]);
    expect(heard.filter((event) => !ofKey.includes(event)).map(describeEvent)).toEqual([
      'owner.suspended alice',
    ]);
    expect(new Set(heard.map((event) => event.id)).size).toBe(5);
  });

  it('go on where they were, in whichever process', async () => {
    const place = await makePlace();
    const first: ApiKeysEvent[] = [];
    const one = await start({ name: 'crm', deliver: (event) => void first.push(event) }, place);
    await one.key({ name: 'first' });
    await waitUntil('it has come', () => first.length === 1);
    await one.apiKeys.close();
    const silent = await start(undefined, place);
    await silent.key({ name: 'second' });
    const second: ApiKeysEvent[] = [];
    await start({ name: 'crm', deliver: (event) => void second.push(event) }, place);
    await waitUntil('the other one has come', () => second.length > 0);
    expect([first, second].map((events) => events.map(({ type }) => type))).toEqual([
      ['api_key.created'],
      ['api_key.created'],
    ]);
    expect(second[0]?.id).not.toBe(first[0]?.id);
  });
});

describe('an event that code does not take', () => {
  const store = (): KeyStore => memoryStore();

  it('is delivered again, and holds up those of its key only', async () => {
    const attempts: string[] = [];
    let isBroken = true;
    const place = { store: store() };
    const { apiKeys, key, clock, log } = await start(
      {
        name: 'crm',
        async deliver(event) {
          attempts.push(`${'keyId' in event.data ? event.data.keyId : ''} ${event.type}`);
          if (isBroken && 'keyId' in event.data && event.data.keyId === broken.id)
            throw new TypeError('not now');
        },
      },
      place,
    );
    const broken = await key({ name: 'broken' });
    await apiKeys.keys.as(theApp).update({ id: broken.id, name: 'still broken' });
    const other = await key({ name: 'other' });
    await waitUntil('the other key has come', () => attempts.includes(`${other.id} api_key.created`));
    const ofBroken = (): readonly string[] => attempts.filter((attempt) => attempt.startsWith(broken.id));
    await waitUntil('the failure is recorded', async () => {
      const [first] = await place.store.events.listDeliveries({ queueId: 'callback:crm', limit: 1 });
      return first?.attempts === 1;
    });
    isBroken = false;
    clock.advance(7_000);
    await waitUntil('both events of the broken key have come', () => ofBroken().length === 3);
    expect(ofBroken()).toEqual([
      `${broken.id} api_key.created`,
      `${broken.id} api_key.created`,
      `${broken.id} api_key.updated`,
    ]);
    // One failure is nothing to act on.
    expect(log.join('\n')).not.toContain('events are not delivered');
  });

  it('is attempted until it is taken, with those of its key behind it', async () => {
    const attempts: string[] = [];
    let isBroken = true;
    const place = { store: store() };
    const { apiKeys, key, clock, log } = await start(
      {
        name: 'crm',
        deliver(event) {
          attempts.push(event.type);
          if (isBroken && event.type === 'api_key.created') throw new Error('some secret words');
        },
      },
      place,
    );
    const { id } = await key();
    await apiKeys.keys.as(theApp).revoke({ id });
    const list = (): ReturnType<KeyStore['events']['listDeliveries']> =>
      place.store.events.listDeliveries({ queueId: 'callback:crm', limit: 9 });
    for (let made = 1; made <= 12; made += 1) {
      await waitUntil(`attempt ${made} was recorded`, async () => (await list())[0]?.attempts === made);
      const [first] = await list();
      expect(first).toMatchObject({ isDead: false, lastError: 'threw Error', lastStatus: null });
      isBroken = made < 12;
      clock.advance(30 * 60 * 60 * 1000);
    }
    await waitUntil('both have come', () => attempts.length === 14);
    expect(log.join('\n')).toContain('events are not delivered to the callback crm, which is tried again');
    expect(log.join('\n')).toContain('events are delivered to the callback crm again');
    expect(log.join('\n')).not.toContain('secret words');
    expect(attempts).toEqual([...Array<string>(13).fill('api_key.created'), 'api_key.revoked']);
  });

  it('is reported when retention has removed it before', async () => {
    const place = { store: store() };
    const earlier = await start({ name: 'crm', deliver: () => undefined }, place);
    await earlier.apiKeys.close();
    const silent = await start(undefined, place);
    for (const name of ['a', 'b', 'c']) await silent.key({ name });
    const [, second] = await place.store.trail.entries(0, 2);
    const { sequence = 0, hash = '' } = second ?? {};
    await place.store.transact((transaction) =>
      transaction.trim(
        { sequence, hash },
        {
          ...{
            action: 'audit.trimmed',
            keyId: null,
            keyspace: null,
            ownerId: '',
            keyVersion: null,
            ownerVersion: 0,
          },
          ...{ cut: { sequence, hash }, changedFields: [], actor: { kind: 'application', id: null } },
          ...{ address: null, requestId: null, at: silent.clock.now() },
        },
      ),
    );
    await place.store.housekeeping.removeTrimmed(99);
    const heard: ApiKeysEvent[] = [];
    await start({ name: 'crm', deliver: (event) => void heard.push(event) }, place);
    await waitUntil('all have come', () => heard.length >= 3);
    expect(heard.map(({ type }) => type).sort()).toEqual([
      'api_key.created',
      'audit.trimmed',
      'events.missed',
    ]);
    const missed = heard.find(({ type }) => type === 'events.missed');
    expect(missed?.data).toEqual({ first: 1, last: 2 });
  });

  it('is one of the types that were asked for', async () => {
    const heard: string[] = [];
    const place = { store: store() };
    const { apiKeys, key } = await start(
      { name: 'crm', types: ['api_key.revoked'], deliver: ({ type }) => void heard.push(type) },
      place,
    );
    const { id } = await key();
    await apiKeys.keys.as(theApp).revoke({ id });
    await waitUntil('it has come', () => heard.length > 0);
    expect(heard).toEqual(['api_key.revoked']);
  });
});

describe('what code throws', () => {
  const event = createQueuedEvent(1, 'a');
  const fail = (error: unknown): Promise<AttemptOutcome> =>
    createCallbackDelivery(() => {
      throw error;
    })(event, new AbortController().signal);

  const named = (name: unknown): Error => Object.assign(new Error('secret words'), { name });

  it.each([
    [new TypeError('secret words'), 'threw TypeError'],
    [named(7), 'threw an Error'],
    [named(undefined), 'threw an Error'],
    [named(Symbol('name')), 'threw an Error'],
    [named('with a \0 in it'), 'threw an Error'],
    [named('x'.repeat(101)), 'threw an Error'],
    [named(''), 'threw an Error'],
    ['secret words', 'threw a value that is no Error'],
    [
      Object.defineProperty(new Error('secret words'), 'name', {
        get() {
          throw new Error('no name');
        },
      }),
      'threw a value that cannot be read',
    ],
  ])('is reported by its name, if it has one that can be shown', async (error, reported) => {
    expect(await fail(error)).toEqual({ kind: 'failed', status: null, error: reported });
  });

  it('leaves nothing with the signal of the process', async () => {
    const { signal } = new AbortController();
    let given: AbortSignal | undefined;
    const deliver = createCallbackDelivery((_, context) => void (given = context.signal));
    expect(await deliver(event, signal)).toEqual({ kind: 'taken' });
    expect([given?.aborted, getEventListeners(signal, 'abort').length]).toEqual([false, 0]);
  });

  it('comes late where the process stops: the call is told', async () => {
    const stopping = new AbortController();
    const delivered = createCallbackDelivery(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(new RangeError('stopped')));
        }),
    )(event, stopping.signal);
    stopping.abort();
    expect(await delivered).toMatchObject({ error: 'threw RangeError' });
  });
});

describe('the option events', () => {
  const make =
    (events: unknown, options: object = {}) =>
    () =>
      createInstance({ events: events as EventsOption, ...options });
  const deliver = (): void => undefined;

  it.each([
    [{}, /events: needs deliver, webhooks or both/],
    [{ name: 'crm' }, /events: needs deliver, webhooks or both/],
    [{ deliver }, /events.name: must be given with deliver/],
    [{ name: 'CRM', deliver }, /events.name: takes 1 to 40/],
    [{ name: 'crm', deliver: 'crm' }, /events.deliver: takes a function/],
    [
      { name: 'crm', deliver, types: ['key.created'] },
      /events.types: takes a list of at least one of api_key.created/,
    ],
    [{ name: 'crm', deliver, types: [] }, /events.types: takes a list/],
    [{ webhooks: true, name: 'crm' }, /events: name and types belong to deliver/],
    [{ webhooks: false }, /events: needs deliver, webhooks or both/],
    [{ webhooks: { timeoutSeconds: 0 } }, /events.webhooks.timeoutSeconds: takes a whole number/],
    [{ webhooks: { allowHttp: true } }, /events.webhooks: unknown option "allowHttp"/],
    [true, /events: takes an object/],
  ])('refuses %j', (events, message) => {
    expect(make(events)).toThrow(message);
  });

  it('refuses a store without events', () => {
    const { events: _, ...store } = memoryStore();
    expect(make({ webhooks: true }, { store })).toThrow(/events: needs a store with the part events/);
    expect(make(undefined, { store })).not.toThrow();
  });
});
