import { SingleFlightFresh } from '../../lib/verify/single-flight-fresh.js';
import { watchMachine } from '../harness/machine-watch.js';

const machine = watchMachine();

/** A read that ends when the test ends it. */
function controlledReads() {
  const pending: { key: string; resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  const read = (key: string): Promise<number> =>
    new Promise((resolve, reject) => pending.push({ key, resolve, reject }));
  return { pending, read };
}

/** Lets everything that is due in this turn of the loop run. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('SingleFlightFresh', () => {
  it('shares one read between callers of the same turn', async () => {
    const { pending, read } = controlledReads();
    const reads = new SingleFlightFresh(read);
    const answers = [reads.get('a'), reads.get('b')];
    await turn();
    expect(pending.map(({ key }) => key)).toEqual(['a', 'b']);
    pending.forEach(({ resolve }, index) => resolve(index));
    expect(await Promise.all(answers)).toEqual([0, 1]);
  });

  it('never gives a caller an answer that was asked for before the caller came', async () => {
    const { pending, read } = controlledReads();
    const reads = new SingleFlightFresh(read);
    const early = reads.get('a');
    await turn();
    const late = [reads.get('a'), reads.get('a')];
    await turn();
    expect(pending).toHaveLength(1);

    pending[0]?.resolve(1);
    expect(await early).toBe(1);
    await turn();
    expect(pending).toHaveLength(2);
    pending[1]?.resolve(2);
    expect(await Promise.all(late)).toEqual([2, 2]);
  });

  it('makes two reads for a thousand callers that keep coming', async () => {
    const { pending, read } = controlledReads();
    const reads = new SingleFlightFresh(read);
    const answers = [reads.get('a')];
    await turn();
    for (let caller = 0; caller < 999; caller += 1) answers.push(reads.get('a'));
    pending[0]?.resolve(1);
    await turn();
    pending[1]?.resolve(2);
    await Promise.all(answers);
    expect(pending).toHaveLength(2);
  });

  it('fails for the callers that waited, and for no later one', async () => {
    const { pending, read } = controlledReads();
    const reads = new SingleFlightFresh(read);
    const early = reads.get('a');
    await turn();
    // A caller that comes during the read does not wait for a second one: a failure authenticates no request.
    const late = reads.get('a');
    const failures = Promise.allSettled([early, late]);
    pending[0]?.reject(new Error('first'));
    for (const failure of await failures) {
      expect(failure).toMatchObject({ status: 'rejected', reason: { message: 'first' } });
    }

    const next = reads.get('a');
    await turn();
    expect(pending).toHaveLength(2);
    pending[1]?.resolve(2);
    expect(await next).toBe(2);
  });

  it('keeps nothing once a key is at rest', async () => {
    let count = 0;
    const reads = new SingleFlightFresh(() => Promise.resolve((count += 1)));
    expect(await reads.get('a')).toBe(1);
    expect(await reads.get('a')).toBe(2);
    expect(await Promise.all([reads.get('a'), reads.get('a')])).toEqual([3, 3]);
  });

  it('makes no caller wait for two slow reads in a row', async () => {
    const slow = (): Promise<number> => new Promise((resolve) => setTimeout(resolve, 900, 1));
    const reads = new SingleFlightFresh(slow);
    const early = reads.get('a');
    await turn();
    const startedAt = performance.now();
    const late = reads.get('a').catch((error: unknown) => error);
    expect(await early).toBe(1);
    expect(await late).toMatchObject({ problem: 'unavailable' });
    await machine.expectWithin(1_400, performance.now() - startedAt);
    // The read itself goes on, for the callers that come now.
    expect(await reads.get('a').catch(() => 'too late')).toBeDefined();
  });
});
