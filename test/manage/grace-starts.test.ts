import { ApiKeysError } from '../../lib/errors.js';
import { GraceStarts } from '../../lib/manage/grace-starts.js';
import type { FirstUse } from '../../lib/ports/grace-starter.js';
import { waitUntil } from '../servers/wait-until.cjs';

const use = (keyId: string): FirstUse => ({ keyId, credentialId: 'c', address: null, at: 1 });

/** What is written, by a store that can be away, and what was said of it. */
function start(): {
  starts: GraceStarts;
  written: string[];
  log: string[];
  fail: (error: Error | null) => void;
} {
  const [written, log]: [string[], string[]] = [[], []];
  let failure: Error | null = null;
  const write = async ({ keyId }: FirstUse): Promise<void> => {
    await Promise.resolve();
    if (failure !== null && keyId !== 'good') throw failure;
    written.push(keyId);
  };
  const note = (message: string): void => void log.push(message);
  const starts = new GraceStarts(write, { warn: note, error: note });
  return { starts, written, log, fail: (error) => (failure = error) };
}

describe('first uses of new secrets', () => {
  it('are written once each, however often they are reported', async () => {
    const { starts, written } = start();
    for (const id of ['a', 'b', 'a']) starts.start(use(id));
    await waitUntil('both are written', () => written.length === 2);
    for (const id of ['a', 'b']) starts.start(use(id));
    await starts.stop();
    expect(written).toEqual(['a', 'b']);
  });

  it('begin again whenever the last one was written', async () => {
    const { starts, written } = start();
    for (let count = 0; count < 50; count += 1) {
      starts.start(use(`k${count}`));
      for (let turn = 0; turn < count % 12; turn += 1) await Promise.resolve();
    }
    await waitUntil('all are written', () => written.length === 50);
    await starts.stop();
    expect(new Set(written).size).toBe(50);
  });

  it('are tried again while the store is away, and said once', async () => {
    const { starts, written, log, fail } = start();
    fail(new ApiKeysError('unavailable'));
    starts.start(use('a'));
    starts.start(use('b'));
    await new Promise((resolve) => setTimeout(resolve, 400));
    expect(written).toEqual([]);
    expect(log).toHaveLength(1);
    fail(null);
    await waitUntil('both are written', () => written.length === 2);
    expect(written).toEqual(['a', 'b']);
    await starts.stop();
  });

  it('do not wait for one that fails for a reason of its own', async () => {
    const { starts, written, fail } = start();
    fail(new Error('odd'));
    starts.start(use('bad'));
    starts.start(use('good'));
    await waitUntil('the other is written', () => written.length === 1);
    await starts.stop();
    expect(written).toEqual(['good']);
  });

  it('are tried a last time at the end, and keep nobody waiting', async () => {
    const { starts, written, fail } = start();
    fail(new ApiKeysError('unavailable'));
    starts.start(use('a'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await starts.stop();
    expect(written).toEqual([]);
    starts.start(use('b'));
    expect(written).toEqual([]);
  });
});
