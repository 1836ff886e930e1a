import { PriorityMutex, type MutexQueuing } from '../../lib/sql/priority-mutex.js';
import { TimeBudget } from '../../lib/sql/time-budget.js';

const deadlineMs = 60_000;

/** A mutex whose first change runs until it is told to end; notes the order of the others. */
function start(maxPerShare?: number) {
  const mutex = new PriorityMutex(maxPerShare);
  const order: string[] = [];
  const changes: Promise<unknown>[] = [];
  let end = (): void => undefined;
  const first = mutex.pass(
    new TimeBudget(deadlineMs),
    {},
    () => new Promise<void>((resolve) => (end = resolve)),
  );
  return {
    order,
    add(name: string, queuing: MutexQueuing, budget = new TimeBudget(deadlineMs)): void {
      changes.push(mutex.pass(budget, queuing, async () => void order.push(name)));
    },
    /** Lets all of them go on; how many were refused. */
    async finish(): Promise<number> {
      end();
      const outcomes = await Promise.allSettled([first, ...changes]);
      return outcomes.filter(({ status }) => status === 'rejected').length;
    },
  };
}

const revoking = { lane: 'taking', share: 'application' } as const;
const narrowing = { lane: 'narrowing', share: 'application' } as const;

describe('the order of changes', () => {
  it('P4: a revocation waits for one change of each other share of its lane, however many wait there', async () => {
    const { order, add, finish } = start();
    for (let index = 0; index < 1_000; index += 1) {
      add('narrowing', narrowing);
      add('other', { lane: 'taking', share: 'owner alice' });
      add('giving', { lane: 'giving', share: 'owner bob', bound: 'none' });
    }
    add('revocation', revoking);
    expect(await finish()).toBe(0);
    expect(order.indexOf('revocation')).toBe(1);
  });

  it('P4: what gives, and the housekeeping, have their turns beside two floods of one caller', async () => {
    const { order, add, finish } = start();
    for (let index = 0; index < 100; index += 1) {
      add('revocation', revoking);
      add('narrowing', narrowing);
      add('renaming', { lane: 'giving', share: 'application', bound: 'deadline' });
    }
    add('housekeeping', { lane: 'giving', share: 'housekeeping', bound: 'none' });
    expect(await finish()).toBe(0);
    // Eight of the lane that revokes go before each, and what may narrow rights has every other turn.
    expect(order.indexOf('narrowing')).toBe(8);
    expect(order.indexOf('renaming')).toBe(17);
    expect(order.indexOf('housekeeping')).toBe(35);
  });

  it('P4: what may narrow rights waits for one change that gives, and a flood of it takes no more than every other turn', async () => {
    const { order, add, finish } = start();
    for (let index = 0; index < 100; index += 1) add('giving', { share: 'owner bob' });
    for (let index = 0; index < 100; index += 1) add('narrowing', narrowing);
    expect(await finish()).toBe(0);
    expect(order.slice(0, 4)).toEqual(['narrowing', 'giving', 'narrowing', 'giving']);
    expect(order.slice(0, 100).filter((name) => name === 'giving')).toHaveLength(50);
  });
});

describe('the bound of a share', () => {
  const refusedOf100 = async (bound: MutexQueuing['bound'], budget?: TimeBudget): Promise<number> => {
    const { add, finish } = start(10);
    for (let index = 0; index < 100; index += 1) add('change', { share: 'somebody', bound }, budget);
    return finish();
  };

  it('P4: is a number of changes unless it says otherwise', async () => {
    expect(await refusedOf100(undefined)).toBe(90);
    expect(await refusedOf100('count')).toBe(90);
  });

  it('P4: is the same for what may narrow rights, and nothing bounds what revokes', async () => {
    for (const [lane, refused] of [
      ['narrowing', 90],
      ['taking', 0],
    ] as const) {
      const { add, finish } = start(10);
      for (let index = 0; index < 100; index += 1)
        add('change', { lane, share: 'somebody', bound: lane === 'taking' ? undefined : 'count' });
      expect(await finish()).toBe(refused);
    }
  });

  it('P4: is the deadline alone for jobs of the app, all of which are done when there is time', async () => {
    expect(await refusedOf100('deadline')).toBe(0);
    expect(await refusedOf100('none')).toBe(0);
  });

  it('P4: refuses at once what cannot make its deadline, except what nobody would ask for again', async () => {
    const mutex = new PriorityMutex(10);
    const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
    // The average of a change is above 20 ms then.
    await mutex.pass(new TimeBudget(deadlineMs), {}, () => sleep(250));
    await mutex.empty();
    let end = (): void => undefined;
    const running = mutex.pass(
      new TimeBudget(deadlineMs),
      {},
      () => new Promise<void>((resolve) => (end = resolve)),
    );
    const pass = (budget: number, bound: MutexQueuing['bound']) =>
      mutex.pass(new TimeBudget(budget), { share: 'somebody', bound }, async () => 'done');
    const waiting = [pass(deadlineMs, 'deadline'), pass(deadlineMs, 'none')];
    await expect(pass(20, 'deadline')).rejects.toMatchObject({ code: 'ERR_API_KEYS_UNAVAILABLE' });
    end();
    await running;
    expect(await Promise.all(waiting)).toEqual(['done', 'done']);
  });
});
