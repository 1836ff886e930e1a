import { getReconnectPauseMs } from './connect-redis.js';
import type { RedisClient } from './redis-client.js';

/** What ioredis has besides its types: whether the app has called `disconnect()`. */
interface WithClosing {
  readonly manuallyClosing?: boolean;
}

/**
 * Watches for the end of the app's client. ioredis ends a Sentinel client for good when a failover is announced just while the client
 * asks a Sentinel for the primary: its failover detector breaks off the attempt, and no `retryStrategy` is asked. Such a client is
 * connected again; one that the app has closed, or whose `retryStrategy` has given up, is not.
 *
 * @param onGivenUp - called once, when the client has ended and stays so
 * @returns stops watching
 */
export function watchClientEnd(client: RedisClient, onGivenUp: () => void): () => void {
  const { sentinels, retryStrategy } = (client.options ?? {}) as Readonly<Record<string, unknown>>;
  const reconnects = Array.isArray(sentinels) && typeof retryStrategy === 'function';
  let isAttempting = client.status === 'connecting';
  let attempt = 0;
  let timer: NodeJS.Timeout | undefined;

  const onConnecting = (): void => {
    isAttempting = true;
  };
  // Whatever else ends a client closes its connection first.
  const onClose = (): void => {
    isAttempting = false;
  };
  const onReady = (): void => {
    attempt = 0;
    isAttempting = false;
  };
  const onEnd = (): void => {
    const isBrokenOff = reconnects && isAttempting && !isClosedByApp();
    isAttempting = false;
    if (!isBrokenOff) {
      giveUp();
      return;
    }
    attempt += 1;
    timer = setTimeout(connectAgain, getReconnectPauseMs(attempt));
    timer.unref();
  };
  const listeners = { connecting: onConnecting, close: onClose, ready: onReady, end: onEnd };
  for (const [event, listener] of Object.entries(listeners)) client.on(event, listener);

  function isClosedByApp(): boolean {
    return (client as WithClosing).manuallyClosing === true;
  }

  /** A failure leads to the end of the client again. */
  function connectAgain(): void {
    // No event says that the app has closed a client that had ended already.
    if (isClosedByApp()) giveUp();
    else if (client.status === 'end') client.connect().catch(() => undefined);
  }

  function giveUp(): void {
    stop();
    onGivenUp();
  }

  function stop(): void {
    clearTimeout(timer);
    for (const [event, listener] of Object.entries(listeners)) client.off(event, listener);
  }
  return stop;
}
