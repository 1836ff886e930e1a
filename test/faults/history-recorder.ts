import type { TimedAnswer } from '../harness/start-orders.js';
import type { Disturbance, History, Operation, Outcome } from './history.js';

/** What is known of an operation before it begins. */
export type Planned = Pick<
  Operation,
  'action' | 'process' | 'keyId' | 'ownerId' | 'needs' | 'takes' | 'takesAtWall' | 'gives' | 'race'
>;

/** Writes down what clients do, by the clock of this process, so that nothing has to be compared across processes. */
export class HistoryRecorder {
  readonly operations: Operation[] = [];
  readonly disturbances: Disturbance[] = [];

  get history(): History {
    return { operations: this.operations, disturbances: this.disturbances };
  }

  /**
   * Carries an operation out. `null`: no answer came.
   *
   * @param learn - reads from a good answer which key it was about and what it gave
   */
  async record(
    planned: Planned,
    send: () => Promise<TimedAnswer>,
    learn?: (answer: TimedAnswer) => Pick<Operation, 'gives'> & { readonly keyId?: string },
  ): Promise<TimedAnswer | null> {
    const startedAtWall = Date.now();
    const startedAt = performance.now();
    const answer = await send().catch(() => null);
    const endedAt = performance.now();
    const learned = answer !== null && answer.status < 300 ? learn?.(answer) : undefined;
    const outcome = answer === null ? null : outcomeOf(answer);
    this.operations.push({ ...planned, startedAt, startedAtWall, endedAt, outcome, ...learned });
    return answer;
  }

  /** Writes down what was wrong, and for how long. */
  async disturb<T>(fault: string, process: string | undefined, work: () => Promise<T>): Promise<T> {
    const from = performance.now();
    try {
      return await work();
    } finally {
      this.disturbances.push({ fault, process, from, to: performance.now() });
    }
  }
}

function outcomeOf({ status, code, body }: TimedAnswer): Outcome {
  const { effectiveBy, version } = body;
  return {
    status,
    code,
    ...(typeof effectiveBy === 'string' ? { effectiveBy: Date.parse(effectiveBy) } : {}),
    ...(typeof version === 'number' ? { version } : {}),
  };
}
