import type { ApiKeyRecord } from '../domain/api-key.js';
import { refillCredits, type CreditBalance, type Credits } from '../domain/credits.js';
import { sortNewWindowsLast, isStillBound, isStillTight } from '../domain/kept-windows.js';
import { listExceededBounds, narrowToBounds, type OwnerCeilings } from '../domain/owner-ceilings.js';
import { maxRateLimits, type RateLimit } from '../domain/rate-limit.js';
import { ApiKeysError } from '../errors.js';
import type { CreditChange } from '../ports/credit-ledger.js';
import type { Authority } from './authority.js';
import type { ChangeContext } from './change.js';
import { getGrants } from './grant-authority.js';

/** The bounds on the limits and credits that an actor may set. */
export interface LimitBounds {
  /** A key must have a window at or below each of these. */
  readonly rateLimits: readonly RateLimit[];
  /** Maximum credits of a new key; afterwards they can only be lowered. `null`: unlimited. */
  readonly credits: number | null;
  /**
   * The same two as the grants of a person set them. A key that is beyond them may be narrowed; a key beyond the bounds above
   * must be brought within them.
   */
  readonly granted: { readonly rateLimits: readonly RateLimit[]; readonly credits: number | null };
  /** Whether the actor is a key with credits: then it cannot grant anything that costs credits. */
  readonly isPaidFor: boolean;
  /** Bounds whose windows must be kept, because removing a window would discard its count. */
  readonly ceilings: readonly RateLimit[];
  /** Whether every window must be kept, with at most its current limit. */
  readonly isOnlyTightening: boolean;
}

/** The limits and credits of a key. */
export type LimitFields = Pick<ApiKeyRecord, 'rateLimits' | 'hasCredits' | 'credits'>;

/** Admins and the app's own code are unrestricted, owners have ceilings, and a key has these and its own limits. */
export function getLimitBounds(
  { actor }: ChangeContext,
  { actingKey }: Authority,
  ceilings: OwnerCeilings,
): LimitBounds {
  if (actor.kind === 'admin' || actor.kind === 'application') {
    const none = { rateLimits: [], credits: null };
    return { ...none, granted: none, isPaidFor: false, ceilings: [], isOnlyTightening: false };
  }
  const { rateLimits = [], credits = null } = getGrants({ actor }).limits ?? {};
  const common = {
    ceilings: ceilings.rateLimits,
    granted: { rateLimits, credits },
    isOnlyTightening: actingKey !== null,
  };
  if (actingKey === null) return { ...ceilings, ...common, isPaidFor: false };
  return {
    rateLimits: [...ceilings.rateLimits, ...actingKey.rateLimits],
    credits: ceilings.credits,
    isPaidFor: actingKey.hasCredits,
    ...common,
  };
}

/**
 * Resolves the limits and credits of a new key. Omitted ones are the defaults, within the bounds.
 *
 * @param now - epoch milliseconds
 * @throws ApiKeysError `forbidden`
 */
export function resolveNewLimits(
  bounds: LimitBounds,
  given: { readonly rateLimits?: readonly RateLimit[]; readonly credits?: Credits | null },
  defaults: readonly RateLimit[],
  now: number,
): LimitFields {
  if (bounds.isPaidFor) refuse('An API key that pays with credits may not create API keys.');
  const windows = [...bounds.rateLimits, ...bounds.granted.rateLimits];
  const rateLimits = given.rateLimits ?? narrowToBounds(defaults, windows);
  if (rateLimits.length > maxRateLimits) {
    refuse(`The default limits would be more than ${maxRateLimits} windows. Set rateLimits.`);
  }
  assertMayLimit(windows, rateLimits);
  const most = getMaxCredits(bounds);
  const { credits = getDefaultCredits(most) } = given;
  assertMayGive(most, credits);
  return { rateLimits, hasCredits: credits !== null, credits: toBalance(credits, now) };
}

/**
 * Resolves the new limits of an existing key.
 *
 * @throws ApiKeysError `forbidden`
 */
export function resolveChangedLimits(
  bounds: LimitBounds,
  { rateLimits: current }: ApiKeyRecord,
  rateLimits: readonly RateLimit[],
): readonly RateLimit[] {
  assertMayLimit(bounds.rateLimits, rateLimits);
  if (bounds.isOnlyTightening && !isStillTight(current, rateLimits)) {
    refuse(
      'An API key may only lower rateLimits: send every existing window with its name and windowSeconds and at most its limit.',
    );
  }
  const { rateLimits: granted } = bounds.granted;
  if (bounds.ceilings.length === 0 && granted.length === 0) return rateLimits;
  assertStillBound(current, rateLimits, bounds.ceilings);
  if (!isStillTight(current, rateLimits)) {
    assertMayLimit(granted, rateLimits);
    assertStillBound(current, rateLimits, granted);
  }
  return sortNewWindowsLast(current, rateLimits);
}

function assertStillBound(
  current: readonly RateLimit[],
  rateLimits: readonly RateLimit[],
  bounds: readonly RateLimit[],
): void {
  if (isStillBound(current, rateLimits, bounds)) return;
  refuse(
    'The windows that keep rateLimits within the ceilings must stay, with their names and windowSeconds.',
  );
}

/** @throws ApiKeysError `forbidden` when limits go beyond the bounds */
function assertMayLimit(bounds: readonly RateLimit[], rateLimits: readonly RateLimit[]): void {
  const exceeded = listExceededBounds(rateLimits, bounds);
  if (exceeded.length === 0) return;
  const allowed = exceeded.map(({ limit, windowSeconds }) => `at most ${limit} in ${windowSeconds} seconds`);
  refuse(`You may only set rateLimits with a window of ${allowed.join(' and one of ')}.`);
}

/**
 * Resolves a change of the credits of a key.
 *
 * @throws ApiKeysError `forbidden`
 */
export function resolveCreditChange(
  bounds: LimitBounds,
  current: ApiKeyRecord,
  credits: Credits | null,
  now: number,
): { readonly balance: CreditBalance | null; readonly change: CreditChange } {
  if (bounds.isPaidFor) refuse('An API key that pays with credits may not set credits.');
  assertMayGive(bounds.credits, credits);
  const most = getMaxCredits(bounds);
  if (most !== null) assertMayGive(Infinity, credits);
  // A due refill already belongs to the key, though it has not been applied yet.
  const left = current.credits === null ? undefined : refillCredits(current.credits, now).remaining;
  if (most !== null && credits !== null && left !== undefined && credits.remaining > left) {
    refuse('You may only lower credits.');
  }
  return { balance: toBalance(credits, now), change: most === null ? 'set' : 'lower' };
}

/** Returns the maximum credits of a new key; `null`: unlimited. */
export function getMaxCredits({ credits, granted }: Pick<LimitBounds, 'credits' | 'granted'>): number | null {
  if (credits === null || granted.credits === null) return credits ?? granted.credits;
  return Math.min(credits, granted.credits);
}

function getDefaultCredits(credits: number | null): Credits | null {
  return credits === null ? null : { remaining: credits, refillAmount: null, refillIntervalSeconds: null };
}

function assertMayGive(most: number | null, credits: Credits | null): void {
  if (most === null) return;
  if (credits === null) refuse(`Your API keys need credits${most === Infinity ? '' : `, at most ${most}`}.`);
  if (credits.remaining > most) refuse(`You may give an API key at most ${most} credits.`);
  if (credits.refillAmount !== null) refuse('You may not set refills of credits.');
}

function toBalance(credits: Credits | null, now: number): CreditBalance | null {
  return credits === null ? null : { ...credits, refilledAt: now };
}

function refuse(detail: string): never {
  throw new ApiKeysError('forbidden', { detail });
}
