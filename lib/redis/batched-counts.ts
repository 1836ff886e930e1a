import type { CountedDemand, CountedWindow, LimitDemand } from '../ports/rate-limiter.js';

/** Most subjects in one command: a script keeps all other commands waiting. */
const maxSubjects = 200;

/**
 * Runs the script that counts.
 *
 * @param names - of the counters
 * @param values - what is to be counted, one for each name
 * @param length - how many numbers the answer has
 * @param done - called once, in time, with what Redis answered; with `null` when it did not, which has been reported then
 */
export type RunCount = (
  names: readonly string[],
  values: readonly string[],
  length: number,
  done: (answer: readonly number[] | null) => void,
) => void;

/** A demand as the script takes it. */
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
 * Counts many demands with few commands: those of one turn of the event loop are sent together. Who is alone does not
 * wait for that: the turn ends when its last socket was read. To write a command costs more than to count.
 */
export class BatchedCounts {
  readonly #run: RunCount;
  /** Whether counters in several places cannot be in one command, as in a Cluster. */
  readonly #byPlace: boolean;
  #waiting: Map<string, Batch> | null = null;

  constructor(run: RunCount, { byPlace }: { readonly byPlace: boolean }) {
    this.#run = run;
    this.#byPlace = byPlace;
  }

  /** @param done - called once, with `null` when it could not be found out; must not throw */
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
    const length = 1 + waiting.reduce((sum, { demand }) => sum + lengthOf(demand), 0);
    this.#run(names, values, length, (answer) => {
      const numbers = answer === null ? null : new AnswerReader(answer);
      for (const { demand, done } of waiting) done(numbers?.next(demand) ?? null);
    });
  }
}

/** How many numbers are answered to a demand. */
function lengthOf({ subjects }: LimitDemand): number {
  return subjects.reduce((sum, { limits }) => sum + 3 * limits.length, 1);
}

/** Reads what the script has answered, which has the right length. */
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
