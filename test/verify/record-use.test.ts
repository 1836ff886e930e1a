import type { SecretCredential as Secret } from '../../lib/domain/credential.js';
import { dayMs } from '../../lib/domain/day-ms.js';
import { hourMs } from '../../lib/domain/key-usage.js';
import { noScope, type ScopeRequirement } from '../../lib/domain/scope-requirement.js';
import type { KeyUse } from '../../lib/store/index.js';
import { createSampleCredential, createSampleKey } from '../../lib/store/sample-keys.js';
import { UseRecorder } from '../../lib/verify/record-use.js';

const hour = Date.UTC(2026, 5, 1, 12);

const keyOf = (id: string, ownerId = 'alice', createdAt = hour) => ({ id, ownerId, createdAt });
const erasedKey = (keyId: string) => ({ keyId, keyVersion: 3, action: 'key.erased' }) as const;
const erasedOwner = (ownerId: string) =>
  ({ keyId: null, ownerId, ownerVersion: 1, action: 'owner.erased' }) as const;

/** A recorder whose writes are kept, and can be made to fail. */
function start(): {
  uses: UseRecorder;
  written: KeyUse[];
  fail: (times: number) => void;
} {
  const written: KeyUse[] = [];
  let failures = 0;
  const store = {
    recordUse: async (batch: readonly KeyUse[]) => {
      if (failures > 0) {
        failures -= 1;
        throw new Error('away');
      }
      written.push(...batch);
    },
  };
  const logger = { warn: () => undefined, error: () => undefined };
  const uses = new UseRecorder(store, logger);
  return { uses, written, fail: (times) => (failures = times) };
}

describe('the recorder of uses', () => {
  it('puts uses into the hour in which they were, to the millisecond', async () => {
    const { uses, written } = start();
    const counter = uses.counterFor(keyOf('a'));
    for (const at of [hour - 2, hour - 1, hour, hour + 1, hour + 1]) uses.record(counter, at, () => null);
    uses.recordRefusal(counter, 'insufficient_scope', hour + hourMs);
    uses.recordRefusal(counter, 'insufficient_scope', hour + hourMs + 1);
    await uses.flush();
    expect(written.map(({ at, count, verdict }) => [at, count, verdict])).toEqual([
      [hour - 1, 2, 'allowed'],
      [hour + 1, 3, 'allowed'],
      [hour + hourMs, 2, 'insufficient_scope'],
    ]);
  });

  it('writes a first use again that failed, also where a refusal of the same key was written meanwhile', async () => {
    const { uses, written, fail } = start();
    const counter = uses.counterFor(keyOf('a'));
    uses.recordRefusal(counter, 'insufficient_scope', hour);
    const first = uses.flush();
    uses.record(counter, hour + 1, () => null);
    await first;
    fail(1);
    await uses.flush();
    await uses.flush();
    expect(written.map(({ at, verdict }) => [at, verdict])).toEqual([
      [hour, 'insufficient_scope'],
      [hour + 1, 'allowed'],
    ]);
  });

  it('does not wait for the deadline of each batch when it is closed and the store does not answer', async () => {
    let attempts = 0;
    const lines: string[] = [];
    const note = (message: string): void => void lines.push(message);
    const recordUse = async (): Promise<void> => {
      attempts += 1;
      throw new Error('away');
    };
    const uses = new UseRecorder({ recordUse }, { warn: note, error: note });
    for (let each = 0; each < 1_000; each += 1) {
      uses.record(uses.counterFor(keyOf(`key${each}`)), hour, () => null);
    }
    await uses.close();
    expect(attempts).toBe(1);
    expect(lines).toEqual(['api-keys: uses of keys are not recorded']);
  });

  it('looks at the address of a key at most once a second', async () => {
    const { uses, written } = start();
    const counter = uses.counterFor(keyOf('a'));
    let asked = 0;
    for (let at = hour; at < hour + 3_000; at += 1) {
      uses.record(counter, at, () => {
        asked += 1;
        return `192.0.2.${asked}`;
      });
    }
    expect(asked).toBe(3);
    await uses.flush();
    expect(written).toEqual([
      { keyId: 'a', at: hour + 2_999, count: 3_000, verdict: 'allowed', address: '192.0.2.3', parts: [] },
    ]);
  });

  it('records no address of refusals, and misses none because of them', async () => {
    const { uses, written } = start();
    const counter = uses.counterFor(keyOf('a'));
    uses.recordRefusal(counter, 'insufficient_scope', hour);
    uses.record(counter, hour + 1, () => '192.0.2.1');
    for (let at = hour + 900; at < hour + 3_000; at += 900) {
      uses.recordRefusal(counter, 'insufficient_scope', at);
      uses.record(counter, at + 200, () => '192.0.2.2');
    }
    uses.recordRefusal(counter, 'insufficient_scope', hour + hourMs);
    uses.record(counter, hour + hourMs + 1, () => '192.0.2.3');
    await uses.flush();
    expect(written.map(({ at, count, verdict, address }) => [at, count, verdict, address])).toEqual([
      [hour + 2_900, 4, 'allowed', '192.0.2.2'],
      [hour, 4, 'insufficient_scope', null],
      [hour + hourMs + 1, 1, 'allowed', '192.0.2.3'],
      [hour + hourMs, 1, 'insufficient_scope', null],
    ]);
  });

  it('writes a first use again until it is written, and others not', async () => {
    const { uses, written, fail } = start();
    const known = uses.counterFor(keyOf('known'));
    uses.record(known, hour, () => null);
    await uses.flush();
    written.length = 0;

    fail(2);
    uses.record(known, hour + 1, () => null);
    uses.record(uses.counterFor(keyOf('new')), hour + 1, () => null);
    await uses.flush();
    await uses.flush();
    expect(written).toEqual([]);
    await uses.flush();
    expect(written.map(({ keyId, count }) => [keyId, count])).toEqual([['new', 1]]);
    await uses.flush();
    expect(written).toHaveLength(1);
  });

  it('notes each scope and each replaced secret once a day, and again what could not be written', async () => {
    const { uses, written, fail } = start();
    const [newest, old] = ['new', 'old'].map((id) => createSampleCredential({ id })) as [Secret, Secret];
    const key = createSampleKey({ credentials: [newest, old] });
    const counter = uses.counterFor(key);
    const use = (at: number, credential: Secret, requirement: ScopeRequirement): void => {
      uses.record(counter, at, () => null);
      counter.parts.note(key, credential, { requirement });
    };
    const read = { kind: 'all', scopes: ['orders:read'] } as const;
    const either = { kind: 'any', scopes: ['orders:write', 'orders:read'] } as const;
    const takeWritten = async (): Promise<string[]> => {
      await uses.flush();
      return written
        .splice(0)
        .map(({ count, parts }) => `${count} ${parts.map(({ kind, name }) => `${kind} ${name}`).join(', ')}`);
    };

    use(hour, newest, read);
    use(hour, newest, read);
    expect(await takeWritten()).toEqual(['2 scope orders:read']);
    use(hour, newest, read);
    use(hour, newest, noScope);
    expect(await takeWritten()).toEqual(['2 ']);
    fail(1);
    use(hour, old, either);
    expect(await takeWritten()).toEqual([]);
    use(hour + hourMs, old, read);
    uses.recordRefusal(counter, 'insufficient_scope', hour + hourMs);
    expect(await takeWritten()).toEqual(['1 scope orders:write, secret old', '1 ', '1 ']);
    use(hour + dayMs, old, read);
    use(hour + dayMs, newest, either);
    expect(await takeWritten()).toEqual(['2 scope orders:read, secret old, scope orders:write']);
    expect(await takeWritten()).toEqual([]);
  });

  it('gives up at the end', async () => {
    const { uses, written, fail } = start();
    uses.record(uses.counterFor(keyOf('a')), hour, () => null);
    await uses.flush();
    expect(written).toHaveLength(1);
    fail(9);
    uses.record(uses.counterFor(keyOf('b')), hour + 1, () => null);
    await uses.close();
    await uses.flush();
    expect(written).toHaveLength(1);
  });

  it('writes neither addresses nor parts of what was erased, also when it was counted or has failed before', async () => {
    const { uses, written, fail } = start();
    const credential = createSampleCredential();
    const use = (id: string, ownerId: string, createdAt = hour): void => {
      const counter = uses.counterFor(keyOf(id, ownerId, createdAt));
      uses.record(counter, hour + 9, () => '192.0.2.1');
      counter.parts.note(createSampleKey({ credentials: [credential] }), credential, {
        requirement: { kind: 'all', scopes: ['orders:read'] },
      });
    };
    const takeWritten = async (): Promise<unknown> => {
      await uses.flush();
      return written.splice(0).map(({ keyId, address, parts, ...others }) => {
        expect(Object.keys(others).sort()).toEqual(['at', 'count', 'verdict']);
        return [keyId, address, parts.length];
      });
    };
    fail(1);
    use('a', 'alice');
    use('b', 'bob');
    await uses.flush();
    use('c', 'carol');
    expect(uses.forget(erasedKey('a'), hour + 10)).toBe(null);
    expect(uses.forget(erasedOwner('carol'), hour + 10)).toBe(null);
    expect(await takeWritten()).toEqual([
      ['a', null, 0],
      ['b', '192.0.2.1', 1],
      ['c', null, 0],
    ]);
    // A request that was being verified meanwhile; and a key that its owner, who came back, has created since.
    use('a', 'alice');
    use('c', 'carol');
    use('d', 'carol', hour + 11);
    expect(await takeWritten()).toEqual([
      ['a', null, 0],
      ['c', null, 0],
      ['d', '192.0.2.1', 1],
    ]);
    use('e', 'eve');
    expect(uses.forgetAll()).toBe(null);
    expect(await takeWritten()).toEqual([['e', null, 0]]);
  });

  it('forgets erased keys when there are many, and nothing of them is written nevertheless', async () => {
    const { uses, written } = start();
    const count = 25_000;
    for (let index = 0; index < 100; index += 1) {
      uses.record(uses.counterFor(keyOf(`k${index}`)), hour, () => '192.0.2.1');
    }
    for (let index = 0; index < count; index += 1) void uses.forget(erasedKey(`k${index}`), hour);
    await uses.flush();
    expect(written).toHaveLength(100);
    expect(written.filter(({ address }) => address !== null)).toEqual([]);
  });

  it('writes nothing while it is not known what was erased', async () => {
    const written: KeyUse[] = [];
    const store = { recordUse: async (batch: readonly KeyUse[]) => void written.push(...batch) };
    let isKnown = false;
    const ensureLease = () => (isKnown ? Promise.resolve() : Promise.reject(new Error('no lease')));
    const uses = new UseRecorder(store, { warn: () => undefined, error: () => undefined }, ensureLease);
    uses.record(uses.counterFor(keyOf('a')), hour, () => '192.0.2.1');
    await uses.flush();
    expect(written).toEqual([]);
    void uses.forget(erasedOwner('alice'), hour);
    isKnown = true;
    await uses.flush();
    expect(written).toMatchObject([{ keyId: 'a', address: null, count: 1 }]);
  });

  it('tries no other batch while it is not known what was erased, and writes first uses later', async () => {
    const batches: number[] = [];
    const store = { recordUse: async (batch: readonly KeyUse[]) => void batches.push(batch.length) };
    let leases = 0;
    const ensureLease = async (): Promise<void> => {
      leases += 1;
      if (leases === 2) throw new Error('no lease');
    };
    const uses = new UseRecorder(store, { warn: () => undefined, error: () => undefined }, ensureLease);
    for (let index = 0; index < 500; index += 1) {
      uses.record(uses.counterFor(keyOf(`key${index}`)), hour, () => null);
    }
    await uses.flush();
    expect([leases, batches]).toEqual([2, [200]]);
    await uses.close();
    expect([leases, batches]).toEqual([4, [200, 200, 100]]);
  });

  it('reports when what was being written of an erased key has ended', async () => {
    let end = (): void => undefined;
    const store = { recordUse: () => new Promise<void>((resolve) => (end = resolve)) };
    const uses = new UseRecorder(store, { warn: () => undefined, error: () => undefined });
    uses.record(uses.counterFor(keyOf('a')), hour, () => '192.0.2.1');
    const flushed = uses.flush();
    await new Promise(setImmediate);
    expect(uses.forget(erasedKey('b'), hour)).toBe(null);
    const ended = uses.forget(erasedOwner('alice'), hour);
    expect(ended).not.toBe(null);
    end();
    await ended;
    await flushed;
    expect(uses.forget(erasedOwner('alice'), hour)).toBe(null);
  });
});
