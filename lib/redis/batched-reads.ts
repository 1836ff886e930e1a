/** Most names in one command. */
const maxNames = 100;

/**
 * What reading entries needs. Each calls back once, in time, with what Redis answered; with `null` when it did not,
 * which has been reported then.
 */
export interface ReadCommands {
  /** One value, empty when there is none. */
  readOne(name: string, done: ValueListener): void;
  /** A list of values; `null` where one command cannot read from several places, as in a Cluster. */
  readonly readMany:
    ((names: readonly string[], done: (values: readonly string[] | null) => void) => void) | null;
}

type ValueListener = (value: string | null) => void;

/** Look-ups that will be sent together: each name, and who waits for what is held under it. */
type Batch = Map<string, ValueListener[]>;

/**
 * Reads the values of many look-ups with few commands. A look-up is sent at once when no other one is under way: who is
 * alone does not wait. While others are under way, those of one turn of the event loop are sent as one command.
 *
 * There are no promises in here, because every look-up would pay for each of them.
 */
export class BatchedReads {
  readonly #commands: ReadCommands;
  #underWay = 0;
  #waiting: Batch | null = null;

  constructor(commands: ReadCommands) {
    this.#commands = commands;
  }

  /**
   * Reads what is held under a name.
   *
   * @param done - called once, with `null` when it could not be found out; must not throw
   */
  read(name: string, done: ValueListener): void {
    const { readMany } = this.#commands;
    if (readMany === null || (this.#underWay === 0 && this.#waiting === null)) {
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
    this.#underWay += 1;
    this.#commands.readMany?.(names, (values) => {
      this.#underWay -= 1;
      tell(values ?? []);
    });
  }

  #readOne(name: string, done: ValueListener): void {
    this.#underWay += 1;
    this.#commands.readOne(name, (value) => {
      this.#underWay -= 1;
      done(value);
    });
  }
}
