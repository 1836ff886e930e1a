import { ApiKeysError } from '../errors.js';

/** Payments of one payer that run at once: the second waits for the row of the first, while a reply is on its way. */
const maxRunning = 2;
/** Payments of one payer that wait for their turn; more are refused at once. */
const maxWaiting = 500;
/** How long a payment waits for its turn, in milliseconds. */
const maxWaitMs = 2_000;

interface Turns {
  running: number;
  /** In the order of arrival. */
  readonly waiting: Set<() => void>;
}

/**
 * Runs the payments of each payer a few at a time. They wait for the same row of the database, and one that waits holds a
 * connection meanwhile: without turns, a payer that sends many requests at once would hold all of them, and the requests of others
 * would find none.
 */
export class PaymentTurns {
  readonly #payers = new Map<string, Turns>();

  /**
   * Runs work when it is the payer's turn.
   *
   * @throws ApiKeysError `unavailable` when too many payments of the payer wait, or its turn does not come in time; then the work was
   * not begun
   */
  async run<T>(payer: string, work: () => Promise<T>): Promise<T> {
    const turns = this.#payers.get(payer) ?? { running: 0, waiting: new Set() };
    this.#payers.set(payer, turns);
    if (turns.running < maxRunning) turns.running += 1;
    else await takeTurn(turns);
    try {
      return await work();
    } finally {
      this.#endTurn(payer, turns);
    }
  }

  /** Hands the turn on to who has waited longest. */
  #endTurn(payer: string, turns: Turns): void {
    for (const begin of turns.waiting) {
      turns.waiting.delete(begin);
      begin();
      return;
    }
    turns.running -= 1;
    if (turns.running === 0) this.#payers.delete(payer);
  }
}

function takeTurn({ waiting }: Turns): Promise<void> {
  if (waiting.size >= maxWaiting) {
    const cause = new Error(`${maxWaiting} payments of the same payer wait already`);
    return Promise.reject(new ApiKeysError('unavailable', { cause }));
  }
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      waiting.delete(begin);
      const cause = new Error(`Payments of the same payer took longer than ${maxWaitMs} ms`);
      reject(new ApiKeysError('unavailable', { cause }));
    }, maxWaitMs);
    function begin(): void {
      clearTimeout(timer);
      resolve();
    }
    waiting.add(begin);
  });
}
