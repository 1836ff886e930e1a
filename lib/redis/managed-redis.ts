import type { Logger } from '../ports/logger.js';
import { answerInTime, settleInTime } from './answer-in-time.js';
import { borrowRedis } from './borrow-redis.js';
import { Breaker } from './breaker.js';
import { listClientWarnings, endedClientWarning } from './client-warnings.js';
import { connectRedis } from './connect-redis.js';
import { defaultKeyPrefix } from './default-key-prefix.js';
import { OutageLog } from './outage-log.js';
import { isUnreadable, readString, readStrings, type ReadAnswer } from './read-answer.js';
import type { RedisClient, RedisConnection } from './redis-client.js';
import { readRedisRefusal } from './redis-refusal.js';
import { runScript } from './run-script.js';
import { readScript } from './scripts.js';
import { watchClientEnd } from './watch-client-end.js';

/** How long `open` waits for a connection, in milliseconds. Connecting continues afterwards. */
const openDeadlineMs = 2000;
/** How long nothing is written after a write was refused, in milliseconds. */
const writePauseMs = 1000;

/** The connection and how it is used. */
export interface ManagedRedisParts {
  readonly connection: string | RedisClient;
  readonly logger: Logger;
  /** How long a command may take, in milliseconds. */
  readonly deadlineMs: number;
  /** The name of a key that is read to check whether reads work. */
  readonly probeName: string;
}

/** How long a command may take, in milliseconds. */
const defaultDeadlineMs = 200;

/** Creates a managed Redis with the default deadline, from a URL or the app's own client. */
export function createManagedRedis(
  connection: string | RedisClient,
  keyPrefix: string = defaultKeyPrefix,
  logger: Logger,
  deadlineMs: number = defaultDeadlineMs,
): ManagedRedis {
  // Not the name of any key; under the prefix, because an access list may allow nothing else.
  return new ManagedRedis({ connection, logger, deadlineMs, probeName: `${keyPrefix}{probe}` });
}

/** A Redis connection with deadlines, a circuit breaker and reports of outages. */
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
  #stopWatching: (() => void) | undefined;

  constructor(parts: ManagedRedisParts) {
    const { connection, logger } = parts;
    this.#parts = parts;
    this.#outage = new OutageLog(logger, {
      begins: 'keys are read from the database only',
      ends: 'Redis responds again, and keys are read from it',
    });
    this.#writeOutage = new OutageLog(logger, {
      begins: 'keys cannot be cached',
      ends: (lost) => `keys are cached again; copies that were not written: ${lost}`,
    });
    this.#isBorrowed = typeof connection !== 'string';
    this.#connection =
      typeof connection === 'string'
        ? connectRedis(connection, (error) => this.#failed(error))
        : borrowRedis(connection);
    this.client = this.#connection.client;
    this.#breaker = new Breaker(() => this.#probe());
  }

  /** Whether a command may be sent. A client without a connection may queue a command and send it much later. */
  isUsable(): boolean {
    return !this.#breaker.isOpen() && this.client.status === 'ready';
  }

  /** Whether `close` was called: what is not done from then on is no outage. */
  isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether writes are accepted at present. */
  takesWrites(): boolean {
    return this.isUsable() && performance.now() >= this.#writesAgainAt;
  }

  /** Call it for a write that is left out because Redis takes none. */
  skipWrite(): void {
    if (this.isUsable()) this.#writeOutage.skipped(1);
  }

  /**
   * Sends a command that changes no entry. A reply that cannot be read is an outage, like no reply at all.
   *
   * @param done - called once, with `null` after a failure, which has then been reported
   */
  query<T>(command: () => Promise<unknown>, read: ReadAnswer<T>, done: (answer: T | null) => void): void {
    this.#send(command, read, done, (error) => {
      // Another program's value under our name is a miss, not an outage.
      if (readRedisRefusal(error) !== 'WRONGTYPE') this.#failed(error);
      done(null);
    });
  }

  /**
   * Sends a command that reads and writes. The caller reports a refusal (no memory left, a replica, a missing
   * permission) and a reply that cannot be read, because reads may still work. One of the two listeners is called,
   * once, in time.
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

  /** Sends a command that writes entries, which no request waits for. Never rejects. */
  async write(command: () => Promise<unknown>, read: ReadAnswer<unknown>): Promise<void> {
    try {
      read(await answerInTime(command(), this.#parts.deadlineMs));
      this.#breaker.worked();
      this.#writeOutage.worked();
    } catch (error) {
      if (isOutage(error)) this.#failed(error);
      else if (!this.#isClosed) {
        this.#writesAgainAt = performance.now() + writePauseMs;
        this.#writeOutage.failed(error, 1);
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
      toPromise(command),
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
    // Without commands, only a probe shows whether Redis responds.
    this.#breaker.probeIfQuiet();
    return this.#breaker.isOpen() ? 'down' : 'up';
  }

  /** Connects, and waits for that for a limited time. Never rejects. */
  async open(): Promise<void> {
    this.client.on('ready', this.#onReady);
    if (this.#isBorrowed) {
      this.client.on('close', this.#onClose);
      this.#stopWatching = watchClientEnd(this.client, () => this.#warn(endedClientWarning));
      for (const warning of listClientWarnings(this.client)) this.#warn(warning);
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
    this.#stopWatching?.();
    this.#connection.close();
  }

  readonly #onReady = (): void => void this.#breaker.probe();

  /** For the app's client only: our own client reports its errors, while the app handles those of its client. */
  readonly #onClose = (): void => this.#failed(new Error('closed'));

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
      // The same commands that requests use.
      if (client.isCluster === true)
        readString(await answerInTime(client.getrange(probeName, 0, 0), deadlineMs));
      else readStrings(await answerInTime(runScript(client, readScript, [probeName], []), deadlineMs), 1);
    } catch (error) {
      if (readRedisRefusal(error) !== 'WRONGTYPE') {
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

/** Whether Redis cannot be used at all. READONLY, OOM and NOPERM fail writes only; reads still work. */
function isOutage(error: unknown): boolean {
  if (isUnreadable(error)) return false;
  const refusal = readRedisRefusal(error);
  return refusal === null || refusal === 'NOAUTH' || refusal === 'WRONGPASS';
}

/** A client that throws is treated like one that rejects, so that the caller learns of the failure. */
function toPromise(command: () => Promise<unknown>): Promise<unknown> {
  try {
    return command();
  } catch (error) {
    return Promise.reject(error as Error);
  }
}
