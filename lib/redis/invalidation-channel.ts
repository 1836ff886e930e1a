import { randomBytes } from 'node:crypto';
import type { Logger } from '../ports/logger.js';
import { answerInTime } from './answer-in-time.js';
import { describeRedisError } from './describe-redis-error.js';
import { unrefWhenConnected } from './keep-connected.js';
import { readInteger } from './read-answer.js';
import type { RedisClient } from './redis-client.js';
import { redisRefusal } from './redis-refusal.js';

/** Longest pause between two attempts to connect, and longest wait for an answer to a subscription. */
const patienceMs = 1000;
const firstPauseMs = 50;
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
export interface InvalidationChannelParts {
  /** Whose settings the listening connection has; it does not itself listen. */
  readonly client: RedisClient;
  readonly channel: string;
  readonly logger: Logger;
  /** Called when another process has called, and whenever calls may have been missed. */
  readonly onInvalidation: () => void;
}

/**
 * Calls between processes that the feed has grown, over Redis Pub/Sub. Messages are lost while a connection is away, so
 * each new subscription counts as a call. Without permission, or a way to connect, there are no calls; changes are then
 * heard with the next regular look at the feed. The connection keeps no process alive that is done.
 */
export class InvalidationChannel {
  readonly #parts: InvalidationChannelParts;
  /** What our own messages are known by. */
  readonly #ownMessage = randomBytes(9).toString('base64url');
  #subscriber: Subscriber | null = null;
  #checks: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #attempt = 0;
  #isOff = false;

  constructor(parts: InvalidationChannelParts) {
    this.#parts = parts;
  }

  /** Begins to listen, without waiting for it. */
  open(): void {
    this.#connect();
    if (this.#isOff) return;
    this.#checks = setInterval(() => void this.#subscribe(false), checkEveryMs).unref();
  }

  /** One connection, and after its end another one: a Cluster may have other nodes by then. */
  #connect(): void {
    let subscriber: Subscriber | null;
    try {
      subscriber = duplicate(this.#parts.client);
    } catch (error) {
      this.#turnOff(`a second connection cannot be made (${describeRedisError(error)})`);
      return;
    }
    this.#subscriber = subscriber;
    if (subscriber === null) {
      this.#connectLater();
      return;
    }
    unrefWhenConnected(subscriber);
    // Whatever it is, it ends the connection.
    subscriber.on('error', () => undefined);
    subscriber.on('message', (channel, message) => {
      if (channel === this.#parts.channel && message !== this.#ownMessage) this.#parts.onInvalidation();
    });
    subscriber.on('ready', () => {
      this.#attempt = 0;
      void this.#subscribe(true);
    });
    subscriber.on('end', () => this.#connectLater());
    subscriber.connect().catch(() => undefined);
  }

  #connectLater(): void {
    if (this.#isOff) return;
    this.#attempt += 1;
    const pauseMs = Math.min(firstPauseMs * this.#attempt, patienceMs);
    this.#retry = setTimeout(() => this.#connect(), pauseMs).unref();
  }

  /**
   * Calls the others.
   *
   * @throws what the client rejects with, other than a missing permission
   */
  async call(): Promise<void> {
    if (this.#isOff) return;
    try {
      readInteger(await this.#parts.client.publish(this.#parts.channel, this.#ownMessage));
    } catch (error) {
      if (redisRefusal(error) !== 'NOPERM') throw error;
      this.#turnOff('the access list does not allow PUBLISH (NOPERM)');
    }
  }

  close(): void {
    this.#isOff = true;
    clearInterval(this.#checks);
    clearTimeout(this.#retry);
    this.#subscriber?.disconnect();
    this.#subscriber = null;
  }

  async #subscribe(isNew: boolean): Promise<void> {
    const subscriber = this.#subscriber;
    if (subscriber === null || subscriber.status !== 'ready') return;
    try {
      await answerInTime(subscriber.subscribe(this.#parts.channel), patienceMs);
      if (isNew && !this.#isOff) this.#parts.onInvalidation();
    } catch (error) {
      // A server that says nothing tells of no change either.
      if (redisRefusal(error) !== 'NOPERM') subscriber.disconnect();
      else this.#turnOff('the access list does not allow SUBSCRIBE (NOPERM)');
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

/**
 * A connection with the settings of another one, without its ways to connect again: their timers would keep the process
 * alive. In a Cluster it is one to any node, since messages reach them all.
 *
 * @returns `null` while no node is known
 */
function duplicate(client: RedisClient): Subscriber | null {
  const source = client.isCluster === true ? anyNodeOf(client) : client;
  if (source === undefined) return null;
  const make: unknown = Reflect.get(source, 'duplicate');
  if (typeof make !== 'function') throw Object.assign(new Error(), { code: 'no duplicate()' });
  const overrides = {
    lazyConnect: true,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    // It would keep connections to all Sentinels. A primary that hangs is left by the check of the subscription.
    failoverDetector: false,
    reconnectOnError: null,
    disconnectTimeout: closeTimeoutMs,
    readOnly: false,
    // Subscribed to by us, so that it is known when that was done.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
  };
  return Reflect.apply(make, source, [overrides]) as Subscriber;
}

function anyNodeOf(cluster: RedisClient): RedisClient | undefined {
  const list: unknown = Reflect.get(cluster, 'nodes');
  if (typeof list !== 'function') throw Object.assign(new Error(), { code: 'no nodes()' });
  const nodes = Reflect.apply(list, cluster, ['all']) as readonly RedisClient[];
  return nodes[Math.floor(Math.random() * nodes.length)];
}
