import type { ServerResponse } from 'node:http';
import type { ApiKeyIdentity } from '../domain/api-key-identity.js';
import type { Allowed } from '../domain/verdict.js';
import { hasEnded } from '../http/has-ended.js';
import type { Clock } from '../ports/clock.js';

/** When what a request was allowed by ends: the key or token, or a secret that a rotation has replaced; `null`: never, or not known yet. */
export function findEnd({
  apiKey,
  deprecatedSecret,
}: Pick<Allowed, 'apiKey' | 'deprecatedSecret'>): Date | null {
  const ends = [apiKey.expiresAt, deprecatedSecret?.endsAt ?? null].filter((end) => end !== null);
  return ends.toSorted((one, other) => one.getTime() - other.getTime())[0] ?? null;
}

/** What is watched, and what happens then. */
export interface McpWatch {
  readonly apiKey: ApiKeyIdentity;
  /** Calls back after each change of a key or of its owner; returns what removes the listener. */
  readonly onChange: (apiKey: ApiKeyIdentity, listener: () => void) => () => void;
  readonly clock: Clock;
  /** Decides the request again: returns when it ends now, `null` for never. Rejects when it is refused. */
  readonly decideAgain: () => Promise<Date | null>;
  readonly onRefused: () => void;
}

/** The longest time that a timer of Node takes, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Watches the caller of a request until it is answered: the request is decided again at once, since its key may have changed while its
 * limits were counted, at each change of its key, and when the key, the token or the secret ends. An outage counts as a refusal, because
 * then nobody knows.
 */
export function watchMcpCaller(
  res: ServerResponse,
  { apiKey, onChange, clock, decideAgain, onRefused }: McpWatch,
): void {
  // The caller went away while the request was decided: `close` is not emitted again, so that nothing would end the watch.
  if (hasEnded(res)) return;
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;

  function verifyAgain(): void {
    decideAgain().then(startTimer, () => onRefused());
  }

  function startTimer(endsAt: Date | null): void {
    clearTimeout(timer);
    if (isOver || endsAt === null) return;
    const endsIn = Math.max(0, endsAt.getTime() - clock.now());
    const wait = endsIn > maxTimerMs ? () => startTimer(endsAt) : verifyAgain;
    timer = setTimeout(wait, Math.min(endsIn, maxTimerMs)).unref();
  }

  const remove = onChange(apiKey, verifyAgain);
  verifyAgain();
  res.once('close', () => {
    isOver = true;
    remove();
    clearTimeout(timer);
  });
}
