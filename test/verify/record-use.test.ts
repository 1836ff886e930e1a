import type { SecretCredential as Secret } from '../../lib/domain/credential.js';
import { dayMs } from '../../lib/domain/day-ms.js';
import { hourMs } from '../../lib/domain/key-usage.js';
import { noScope, type ScopeRequirement } from '../../lib/domain/scope-requirement.js';
import type { KeyUse } from '../../lib/store/index.js';
import { createSampleCredential, createSampleKey } from '../../lib/store/sample-keys.js';
import { UseRecorder } from '../../lib/verify/record-use.js';

const hour = Date.UTC(2026, 5, 1, 12);

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
    const counter = uses.counterFor('a');
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

  it('looks at the address of a key at most once a second', async () => {
    const { uses, written } = start();
    const counter = uses.counterFor('a');
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
    const counter = uses.counterFor('a');
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
    const known = uses.counterFor('known');
    uses.record(known, hour, () => null);
    await uses.flush();
    written.length = 0;

    fail(2);
    uses.record(known, hour + 1, () => null);
    uses.record(uses.counterFor('new'), hour + 1, () => null);
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
    const counter = uses.counterFor(key.id);
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
    uses.record(uses.counterFor('a'), hour, () => null);
    await uses.flush();
    expect(written).toHaveLength(1);
    fail(9);
    uses.record(uses.counterFor('b'), hour + 1, () => null);
    await uses.close();
    await uses.flush();
    expect(written).toHaveLength(1);
  });
});
