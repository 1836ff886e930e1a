import { ApiKeysError } from '../../lib/index.js';
import { makeEffective } from '../harness/make-effective.js';

/** Answers one after the other; what is an error is thrown. */
function answering(...answers: readonly unknown[]): { change: () => Promise<unknown>; asked: () => number } {
  let asked = 0;
  const change = (): Promise<unknown> => {
    const answer = answers[asked];
    asked += 1;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  return { change, asked: () => asked };
}

describe('a change that a test makes effective', () => {
  it('is asked for again while it is unavailable', async () => {
    const done = { status: 200, body: { effectiveBy: null } };
    const { change, asked } = answering({ status: 503, body: {} }, new ApiKeysError('unavailable'), done);
    expect(await makeEffective(change)).toBe(done);
    expect(asked()).toBe(3);
  });

  it.each([
    ['by HTTP', (at: Date) => ({ status: 202, body: { effectiveBy: at.toISOString() } })],
    ['in code', (at: Date) => ({ effectiveBy: at })],
  ])('is waited for until the time that its answer names: %s', async (_, answer) => {
    const at = new Date(Date.now() + 300);
    await makeEffective(answering(answer(at)).change);
    expect(Date.now()).toBeGreaterThan(at.getTime());
  });

  it('is waited for by the clock of who answers, which may stand still', async () => {
    const { change } = answering({ effectiveBy: new Date(300) });
    const startedAt = performance.now();
    await makeEffective(change, { now: () => 0 });
    expect(performance.now() - startedAt).toBeGreaterThan(299);
    const far = answering({ effectiveBy: new Date(Date.now() + 3_600_000) });
    await makeEffective(far.change, { now: () => Date.now() + 3_600_000 });
  });

  it('fails as it fails', async () => {
    const { change, asked } = answering(new ApiKeysError('not_found', { detail: 'There is no such key.' }));
    await expect(makeEffective(change)).rejects.toMatchObject({ problem: 'not_found' });
    expect(await makeEffective(answering({ status: 412 }).change)).toEqual({ status: 412 });
    expect(asked()).toBe(1);
  });
});
