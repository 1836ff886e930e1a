import type { Logger } from '../ports/logger.js';
import { answerInTime, settleInTime } from './answer-in-time.js';
import { borrowRedis } from './borrow-redis.js';
import { Breaker } from './breaker.js';
import { clientWarnings, endedClientWarning } from './client-warnings.js';
import { connectRedis } from './connect-redis.js';
import { OutageLog } from './outage-log.js';
import { isUnreadable, readText, readTexts, type ReadAnswer } from './read-answer.js';
import type { RedisClient, RedisConnection } from './redis-client.js';
import { redisRefusal } from './redis-refusal.js';
import { runScript } from './run-script.js';
import { readScript } from './scripts.js';

/** What every Redis key begins with, unless the app says otherwise. */
export const defaultKeyPrefix = 'api-keys:';

/** How long opening waits for a connection, in milliseconds. It goes on connecting afterwards. */
const openDeadlineMs = 2000;
/** How long nothing is written after a write was refused, in milliseconds. */
const writePauseMs = 1000;

/** What a redis is made from. */
export interface ManagedRedisParts {
  readonly connection: string | RedisClient;
  readonly logger: Logger;
  /** How long a command may take, in milliseconds. */
  readonly deadlineMs: number;
  /** A name that may be read, to find out whether reading works. */
  readonly probeName: string;
}

/** How long a command may take, in milliseconds. */
const defaultDeadlineMs = 200;

/** A way to Redis with the usual deadline, on a URL or on the app's own client. */
export function createManagedRedis(
  connection: string | RedisClient,
  keyPrefix: string = defaultKeyPrefix,
  logger: Logger,
  deadlineMs: number = defaultDeadlineMs,
): ManagedRedis {
  // Nobody's key; under the prefix, because an access list may allow nothing else.
  return new ManagedRedis({ connection, logger, deadlineMs, probeName: `${keyPrefix}{probe}` });
}

/** The way to Redis: whether it may be asked, and what is made of its failures. */
export class ManagedRedis {
  readonly client: RedisClient;
  readonly #connection: RedisConnection;
  readonly #isBorrowed: boolean;
  readonly #parts: ManagedRedisParts;
  readonly #breaker: Breaker;
  readonly #outage: OutageLog;
  readonly #writeOutage: OutageLog;
  #writesAgainAt = -Infinity;
  #isClosed = false;

  constructor(parts: ManagedRedisParts) {
    const { connection, logger } = parts;
    this.#parts = parts;
    this.#outage = new OutageLog(logger, 'keys are read from the database only');
    this.#writeOutage = new OutageLog(logger, 'keys cannot be cached');
    this.#isBorrowed = typeof connection !== 'string';
    this.#connection =
      typeof connection === 'string'
        ? connectRedis(connection, (error) => this.#failed(error))
        : borrowRedis(connection);
    this.client = this.#connection.client;
    this.#breaker = new Breaker(() => this.#probe());
  }

  /** Whether a command may be sent. One that is given to a client without a connection may be kept and sent much later. */
  isUsable(): boolean {
    return !this.#breaker.isOpen() && this.client.status === 'ready';
  }

  /** Whether it is worth offering copies. */
  takesWrites(): boolean {
    return this.isUsable() && performance.now() >= this.#writesAgainAt;
  }

  /**
   * Sends a command that changes no entry. An answer that cannot be read is an outage like none at all.
   *
   * @param done - called once, with `null` when it failed, which has been reported then
   */
  ask<T>(command: () => Promise<unknown>, read: ReadAnswer<T>, done: (answer: T | null) => void): void {
    this.#send(command, read, done, (error) => {
      // Another program's value under our name is a miss, not an outage.
      if (redisRefusal(error) !== 'WRONGTYPE') this.#failed(error);
      done(null);
    });
  }

  /**
   * Sends a command that reads and writes. A refusal (no memory left, a replica, a permission that lacks) and an answer
   * that cannot be read are for the caller to report: reading may go on. One of both listeners is called, once, in time.
   */
  exchange<T>(
    command: () => Promise<unknown>,
    read: ReadAnswer<T>,
    answered: (answer: T) => void,
    failed: (error: unknown) => void,
  ): void {
    this.#send(command, read, answered, (error) => {
      if (isOutage(error)) this.#failed(error);
      failed(error);
    });
  }

  /** Sends a command that writes entries, which nobody waits for. Never rejects. */
  async write(command: () => Promise<unknown>, read: ReadAnswer<unknown>): Promise<void> {
    try {
      read(await answerInTime(command(), this.#parts.deadlineMs));
      this.#breaker.worked();
      this.#writeOutage.worked();
    } catch (error) {
      if (isOutage(error)) this.#failed(error);
      else if (!this.#isClosed) {
        this.#writesAgainAt = performance.now() + writePauseMs;
        this.#writeOutage.failed(error);
      }
    }
  }

  #send<T>(
    command: () => Promise<unknown>,
    read: ReadAnswer<T>,
    answered: (answer: T) => void,
    failed: (error: unknown) => void,
  ): void {
    settleInTime(
      promiseOf(command),
      this.#parts.deadlineMs,
      (answer) => {
        let readable: T;
        try {
          readable = read(answer);
        } catch (error) {
          failed(error);
          return;
        }
        this.#breaker.worked();
        answered(readable);
      },
      failed,
    );
  }

  status(): 'up' | 'down' {
    if (this.#isClosed || this.client.status !== 'ready') return 'down';
    // While nothing is asked, nothing else would tell.
    this.#breaker.probeIfQuiet();
    return this.#breaker.isOpen() ? 'down' : 'up';
  }

  /** Connects, and waits a little for that. Never rejects. */
  async open(): Promise<void> {
    this.client.on('ready', this.#onReady);
    if (this.#isBorrowed) {
      this.client.on('close', this.#onClose);
      this.client.on('end', this.#onEnd);
      for (const warning of clientWarnings(this.client)) this.#warn(warning);
    }
    try {
      await answerInTime(this.#connected(), openDeadlineMs);
    } catch (error) {
      this.#failed(error);
      return;
    }
    await this.#breaker.probe();
  }

  close(): void {
    this.#isClosed = true;
    this.#breaker.stop();
    this.client.off('ready', this.#onReady);
    this.client.off('close', this.#onClose);
    this.client.off('end', this.#onEnd);
    this.#connection.close();
  }

  readonly #onReady = (): void => void this.#breaker.probe();

  /** Our own client says more by its errors; those of the app's are the app's to hear. */
  readonly #onClose = (): void => this.#failed(new Error('closed'));

  readonly #onEnd = (): void => {
    this.client.off('end', this.#onEnd);
    this.#warn(endedClientWarning);
  };

  async #connected(): Promise<void> {
    const { client } = this;
    if (client.status === 'ready') return;
    if (client.status === 'end') throw new Error('closed');
    if (client.status === 'wait') {
      await client.connect();
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        client.off('ready', settle);
        client.off('close', settle);
        if (client.status === 'ready') resolve();
        else reject(new Error('not connected'));
      };
      client.on('ready', settle);
      client.on('close', settle);
    });
  }

  async #probe(): Promise<void> {
    const { client } = this;
    const { probeName, deadlineMs } = this.#parts;
    if (this.#isClosed || client.status !== 'ready') throw new Error('not connected');
    try {
      // The same commands that requests are answered with.
      if (client.isCluster === true)
        readText(await answerInTime(client.getrange(probeName, 0, 0), deadlineMs));
      else readTexts(await answerInTime(runScript(client, readScript, [probeName], []), deadlineMs), 1);
    } catch (error) {
      if (redisRefusal(error) !== 'WRONGTYPE') {
        this.#failed(error);
        throw error;
      }
    }
    this.#outage.worked();
  }

  #failed(error: unknown): void {
    if (this.#isClosed) return;
    this.#breaker.failed();
    this.#outage.failed(error);
  }

  #warn(warning: string): void {
    this.#parts.logger.warn(`api-keys: redis: ${warning}`);
  }
}

/** Whether Redis cannot be used at all. Refused as a replica, or for want of memory or of a permission, it can be read. */
function isOutage(error: unknown): boolean {
  if (isUnreadable(error)) return false;
  const refusal = redisRefusal(error);
  return refusal === null || refusal === 'NOAUTH' || refusal === 'WRONGPASS';
}

/** A client that throws has failed like one that rejects: whoever asked must hear of it. */
function promiseOf(command: () => Promise<unknown>): Promise<unknown> {
  try {
    return command();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
