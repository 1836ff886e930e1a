import type { RedisClient } from './redis-client.js';

/** Its types leave the socket of ioredis out. */
interface WithSocket {
  readonly stream?: { unref?(): unknown };
}

/** Lets the process end although this client of ours is connected: ioredis has no option for that. Once for each client. */
export function unrefWhenConnected(client: RedisClient): void {
  client.on('connect', () => (client as WithSocket).stream?.unref?.());
}

/**
 * Connects a client of ours again after each loss, by timers that keep no process alive as those of ioredis do. Its own
 * `retryStrategy` must return `null`.
 *
 * @param pauseMs - how long to wait before each attempt; 1 is the first one after a loss
 * @returns what ends it
 */
export function keepConnected(client: RedisClient, pauseMs: (attempt: number) => number): () => void {
  let attempt = 0;
  let timer: NodeJS.Timeout | undefined;
  const onReady = (): void => {
    attempt = 0;
  };
  const onEnd = (): void => {
    attempt += 1;
    // A failure is told by `error`, and leads here again.
    timer = setTimeout(() => void client.connect().catch(() => undefined), pauseMs(attempt)).unref();
  };
  unrefWhenConnected(client);
  client.on('ready', onReady);
  client.on('end', onEnd);
  return () => {
    clearTimeout(timer);
    client.off('ready', onReady);
    client.off('end', onEnd);
  };
}
