import { randomBytes } from 'node:crypto';
import type { Logger } from '../ports/logger.js';
import { answerInTime } from './answer-in-time.js';
import { describeRedisError } from './describe-redis-error.js';
import type { RedisClient } from './redis-client.js';
import { redisRefusal } from './redis-refusal.js';

/** Longest pause between two attempts to connect, and longest wait for an answer to a subscription. */
const patienceMs = 1000;
/** How long a connection may take to close, in milliseconds. */
const closeTimeoutMs = 200;
/** How often a subscription is made again, to find out whether the connection still carries anything. */
const checkEveryMs = 10_000;

/** A connection that only listens. */
interface Subscriber extends RedisClient {
  subscribe(channel: string): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

/** What hearing of changes needs. */
export interface WakeHintsParts {
  /** Whose settings the listening connection has; it does not itself listen. */
  readonly client: RedisClient;
  readonly channel: string;
  readonly logger: Logger;
  /** Called when another process has called, and whenever calls may have been missed. */
  readonly onWake: () => void;
}

/**
 * Calls between processes that the feed has grown, over Redis Pub/Sub. Messages are lost while a connection is away, so
 * each new subscription counts as a call. Without permission, or a way to connect, there are no calls; changes are then
 * heard with the next regular look at the feed.
 */
export class WakeHints {
  readonly #parts: WakeHintsParts;
  /** What our own messages are known by. */
  readonly #ownMessage = randomBytes(9).toString('base64url');
  #subscriber: Subscriber | null = null;
  #checks: NodeJS.Timeout | undefined;
  #isOff = false;

  constructor(parts: WakeHintsParts) {
    this.#parts = parts;
  }

  /** Begins to listen, without waiting for it. */
  open(): void {
    try {
      this.#subscriber = duplicate(this.#parts.client);
    } catch (error) {
      this.#turnOff(`a second connection cannot be made (${describeRedisError(error)})`);
      return;
    }
    const subscriber = this.#subscriber;
    subscriber.on('error', () => undefined);
    subscriber.on('message', (channel, message) => {
      if (channel === this.#parts.channel && message !== this.#ownMessage) this.#parts.onWake();
    });
    subscriber.on('ready', () => void this.#subscribe(subscriber, true));
    this.#checks = setInterval(() => void this.#subscribe(subscriber, false), checkEveryMs).unref();
    // A failure to connect is told by `error`, and the client goes on trying.
    subscriber.connect().catch(() => undefined);
  }

  /**
   * Calls the others.
   *
   * @throws what the client rejects with, other than a missing permission
   */
  async call(): Promise<void> {
    if (this.#isOff) return;
    try {
      await this.#parts.client.publish(this.#parts.channel, this.#ownMessage);
    } catch (error) {
      if (redisRefusal(error) !== 'NOPERM') throw error;
      this.#turnOff('the access list does not allow PUBLISH (NOPERM)');
    }
  }

  close(): void {
    this.#isOff = true;
    clearInterval(this.#checks);
    this.#subscriber?.disconnect();
    this.#subscriber = null;
  }

  async #subscribe(subscriber: Subscriber, isNew: boolean): Promise<void> {
    if (this.#isOff || subscriber.status !== 'ready') return;
    try {
      await answerInTime(subscriber.subscribe(this.#parts.channel), patienceMs);
      if (isNew && !this.#isOff) this.#parts.onWake();
    } catch (error) {
      if (redisRefusal(error) === 'NOPERM') {
        this.#turnOff('the access list does not allow SUBSCRIBE (NOPERM)');
      } else if (subscriber.isCluster !== true && subscriber.status === 'ready') {
        // It says nothing, so it hears nothing either. A Cluster looks after its listening connection by itself.
        subscriber.disconnect(true);
      }
    }
  }

  #turnOff(reason: string): void {
    if (this.#isOff) return;
    this.close();
    this.#parts.logger.warn(
      `api-keys: processes do not hear of changes at once but within a second or two: on the Redis channel ` +
        `${this.#parts.channel}, ${reason}`,
    );
  }
}

/** A connection with the settings of another one, but patient: nobody waits for it. */
function duplicate(client: RedisClient): Subscriber {
  const make: unknown = Reflect.get(client, 'duplicate');
  if (typeof make !== 'function') throw Object.assign(new Error(), { code: 'no duplicate()' });
  const retry = (attempt: number): number => Math.min(50 * attempt, patienceMs);
  if (client.isCluster === true) {
    return Reflect.apply(make, client, [
      [],
      { lazyConnect: true, clusterRetryStrategy: retry },
    ]) as Subscriber;
  }
  const overrides = {
    lazyConnect: true,
    retryStrategy: retry,
    reconnectOnError: null,
    disconnectTimeout: closeTimeoutMs,
    // Subscribed to by us, so that it is known when that was done.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
  };
  return Reflect.apply(make, client, [overrides]) as Subscriber;
}
