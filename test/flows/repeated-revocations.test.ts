import { makeEffective } from '../harness/make-effective.js';
import type { OrdersProcess, TimedAnswer } from '../harness/start-orders.js';
import { sharedPlaces, startTwoProcesses, type TwoProcesses } from '../harness/two-processes.js';

const rounds = 6;
/** How often a revocation is repeated in a round: waves, one after the other, of requests that are sent at once. */
const waves = 5;
const atOnce = 6;

/** A listener that has missed a beat on a slow machine hears that anything may have changed, instead of each change or beside it. */
function expectHeard(heard: readonly string[], expected: readonly string[]): void {
  if (!heard.includes('anything')) return expect(heard).toEqual(expected);
  const named = heard.filter((action) => action !== 'anything');
  expect(named).toEqual(expected.slice(0, named.length));
}

describe.each(sharedPlaces)('revocations that are repeated, on %s', (place) => {
  let both: TwoProcesses;
  let one: OrdersProcess;
  let two: OrdersProcess;

  beforeAll(async () => {
    both = await startTwoProcesses(place);
    ({ one, two } = both);
  }, 180_000);

  afterAll(() => both.stop(), 30_000);

  async function makeKey(on: OrdersProcess): Promise<{ id: string; key: string }> {
    const { status, body } = await makeEffective(() =>
      on.manage('POST', '/keys', { name: 'CI', scopes: ['orders:read'] }),
    );
    expect(status).toBe(201);
    return { id: String(body['id']), key: String(body['key']) };
  }

  async function exchange(key: string): Promise<string> {
    const { status, body } = await makeEffective(() => one.exchange(key));
    expect(status).toBe(200);
    return String(body['access_token']);
  }

  /** Repeats a request to the first process while the second one changes a key of its own. */
  async function repeatAmongChanges(send: () => Promise<TimedAnswer>): Promise<readonly TimedAnswer[]> {
    const { id: other } = await makeKey(two);
    let isOn = true;
    const changing = (async () => {
      for (let number = 1; isOn; number += 1) {
        await two.manage('PATCH', `/keys/${other}`, { name: `CI ${number}` });
      }
    })();
    const answers: TimedAnswer[] = [];
    try {
      for (let wave = 0; wave < waves; wave += 1) {
        answers.push(...(await Promise.all(Array.from({ length: atOnce }, send))));
      }
    } finally {
      isOn = false;
      await changing;
    }
    return answers;
  }

  it('P1: a token is refused everywhere after its revocation, however often another one was revoked before', async () => {
    let confirmed = 0;
    const accepted: number[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      const { id, key } = await makeKey(one);
      const [first, second] = [await exchange(key), await exchange(key)];
      await one.tell({ command: 'listen', keyId: id });
      const heardBefore = (await one.tell({ command: 'report' })).heard.length;
      const repeated = await repeatAmongChanges(() => one.takeBack(key, first));
      expect(repeated.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
      if (!repeated.some(({ status }) => status === 200)) await makeEffective(() => one.takeBack(key, first));
      for (const on of [one, two, one, two]) {
        expect((await makeEffective(() => on.use(second))).status).toBe(200);
      }

      if ((await two.takeBack(key, second)).status !== 200) continue;
      confirmed += 1;
      for (const on of [one, two]) if ((await on.use(second)).status === 200) accepted.push(round);
      expect((await makeEffective(() => one.use(first))).status).toBe(401);
      const { heard } = await one.tell({ command: 'report' });
      expectHeard(heard.slice(heardBefore), ['token.revoked', 'token.revoked']);
    }
    expect(accepted).toEqual([]);
    expect(confirmed).toBeGreaterThan(0);
  }, 120_000);

  it('P1: a key is refused everywhere after the answer to each repetition, and listeners hear of it once', async () => {
    for (let round = 1; round <= rounds; round += 1) {
      const { id, key } = await makeKey(one);
      for (const on of [one, two, one, two]) {
        expect((await makeEffective(() => on.use(key))).status).toBe(200);
      }
      await one.tell({ command: 'listen', keyId: id });
      const heardBefore = (await one.tell({ command: 'report' })).heard.length;
      const answers = await repeatAmongChanges(async () => {
        const answer = await one.manage('POST', `/keys/${id}/revoke`);
        if (answer.status === 200) {
          for (const on of [one, two]) {
            expect((await makeEffective(() => on.use(key))).code).toBe('key_revoked');
          }
        }
        return answer;
      });
      const isDone = ({ status }: TimedAnswer): boolean => status === 200 || status === 202;
      expect(answers.filter((answer) => !isDone(answer) && answer.status !== 503)).toEqual([]);
      const last =
        answers.findLast(isDone) ?? (await makeEffective(() => one.manage('POST', `/keys/${id}/revoke`)));
      expect(last.body['version']).toBe(2);
      const { heard } = await one.tell({ command: 'report' });
      expectHeard(heard.slice(heardBefore), ['key.revoked']);
    }
  }, 120_000);
});
