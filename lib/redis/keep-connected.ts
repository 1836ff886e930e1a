import type { RedisClient } from './redis-client.js';

/** The types of ioredis leave out its socket. */
interface WithSocket {
  readonly stream?: { unref?(): unknown };
}

/**
 * Lets the process end while this client of ours is connected; ioredis has no option for that. Call it once for each
 * client.
 */
export function unrefWhenConnected(client: RedisClient): void {
  client.on('connect', () => (client as WithSocket).stream?.unref?.());
}

/**
 * Reconnects a client of ours after each loss, with timers that, unlike those of ioredis, do not keep the process
 * alive. Its own `retryStrategy` must return `null`.
 *
 * @param pauseMs - how long to wait before each attempt; 1 is the first one after a loss
 * @returns stops reconnecting
 */
export function keepConnected(client: RedisClient, pauseMs: (attempt: number) => number): () => void {
  let attempt = 0;
  let timer: NodeJS.Timeout | undefined;
  const onReady = (): void => {
    attempt = 0;
  };
  const onEnd = (): void => {
    attempt += 1;
    // A failure is reported by `error`, and leads here again.
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
