/** What is used of an ioredis client: `Redis` and `Cluster` of ioredis 5 and 6 fit. */
export interface RedisClient {
  /** `ready` when commands can be sent, `wait` when it connects only once it is told to. */
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

/** A client together with who may close it. */
export interface RedisConnection {
  readonly client: RedisClient;
  /** Lets go at once, even of a server that does not answer. */
  close(): void;
}
