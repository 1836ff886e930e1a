import type { ApiKeyRecord } from '../domain/api-key.js';
import { refilled, type CreditBalance, type Credits } from '../domain/credits.js';
import { newWindowsLast, staysBound, staysTight } from '../domain/kept-windows.js';
import { exceededBounds, limitsWithin, type OwnerCeilings } from '../domain/owner-ceilings.js';
import { maxRateLimits, type RateLimit } from '../domain/rate-limit.js';
import { ApiKeysError } from '../errors.js';
import type { CreditChange } from '../ports/credit-ledger.js';
import type { Authority } from './authority.js';
import type { ChangeContext } from './change.js';

/** How far an actor may go with limits and credits. */
export interface LimitBounds {
  /** A key must have a window at or below each of these. */
  readonly rateLimits: readonly RateLimit[];
  /** Most credits of a new key; afterwards they can only be taken away. `null`: any. */
  readonly credits: number | null;
  /** Whether the actor is itself paid for: then it can give nothing that would have to be paid for. */
  readonly isPaidFor: boolean;
  /** Bounds whose windows have to stay, because what they have counted would go with them. */
  readonly ceilings: readonly RateLimit[];
  /** Whether every window has to stay, with no more requests. */
  readonly isOnlyTightening: boolean;
}

/** What a key is limited to and has to spend. */
export type LimitFields = Pick<ApiKeyRecord, 'rateLimits' | 'hasCredits' | 'credits'>;

/** Admins and the app's own code are free, owners have ceilings, and a key has these and its own limits. */
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
 * The limits and credits of a new key. Who names none gets what the bounds leave of the defaults.
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
  if (bounds.isPaidFor) refuse('An API key that pays with credits may not make API keys.');
  const rateLimits = given.rateLimits ?? limitsWithin(defaults, bounds.rateLimits);
  if (rateLimits.length > maxRateLimits) {
    refuse(`The limits that a key gets here would be more than ${maxRateLimits} windows. Name rateLimits.`);
  }
  assertMayLimit(bounds, rateLimits);
  const { credits = getDefaultCredits(bounds) } = given;
  assertMayGive(bounds, credits);
  return { rateLimits, hasCredits: credits !== null, credits: toBalance(credits, now) };
}

/**
 * The new limits of a key that there is.
 *
 * @throws ApiKeysError `forbidden`
 */
export function resolveChangedLimits(
  bounds: LimitBounds,
  { rateLimits: current }: ApiKeyRecord,
  rateLimits: readonly RateLimit[],
): readonly RateLimit[] {
  assertMayLimit(bounds, rateLimits);
  if (bounds.isOnlyTightening && !staysTight(current, rateLimits)) {
    refuse(
      'An API key may only lower rateLimits: send every window that there is with its name and windowSeconds and at most its limit.',
    );
  }
  if (bounds.ceilings.length === 0) return rateLimits;
  if (!staysBound(current, rateLimits, bounds.ceilings)) {
    refuse(
      'The windows that keep rateLimits within the ceilings must stay, with their names and windowSeconds.',
    );
  }
  return newWindowsLast(current, rateLimits);
}

/** @throws ApiKeysError `forbidden` when limits go beyond the bounds */
function assertMayLimit({ rateLimits: bounds }: LimitBounds, rateLimits: readonly RateLimit[]): void {
  const exceeded = exceededBounds(rateLimits, bounds);
  if (exceeded.length === 0) return;
  const allowed = exceeded.map(({ limit, windowSeconds }) => `at most ${limit} in ${windowSeconds} seconds`);
  refuse(`You may only set rateLimits with a window of ${allowed.join(' and one of ')}.`);
}

/**
 * How credits of a key are changed.
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
  // A refill that is due is the key's already, though nobody has asked for it yet.
  const left = current.credits === null ? undefined : refilled(current.credits, now).remaining;
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
