/** The maximum number of names in one command. */
const maxNames = 100;

/**
 * The commands that read entries. Each calls back once, in time, with the reply of Redis; with `null` after a
 * failure, which has then been reported.
 */
export interface ReadCommands {
  /** Reads one value, empty when there is none. */
  readOne(name: string, done: ValueListener): void;
  /** Reads a list of values; `null` where one command cannot read from several places, as in a Cluster. */
  readonly readMany:
    ((names: readonly string[], done: (values: readonly string[] | null) => void) => void) | null;
}

type ValueListener = (value: string | null) => void;

/** Lookups that will be sent together: each name, and the listeners that wait for its value. */
type Batch = Map<string, ValueListener[]>;

/**
 * Reads the values of many lookups with few commands. A lookup is sent at once when no other one is in flight, so a
 * single lookup does not wait. While others are in flight, those of one turn of the event loop are sent as one
 * command.
 *
 * There are no promises in here, because each of them would cost every lookup time.
 */
export class BatchedReads {
  readonly #commands: ReadCommands;
  #inFlight = 0;
  #waiting: Batch | null = null;

  constructor(commands: ReadCommands) {
    this.#commands = commands;
  }

  /**
   * Reads the value of a name.
   *
   * @param done - called once, with `null` when it could not be determined; must not throw
   */
  read(name: string, done: ValueListener): void {
    const { readMany } = this.#commands;
    if (readMany === null || (this.#inFlight === 0 && this.#waiting === null)) {
      this.#readOne(name, done);
      return;
    }
    const batch = (this.#waiting ??= this.#startBatch());
    const waiting = batch.get(name);
    if (waiting !== undefined) {
      waiting.push(done);
      return;
    }
    batch.set(name, [done]);
    if (batch.size === maxNames) this.#send(batch);
  }

  #startBatch(): Batch {
    const batch: Batch = new Map();
    // Immediates run after the requests of this turn were read from their sockets.
    setImmediate(() => {
      if (this.#waiting === batch) this.#send(batch);
    });
    return batch;
  }

  #send(batch: Batch): void {
    this.#waiting = null;
    const names = [...batch.keys()];
    const tell = (values: readonly (string | null)[]): void => {
      let place = 0;
      for (const waiting of batch.values()) {
        const value = values[place] ?? null;
        for (const done of waiting) done(value);
        place += 1;
      }
    };
    const [first] = names;
    if (names.length === 1 && first !== undefined) {
      // Cheaper than a list of one.
      this.#readOne(first, (value) => tell([value]));
      return;
    }
    this.#inFlight += 1;
    this.#commands.readMany?.(names, (values) => {
      this.#inFlight -= 1;
      tell(values ?? []);
    });
  }

  #readOne(name: string, done: ValueListener): void {
    this.#inFlight += 1;
    this.#commands.readOne(name, (value) => {
      this.#inFlight -= 1;
      done(value);
    });
  }
}
