import type { CountedDemand, CountedWindow, LimitDemand } from '../ports/rate-limiter.js';

/** The maximum number of subjects in one command, because a script keeps all other commands waiting. */
const maxSubjects = 200;

/**
 * Runs the counting script.
 *
 * @param names - the names of the counters
 * @param values - what to count, one for each name
 * @param length - how many numbers the reply has
 * @param done - called once, in time, with the reply of Redis; with `null` after a failure, which has then been
 * reported
 */
export type RunCount = (
  names: readonly string[],
  values: readonly string[],
  length: number,
  done: (answer: readonly number[] | null) => void,
) => void;

/** A demand in the form that the script takes. */
export interface WrittenDemand {
  readonly demand: LimitDemand;
  readonly names: readonly string[];
  readonly values: readonly string[];
}

type Waiter = (counted: CountedDemand | null) => void;

interface Batch {
  readonly names: string[];
  readonly values: string[];
  readonly waiting: { readonly demand: LimitDemand; readonly done: Waiter }[];
}

/**
 * Counts many demands with few commands: those of one turn of the event loop are sent together. A single demand is
 * not delayed by that: the turn ends when its last socket was read. Sending a command costs more than counting.
 */
export class BatchedCounts {
  readonly #run: RunCount;
  /** Whether one command cannot contain counters of several places, as in a Cluster. */
  readonly #byPlace: boolean;
  #waiting: Map<string, Batch> | null = null;

  constructor(run: RunCount, { byPlace }: { readonly byPlace: boolean }) {
    this.#run = run;
    this.#byPlace = byPlace;
  }

  /** @param done - called once, with `null` when it could not be determined; must not throw */
  count({ demand, names, values }: WrittenDemand, done: Waiter): void {
    const place = this.#byPlace ? demand.place : '';
    const batches = (this.#waiting ??= this.#startBatches());
    let batch = batches.get(place);
    if (batch === undefined) {
      batch = { names: [], values: [], waiting: [] };
      batches.set(place, batch);
    }
    batch.names.push(...names);
    batch.values.push(...values);
    batch.waiting.push({ demand, done });
    if (batch.names.length < maxSubjects) return;
    batches.delete(place);
    this.#send(batch);
  }

  #startBatches(): Map<string, Batch> {
    const batches = new Map<string, Batch>();
    // Immediates run after the requests of this turn were read from their sockets.
    setImmediate(() => {
      this.#waiting = null;
      for (const batch of batches.values()) this.#send(batch);
    });
    return batches;
  }

  #send({ names, values, waiting }: Batch): void {
    const length = 1 + waiting.reduce((sum, { demand }) => sum + countNumbers(demand), 0);
    this.#run(names, values, length, (answer) => {
      const numbers = answer === null ? null : new AnswerReader(answer);
      for (const { demand, done } of waiting) done(numbers?.next(demand) ?? null);
    });
  }
}

/** How many numbers the reply to a demand has. */
function countNumbers({ subjects }: LimitDemand): number {
  return subjects.reduce((sum, { limits }) => sum + 3 * limits.length, 1);
}

/** Reads the reply of the script, whose length has been checked. */
class AnswerReader {
  readonly #numbers: readonly number[];
  readonly #now: number;
  #at = 1;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
    this.#now = this.#number(0);
  }

  next(demand: LimitDemand): CountedDemand {
    const isWithin = this.#number(this.#at) === 1;
    this.#at += 1;
    const windows: CountedWindow[] = [];
    for (const { limits } of demand.subjects) {
      for (const policy of limits) {
        const used = this.#number(this.#at);
        const endsAt = this.#number(this.#at + 1);
        const isViolated = this.#number(this.#at + 2) === 1;
        this.#at += 3;
        windows.push({ policy, used, endsAt, leftMs: endsAt - this.#now, isViolated });
      }
    }
    return { isWithin, windows };
  }

  #number(at: number): number {
    return this.#numbers[at] ?? 0;
  }
}
