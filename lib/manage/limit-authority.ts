import type { ApiKeyRecord } from '../domain/api-key.js';
import { refillCredits, type CreditBalance, type Credits } from '../domain/credits.js';
import { sortNewWindowsLast, isStillBound, isStillTight } from '../domain/kept-windows.js';
import { listExceededBounds, narrowToBounds, type OwnerCeilings } from '../domain/owner-ceilings.js';
import { maxRateLimits, type RateLimit } from '../domain/rate-limit.js';
import { ApiKeysError } from '../errors.js';
import type { CreditChange } from '../ports/credit-ledger.js';
import type { Authority } from './authority.js';
import type { ChangeContext } from './change.js';

/** The bounds on the limits and credits that an actor may set. */
export interface LimitBounds {
  /** A key must have a window at or below each of these. */
  readonly rateLimits: readonly RateLimit[];
  /** Maximum credits of a new key; afterwards they can only be lowered. `null`: unlimited. */
  readonly credits: number | null;
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
    return { rateLimits: [], credits: null, isPaidFor: false, ceilings: [], isOnlyTightening: false };
  }
  const common = { ceilings: ceilings.rateLimits, isOnlyTightening: actingKey !== null };
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
  const rateLimits = given.rateLimits ?? narrowToBounds(defaults, bounds.rateLimits);
  if (rateLimits.length > maxRateLimits) {
    refuse(`The default limits would be more than ${maxRateLimits} windows. Set rateLimits.`);
  }
  assertMayLimit(bounds, rateLimits);
  const { credits = getDefaultCredits(bounds) } = given;
  assertMayGive(bounds, credits);
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
  assertMayLimit(bounds, rateLimits);
  if (bounds.isOnlyTightening && !isStillTight(current, rateLimits)) {
    refuse(
      'An API key may only lower rateLimits: send every existing window with its name and windowSeconds and at most its limit.',
    );
  }
  if (bounds.ceilings.length === 0) return rateLimits;
  if (!isStillBound(current, rateLimits, bounds.ceilings)) {
    refuse(
      'The windows that keep rateLimits within the ceilings must stay, with their names and windowSeconds.',
    );
  }
  return sortNewWindowsLast(current, rateLimits);
}

/** @throws ApiKeysError `forbidden` when limits go beyond the bounds */
function assertMayLimit({ rateLimits: bounds }: LimitBounds, rateLimits: readonly RateLimit[]): void {
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
  assertMayGive(bounds, credits);
  // A due refill already belongs to the key, though it has not been applied yet.
  const left = current.credits === null ? undefined : refillCredits(current.credits, now).remaining;
  if (bounds.credits !== null && credits !== null && left !== undefined && credits.remaining > left) {
    refuse('You may only lower credits.');
  }
  return { balance: toBalance(credits, now), change: bounds.credits === null ? 'set' : 'lower' };
}

function getDefaultCredits({ credits }: LimitBounds): Credits | null {
  return credits === null ? null : { remaining: credits, refillAmount: null, refillIntervalSeconds: null };
}

function assertMayGive({ credits: most }: LimitBounds, credits: Credits | null): void {
  if (most === null) return;
  if (credits === null) refuse(`Your API keys need credits, at most ${most}.`);
  if (credits.remaining > most) refuse(`You may give an API key at most ${most} credits.`);
  if (credits.refillAmount !== null) refuse('You may not set refills of credits.');
}

function toBalance(credits: Credits | null, now: number): CreditBalance | null {
  return credits === null ? null : { ...credits, refilledAt: now };
}

function refuse(detail: string): never {
  throw new ApiKeysError('forbidden', { detail });
}
