/** Most names in one command. */
const maxNames = 100;

/** What reading entries needs. */
export interface ReadCommands {
  /** One value, empty when there is none. Rejects as the client does; has a deadline. */
  readOne(name: string): Promise<unknown>;
  /** A list of values; `null` where one command cannot read from several places at once, as in a Cluster. */
  readonly readMany: ((names: readonly string[]) => Promise<unknown>) | null;
}

/** What is held under the names of a batch; empty when that could not be found out. */
type Values = readonly unknown[];

/** Look-ups that will be sent together. */
interface Batch {
  readonly names: string[];
  readonly places: Map<string, number>;
  readonly values: Promise<Values>;
  readonly settle: (values: Values) => void;
}

/**
 * Reads the values of many look-ups with few commands. A look-up is sent at once when no other one is under way: who is
 * alone does not wait. While Redis is busy with others, those of one turn of the event loop are sent as one command.
 */
export class BatchedReads {
  readonly #commands: ReadCommands;
  #underWay = 0;
  #waiting: Batch | null = null;

  constructor(commands: ReadCommands) {
    this.#commands = commands;
  }

  /** What is held under a name. `null` when it could not be found out, which the commands have reported. */
  async read(name: string): Promise<unknown> {
    const { readMany } = this.#commands;
    if (readMany === null || (this.#underWay === 0 && this.#waiting === null)) return this.#readOne(name);
    const batch = (this.#waiting ??= this.#startBatch());
    let place = batch.places.get(name);
    if (place === undefined) {
      place = batch.names.push(name) - 1;
      batch.places.set(name, place);
      if (batch.names.length === maxNames) this.#send(batch);
    }
    return (await batch.values)[place] ?? null;
  }

  async #readOne(name: string): Promise<unknown> {
    this.#underWay += 1;
    try {
      return await this.#commands.readOne(name);
    } catch {
      return null;
    } finally {
      this.#underWay -= 1;
    }
  }

  #startBatch(): Batch {
    let settle: (values: Values) => void = () => undefined;
    const values = new Promise<Values>((resolve) => {
      settle = resolve;
    });
    const batch: Batch = { names: [], places: new Map(), values, settle };
    // Immediates run after the requests of this turn were read from their sockets.
    setImmediate(() => {
      if (this.#waiting === batch) this.#send(batch);
    });
    return batch;
  }

  #send(batch: Batch): void {
    this.#waiting = null;
    const [first, second] = batch.names;
    if (second === undefined) {
      // Cheaper than a list of one.
      void this.#readOne(first ?? '').then((value) => batch.settle([value]));
      return;
    }
    this.#underWay += 1;
    void this.#readAll(batch.names).then((values) => {
      this.#underWay -= 1;
      batch.settle(values);
    });
  }

  async #readAll(names: readonly string[]): Promise<Values> {
    try {
      const values = await this.#commands.readMany?.(names);
      return Array.isArray(values) ? values : [];
    } catch {
      return [];
    }
  }
}
