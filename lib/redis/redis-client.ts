/** What is used of an ioredis client: `Redis` and `Cluster` of ioredis 5 and 6 fit. */
export interface RedisClient {
  /** `ready` when commands can be sent, `wait` when the first one makes it connect. */
  readonly status: string;
  readonly options?: object;
  getrange(key: string, start: number, end: number): Promise<string>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
}

/** A client together with who may close it. */
export interface RedisConnection {
  readonly client: RedisClient;
  /** Resolves when commands can be sent, rejects when that cannot be had now. It goes on trying by itself. */
  open(): Promise<void>;
  /** Lets go at once, even of a server that does not answer. */
  close(): void;
}
