import type { ServerResponse } from 'node:http';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { Clock } from '../ports/clock.js';

/** What is watched, and what happens then. */
export interface McpWatch {
  readonly apiKey: ApiKeyIdentity;
  /** Calls back after each change of a key or of its owner; returns what removes the listener. */
  readonly onChange: (apiKey: ApiKeyIdentity, listener: () => void) => () => void;
  readonly clock: Clock;
  /** Whether the request would be allowed now. */
  readonly isStillAllowed: () => Promise<boolean>;
  readonly onRefused: () => void;
}

/** The longest time that a timer of Node takes, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Watches the caller of a request until it is answered: at each change of its key, and when the key or token expires, the
 * request is decided again. An outage counts as a refusal, because then nobody knows.
 */
export function watchMcpCaller(
  res: ServerResponse,
  { apiKey, onChange, clock, isStillAllowed, onRefused }: McpWatch,
): void {
  function verifyAgain(): void {
    isStillAllowed().then(
      (isAllowed) => {
        if (!isAllowed) onRefused();
      },
      () => onRefused(),
    );
  }

  const remove = onChange(apiKey, verifyAgain);
  const expiresIn = apiKey.expiresAt === null ? Infinity : apiKey.expiresAt.getTime() - clock.now();
  // The end of a key may be changed meanwhile, so that it is decided, too.
  const timer = expiresIn > maxTimerMs ? null : setTimeout(verifyAgain, Math.max(0, expiresIn));
  timer?.unref();
  res.once('close', () => {
    remove();
    if (timer !== null) clearTimeout(timer);
  });
}
