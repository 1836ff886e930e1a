import type { ApiKeyRecord } from '../domain/api-key.js';
import { refillCredits, type CreditBalance, type Credits } from '../domain/credits.js';
import { sortNewWindowsLast, isStillBound, isStillTight } from '../domain/kept-windows.js';
import {
  isAtOrBelow,
  listExceededBounds,
  narrowToBounds,
  type OwnerCeilings,
} from '../domain/owner-ceilings.js';
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
  /** Whether the actor is a key with credits, and the key is not below it: then it can grant nothing that costs credits. */
  readonly isPaidFor: boolean;
  /** What the key draws on because it is below the acting key; `null`: it is not. */
  readonly drawnOn: DrawnBudget | null;
  /** Bounds whose windows must be kept, because removing a window would discard its count. */
  readonly ceilings: readonly RateLimit[];
  /** Whether every window must be kept, with at most its current limit. */
  readonly isOnlyTightening: boolean;
}

/** What the acting key shares with the keys below it: whatever their own are, these bound them as well. */
interface DrawnBudget {
  /** The windows of the acting key and of those above it. */
  readonly rateLimits: readonly RateLimit[];
  /** Whether one of these keys has credits. */
  readonly hasCredits: boolean;
  /** The credits of the acting key; `null`: it has none. */
  readonly credits: CreditBalance | null;
}

/** The limits and credits of a key. */
export type LimitFields = Pick<ApiKeyRecord, 'rateLimits' | 'hasCredits' | 'credits'>;

/**
 * Admins and the app's own code are unrestricted, owners have ceilings, and a key has these and its own limits.
 *
 * @param isBelow - whether the key is below the acting key, or will be
 */
export function getLimitBounds(
  { actor }: ChangeContext,
  { actingKey }: Authority,
  ceilings: OwnerCeilings,
  isBelow: boolean,
): LimitBounds {
  if (actor.kind === 'admin' || actor.kind === 'application') {
    const none = { rateLimits: [], credits: null };
    return {
      ...none,
      granted: none,
      isPaidFor: false,
      drawnOn: null,
      ceilings: [],
      isOnlyTightening: false,
    };
  }
  const { rateLimits = [], credits = null } = getGrants({ actor }).limits ?? {};
  const common = {
    ceilings: ceilings.rateLimits,
    granted: { rateLimits, credits },
    isOnlyTightening: actingKey !== null,
  };
  if (actingKey === null) return { ...ceilings, ...common, isPaidFor: false, drawnOn: null };
  if (isBelow) return { ...ceilings, ...common, isPaidFor: false, drawnOn: getDrawnBudget(actingKey) };
  return {
    rateLimits: [...ceilings.rateLimits, ...actingKey.rateLimits],
    credits: ceilings.credits,
    isPaidFor: actingKey.hasCredits,
    drawnOn: null,
    ...common,
  };
}

function getDrawnBudget(actingKey: ApiKeyRecord): DrawnBudget {
  const chain = [actingKey, ...actingKey.ancestors];
  return {
    rateLimits: chain.flatMap(({ rateLimits }) => rateLimits),
    hasCredits: chain.some(({ hasCredits }) => hasCredits),
    credits: actingKey.credits,
  };
}

/**
 * Resolves the limits and credits of a new key. Omitted ones are the defaults, within the bounds; a key below the acting one
 * needs none of its own where it draws on those above it.
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
  const { drawnOn } = bounds;
  if (bounds.isPaidFor) refuse('An API key that pays with credits may only create API keys below itself.');
  const windows = [...bounds.rateLimits, ...bounds.granted.rateLimits];
  const needed = defaults.filter(
    (limit) => drawnOn?.rateLimits.some((above) => isAtOrBelow(above, limit)) !== true,
  );
  const rateLimits = given.rateLimits ?? narrowToBounds(needed, windows);
  if (rateLimits.length > maxRateLimits) {
    refuse(`The default limits would be more than ${maxRateLimits} windows. Set rateLimits.`);
  }
  const ofOwn = given.rateLimits === undefined || given.rateLimits.length === 0 ? [] : drawnOn?.rateLimits;
  assertMayLimit([...windows, ...(ofOwn ?? [])], rateLimits);
  const credits = resolveNewCredits(bounds, given.credits, now);
  return { rateLimits, hasCredits: credits !== null, credits: toBalance(credits, now) };
}

function resolveNewCredits(
  bounds: LimitBounds,
  given: Credits | null | undefined,
  now: number,
): Credits | null {
  const most = getMaxCredits(bounds);
  if (bounds.drawnOn?.hasCredits === true && (given === undefined || given === null)) return null;
  const credits = given === undefined ? getDefaultCredits(most) : given;
  assertMayGive(most, credits);
  assertIsLeft(bounds, credits, now);
  return credits;
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
  // The first windows of its own, as those of a new key: more would mislead, the key draws on those above it.
  if (current.length === 0 && rateLimits.length > 0) {
    assertMayLimit(bounds.drawnOn?.rateLimits ?? [], rateLimits);
  }
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
  assertIsLeft(bounds, credits, now);
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

/** Returns what the acting key has left to give to a key below it; `null`: it does not pay. */
export function getCreditsLeft({ drawnOn }: Pick<LimitBounds, 'drawnOn'>, now: number): number | null {
  const credits = drawnOn?.credits ?? null;
  return credits === null ? null : refillCredits(credits, now).remaining;
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

/** More would mislead: the key can never spend it. */
function assertIsLeft(bounds: LimitBounds, credits: Credits | null, now: number): void {
  const left = getCreditsLeft(bounds, now);
  if (left === null || credits === null || credits.remaining <= left) return;
  refuse(`The requesting API key has ${left} credits left: give at most as many, or null to share them.`);
}

function toBalance(credits: Credits | null, now: number): CreditBalance | null {
  return credits === null ? null : { ...credits, refilledAt: now };
}

function refuse(detail: string): never {
  throw new ApiKeysError('forbidden', { detail });
}
