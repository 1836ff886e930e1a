import { InvalidFieldError } from './key-fields.js';
import { dayMs } from './day-ms.js';

/**
 * The end of a key within the longest life that it may have. What is left out is the latest end.
 *
 * @param expiresAt - the wanted end in epoch milliseconds; `null`: never; `undefined`: left out
 * @param createdAt - from when the life is counted, in epoch milliseconds
 * @param maxLifetimeDays - `null`: no bound
 * @throws InvalidFieldError with the latest end that is accepted
 */
export function limitLifetime(
  expiresAt: number | null | undefined,
  createdAt: number,
  maxLifetimeDays: number | null,
): number | null {
  if (maxLifetimeDays === null) return expiresAt ?? null;
  const latest = createdAt + maxLifetimeDays * dayMs;
  if (expiresAt === undefined) return latest;
  if (expiresAt !== null && expiresAt <= latest) return expiresAt;
  throw new InvalidFieldError(
    `must be at most ${new Date(latest).toISOString()}: API keys end at most ${maxLifetimeDays} days after their creation`,
  );
}
