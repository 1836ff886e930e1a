import type { ApiKeyRecord } from './api-key.js';
import { dayMs } from './day-ms.js';

/**
 * How long after its idle end a key is still accepted, in milliseconds. Uses are written in batches, so a use shortly before the
 * end may be unknown elsewhere; that many minutes later it is not. What is accepted in between does not count as a use.
 */
export const idleToleranceMs: number = 5 * 60 * 1000;

/** What the end of a key depends on. */
export type LivingKey = Pick<
  ApiKeyRecord,
  'expiresAt' | 'createdAt' | 'activatedAt' | 'lastUsedAt' | 'maxIdleDays' | 'enforced'
>;

/** When a key expires, in epoch milliseconds: its own end or that of the bounds that are enforced; `null`: never. */
export function getExpiresAt({
  expiresAt,
  createdAt,
  enforced,
}: Pick<LivingKey, 'expiresAt' | 'createdAt' | 'enforced'>): number | null {
  const maxDays = enforced?.maxLifetimeDays ?? null;
  return maxDays === null ? expiresAt : Math.min(expiresAt ?? Infinity, createdAt + maxDays * dayMs);
}

/** For how many days a key may stay unused: its own bound or the one that is enforced; `null`: for ever. */
export function getMaxIdleDays({
  maxIdleDays,
  enforced,
}: Pick<LivingKey, 'maxIdleDays' | 'enforced'>): number | null {
  const enforcedDays = enforced?.maxIdleDays ?? null;
  if (maxIdleDays === null || enforcedDays === null) return maxIdleDays ?? enforcedDays;
  return Math.min(maxIdleDays, enforcedDays);
}

/**
 * The idle end of a key, in epoch milliseconds: it has to be used before. Counted from its last recorded use, or from when it
 * was last made usable (created, rotated, enabled) if that is later. `null`: there is none.
 */
export function getIdleAt(key: LivingKey): number | null {
  const maxDays = getMaxIdleDays(key);
  return maxDays === null ? null : Math.max(key.activatedAt, key.lastUsedAt ?? 0) + maxDays * dayMs;
}

/** Whether a key is past its idle end; until {@link isIdle} it is accepted, and that does not count as a use. */
export function isPastIdleEnd(key: LivingKey, now: number): boolean {
  const idleAt = getIdleAt(key);
  return idleAt !== null && now >= idleAt;
}

/** Whether a key is refused because it was not used for too long. */
export function isIdle(key: LivingKey, now: number): boolean {
  const idleAt = getIdleAt(key);
  return idleAt !== null && now >= idleAt + idleToleranceMs;
}

/**
 * Until when a copy of a key may be used, as far as its idle end is concerned: another process may have seen a later use, so
 * the key is read again at its idle end. What was read after the tolerance is final until the key changes.
 *
 * @param readAt - when the copy was read, in epoch milliseconds
 * @returns epoch milliseconds, or Infinity
 */
export function getIdleCheckAt(key: LivingKey, readAt: number): number {
  const idleAt = getIdleAt(key);
  return idleAt === null || readAt >= idleAt + idleToleranceMs ? Infinity : idleAt;
}
