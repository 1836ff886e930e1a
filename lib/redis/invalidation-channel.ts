import { randomBytes } from 'node:crypto';
import type { Logger } from '../ports/logger.js';
import { answerInTime } from './answer-in-time.js';
import { describeRedisError } from './describe-redis-error.js';
import { disconnectRedis } from './disconnect-redis.js';
import { unrefWhenConnected } from './keep-connected.js';
import { readInteger } from './read-answer.js';
import type { RedisClient } from './redis-client.js';
import { readRedisRefusal } from './redis-refusal.js';

/** The maximum pause between two attempts to connect, in milliseconds. */
const retryCapMs = 1000;
/** How long the reply to a subscription may take, in milliseconds. */
const subscribeTimeoutMs = 1000;
const firstPauseMs = 50;
/** How long a connection may take to close, in milliseconds. */
const closeTimeoutMs = 200;
/** How often the subscription is repeated, to check whether the connection still works, in milliseconds. */
const checkEveryMs = 10_000;

/** A connection that only receives messages. */
interface Subscriber extends RedisClient {
  subscribe(channel: string): Promise<unknown>;
  disconnect(reconnect?: boolean): void;
}

/** The connection, the channel, and the listener. */
export interface InvalidationChannelParts {
  /** The client whose settings the subscribing connection has; it does not subscribe itself. */
  readonly client: RedisClient;
  readonly channel: string;
  readonly logger: Logger;
  /** Called when another process has published a message, and whenever messages may have been missed. */
  readonly onInvalidation: () => void;
}

/**
 * Invalidation messages between processes over Redis Pub/Sub: "the feed has grown". Messages are lost while a
 * connection is away, so each new subscription counts as a message. Without the permission or a way to connect there
 * are no messages; changes are then found by the next regular read of the feed. The connection does not keep a
 * finished process alive.
 */
export class InvalidationChannel {
  readonly #parts: InvalidationChannelParts;
  /** Identifies the messages of this process. */
  readonly #ownMessage = randomBytes(9).toString('base64url');
  #subscriber: Subscriber | null = null;
  #checks: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Connections since the last subscription that succeeded. */
  #attempt = 0;
  #isOff = false;

  constructor(parts: InvalidationChannelParts) {
    this.#parts = parts;
  }

  /** Starts to subscribe, without waiting for it. */
  open(): void {
    this.#connect();
    if (this.#isOff) return;
    this.#checks = setInterval(() => void this.#subscribe(false), checkEveryMs).unref();
  }

  /** Makes a connection, and another one after its end, because a Cluster may have other nodes by then. */
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
    // Every error ends the connection, which is handled there.
    subscriber.on('error', () => undefined);
    subscriber.on('message', (channel, message) => {
      if (channel === this.#parts.channel && message !== this.#ownMessage) this.#parts.onInvalidation();
    });
    subscriber.on('ready', () => void this.#subscribe(true));
    subscriber.on('end', () => this.#connectLater());
    subscriber.connect().catch(() => undefined);
  }

  #connectLater(): void {
    if (this.#isOff) return;
    this.#attempt += 1;
    const pauseMs = Math.min(firstPauseMs * this.#attempt, retryCapMs);
    this.#retry = setTimeout(() => this.#connect(), pauseMs).unref();
  }

  /** Whether messages are sent: until it is closed, or the access list refuses them. */
  get isOn(): boolean {
    return !this.#isOff;
  }

  /**
   * Publishes a message to the other processes, and returns the reply as it came.
   *
   * @throws what the client rejects with, except for a missing permission, after which nothing is sent
   */
  async publish(): Promise<unknown> {
    try {
      return await this.#parts.client.publish(this.#parts.channel, this.#ownMessage);
    } catch (error) {
      if (readRedisRefusal(error) !== 'NOPERM') throw error;
      this.#turnOff('the access list does not allow PUBLISH (NOPERM)');
      return 0;
    }
  }

  close(): void {
    this.#isOff = true;
    clearInterval(this.#checks);
    clearTimeout(this.#retry);
    if (this.#subscriber !== null) disconnectRedis(this.#subscriber);
    this.#subscriber = null;
  }

  async #subscribe(isNew: boolean): Promise<void> {
    const subscriber = this.#subscriber;
    if (subscriber === null || subscriber.status !== 'ready') return;
    try {
      readInteger(await answerInTime(subscriber.subscribe(this.#parts.channel), subscribeTimeoutMs));
      // Not as soon as it is connected: a server may refuse every subscription.
      this.#attempt = 0;
      if (isNew && !this.#isOff) this.#parts.onInvalidation();
    } catch (error) {
      // A server that does not reply to SUBSCRIBE delivers no messages either.
      if (readRedisRefusal(error) !== 'NOPERM') disconnectRedis(subscriber);
      else this.#turnOff('the access list does not allow SUBSCRIBE (NOPERM)');
    }
  }

  #turnOff(reason: string): void {
    if (this.#isOff) return;
    this.close();
    this.#parts.logger.warn(
      `api-keys: processes learn of changes only within a second or two, not at once: on the Redis channel ` +
        `${this.#parts.channel}, ${reason}`,
    );
  }
}

/**
 * Creates a connection with the settings of another one, without its reconnects: their timers would keep the process
 * alive. In a Cluster it connects to any node, since messages reach all of them.
 *
 * @returns `null` while no node is known
 */
function duplicate(client: RedisClient): Subscriber | null {
  const source = client.isCluster === true ? pickAnyNode(client) : client;
  if (source === undefined) return null;
  const make: unknown = Reflect.get(source, 'duplicate');
  if (typeof make !== 'function') throw Object.assign(new Error(), { code: 'no duplicate()' });
  const overrides = {
    lazyConnect: true,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
    // It would keep connections to all Sentinels. A hanging primary is detected by the repeated subscription.
    failoverDetector: false,
    reconnectOnError: null,
    disconnectTimeout: closeTimeoutMs,
    readOnly: false,
    // Subscribed explicitly, so that the time of the subscription is known.
    autoResubscribe: false,
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
  };
  return Reflect.apply(make, source, [overrides]) as Subscriber;
}

function pickAnyNode(cluster: RedisClient): RedisClient | undefined {
  const list: unknown = Reflect.get(cluster, 'nodes');
  if (typeof list !== 'function') throw Object.assign(new Error(), { code: 'no nodes()' });
  const nodes = Reflect.apply(list, cluster, ['all']) as readonly RedisClient[];
  return nodes[Math.floor(Math.random() * nodes.length)];
}
