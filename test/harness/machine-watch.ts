import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { MachineSlowness, type Burst, type Standstill } from './machine-slowness.js';

/** What the control says when it is asked. */
interface ControlReport {
  /** The moment of the report, on the clock of the machine. */
  readonly at: number;
  readonly late: readonly Standstill[];
  readonly bursts: readonly Burst[];
}

/** What is watched beside the control. */
export interface WatchOptions {
  /**
   * The event loop of the test counts as the machine: right where the product runs in other processes, and wrong where it
   * runs in this one, because then it is the product that blocks the loop.
   */
  readonly countsOwnLoop?: boolean;
}

const ownTickMs = 10;

/**
 * Watches the machine while a test measures, so that a bound on time is about the product: on a machine that stands still
 * for a second, everything takes a second.
 */
export class MachineWatch {
  readonly #control: ChildProcess;
  readonly #standstills: Standstill[] = [];
  readonly #bursts: Burst[] = [];
  #ownTimer: NodeJS.Timeout | undefined;

  private constructor(control: ChildProcess) {
    this.#control = control;
  }

  static async start({ countsOwnLoop = false }: WatchOptions = {}): Promise<MachineWatch> {
    const control = fork(join(__dirname, 'machine-control.cjs'), { execArgv: [], env: {} });
    const watch = new MachineWatch(control);
    watch.#take((await once(control, 'message'))[0] as ControlReport);
    if (countsOwnLoop) watch.#watchOwnLoop();
    return watch;
  }

  /** What was seen until now. Moments are those of `performance.now()`. */
  async slowness(): Promise<MachineSlowness> {
    const report = once(this.#control, 'message');
    this.#control.send('report');
    this.#take((await report)[0] as ControlReport);
    return new MachineSlowness(this.#standstills, this.#bursts);
  }

  /**
   * Expects that something took less than a bound, not counting what the machine took. A time over the bound that was
   * the machine's is written down.
   *
   * @param tookMs - as it was measured
   * @param endedAt - when it had ended, by `performance.now()`; absent: just now
   */
  async expectWithin(boundMs: number, tookMs: number, endedAt: number = performance.now()): Promise<void> {
    if (tookMs < boundMs) return;
    const slowness = await this.slowness();
    const startedAt = endedAt - tookMs;
    const machine = describeSlowness(slowness, startedAt, endedAt);
    if (slowness.addedMs(startedAt, endedAt) >= boundMs) {
      throw new Error(
        `It took ${Math.round(tookMs)} ms, which is over ${Math.round(boundMs)} ms: ${machine}`,
      );
    }
    noteExcused(`took ${Math.round(tookMs)} ms instead of ${Math.round(boundMs)} ms: ${machine}`);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#ownTimer);
    const ended = once(this.#control, 'exit');
    this.#control.kill('SIGKILL');
    await ended;
  }

  /** Moments of the control become those of this process. */
  #take({ at, late, bursts }: ControlReport): void {
    const received = performance.now();
    const ahead = Number(process.hrtime.bigint()) / 1e6 - received;
    this.#standstills.push(...late.map(([from, to]): Standstill => [from - ahead, to - ahead]));
    this.#bursts.push(...bursts.map(([from, wallMs, cpuMs]): Burst => [from - ahead, wallMs, cpuMs]));
    // A report that comes late: the control, this process or the way between them stood still.
    if (received - (at - ahead) > 20) this.#standstills.push([at - ahead, received]);
  }

  #watchOwnLoop(): void {
    const due = performance.now() + ownTickMs;
    this.#ownTimer = setTimeout(() => {
      const at = performance.now();
      if (at - due > 2) this.#standstills.push([due, at]);
      this.#watchOwnLoop();
    }, ownTickMs);
  }
}

/** What tests of a file measure with. */
export type WatchedMachine = Pick<MachineWatch, 'expectWithin' | 'slowness'>;

/** Watches the machine during all tests of a file. */
export function watchMachine(options?: WatchOptions): WatchedMachine {
  let watch: MachineWatch | undefined;
  const started = (): MachineWatch => {
    if (watch === undefined) throw new Error('The machine is watched while tests run');
    return watch;
  };
  beforeAll(async () => {
    watch = await MachineWatch.start(options);
  });
  afterAll(() => watch?.stop());
  return {
    expectWithin: (...measured) => started().expectWithin(...measured),
    slowness: () => started().slowness(),
  };
}

/** For messages. */
export function describeSlowness(slowness: MachineSlowness, from: number, to: number): string {
  const factor = Math.round(slowness.factor(from, to) * 10) / 10;
  return `the machine stood still for ${Math.round(slowness.heldUpMs(from, to))} ms and computed ${factor} times slower`;
}

/** Writes down what was not held against the product, for those who read the run. */
export function noteExcused(text: string): void {
  process.stdout.write(`machine: ${expect.getState().currentTestName ?? 'a test'} ${text}\n`);
}
