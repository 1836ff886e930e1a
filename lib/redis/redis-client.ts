/** The part of an ioredis client that is used here: `Redis` and `Cluster` of ioredis 5 and 6 fit. */
export interface RedisClient {
  /** `ready` when commands can be sent, `wait` before the first `connect()`. */
  readonly status: string;
  readonly isCluster?: boolean;
  readonly options?: object;
  getrange(key: string, start: number, end: number): Promise<string>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  evalsha(sha1: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  publish(channel: string, message: string): Promise<unknown>;
  connect(): Promise<unknown>;
  on(event: string, listener: (...values: unknown[]) => void): unknown;
  off(event: string, listener: (...values: unknown[]) => void): unknown;
}

/** A client, and how to close it where it is ours. */
export interface RedisConnection {
  readonly client: RedisClient;
  /** Closes at once, even when the server does not respond. */
  close(): void;
}
