import type { RateLimitState } from '../domain/rate-limit-state.js';
import type { Allowed, Refusal, Verdict } from '../domain/verdict.js';
import type { Clock } from '../ports/clock.js';
import type { CreditLedger } from '../ports/credit-ledger.js';
import type { CountedDemand, LimitDemand } from '../ports/rate-limiter.js';
import type { Counted, LimitCounting } from './limit-counting.js';
import { demandOf, type LimitPlan } from './limit-plan.js';

/** What the step needs from outside. */
export interface ConsumeLimitsPorts {
  readonly counting: LimitCounting;
  readonly credits: CreditLedger;
  readonly clock: Clock;
}

/** A request that everything else lets pass. */
export interface LimitedRequest {
  readonly keyId: string;
  readonly plan: LimitPlan;
  /** At least 1. */
  readonly cost: number;
  /** The verdict if it is within its limits and paid for. */
  readonly allowed: Allowed;
}

/**
 * Counts a request in all windows of its key and of its owner, and then pays for it. What is refused costs nothing: a
 * window that is full leaves all others as they were, and who cannot pay gets back what was counted.
 *
 * @throws ApiKeysError `unavailable`, also by a rejection, when it cannot be found out whether the request may pass
 */
export type ConsumeLimits = (request: LimitedRequest) => Verdict | Promise<Verdict>;

/** Builds the step. Without credits and without shared counters it decides at once. */
export function createConsumeLimits({ counting, credits, clock }: ConsumeLimitsPorts): ConsumeLimits {
  async function pay(
    request: LimitedRequest,
    demand: LimitDemand | null,
    counted: Counted | null,
  ): Promise<Verdict> {
    const { keyId, cost, allowed } = request;
    const giveBack = (): void => {
      if (demand !== null) counted?.by.giveBack(demand, counted.result);
    };
    const now = clock.now();
    const payment = await credits.spend(keyId, cost, now).catch((error: unknown) => {
      giveBack();
      throw error;
    });
    if (payment.isPaid) return withStates(allowed, counted?.result ?? null);
    giveBack();
    const { refillsAt } = payment;
    if (payment.exceedsRefill === true) return { allowed: false, code: 'cost_exceeds_limit', keyId };
    return {
      allowed: false,
      code: 'credits_exhausted',
      keyId,
      ...(refillsAt === null ? {} : { retryAfterSeconds: secondsOf(refillsAt - now) }),
    };
  }

  function afterCounting(
    request: LimitedRequest,
    demand: LimitDemand,
    counted: Counted,
  ): Verdict | Promise<Verdict> {
    if (!counted.result.isWithin) return refusalOf(request.keyId, counted.result);
    if (request.plan.hasCredits) return pay(request, demand, counted);
    return withStates(request.allowed, counted.result);
  }

  return function consumeLimits(request) {
    if (request.cost > request.plan.smallestLimit) return neverWithin(request);
    const demand = demandOf(request.plan, request.cost);
    if (demand === null) return pay(request, null, null);
    const counted = counting.count(demand);
    return counted instanceof Promise
      ? counted.then((result) => afterCounting(request, demand, result))
      : afterCounting(request, demand, counted);
  };
}

function withStates(allowed: Allowed, counted: CountedDemand | null): Allowed {
  return counted === null ? allowed : { ...allowed, rateLimits: statesOf(counted) };
}

function refusalOf(keyId: string, counted: CountedDemand): Refusal {
  const violated = counted.windows.filter(({ isViolated }) => isViolated);
  return {
    allowed: false,
    code: 'rate_limited',
    keyId,
    rateLimits: statesOf(counted),
    violatedPolicies: violated.map(({ policy }) => policy.name),
    // As long as one of them is full, nothing gets through.
    retryAfterSeconds: Math.max(...violated.map(({ leftMs }) => secondsOf(leftMs))),
  };
}

/** Also a window that is still empty is too small. */
function neverWithin({ keyId, plan, cost }: LimitedRequest): Refusal {
  const tooSmall = plan.subjects.flatMap(({ limits }) => limits).filter(({ limit }) => limit < cost);
  return {
    allowed: false,
    code: 'cost_exceeds_limit',
    keyId,
    violatedPolicies: tooSmall.map(({ name }) => name),
  };
}

function statesOf({ windows }: CountedDemand): readonly RateLimitState[] {
  return windows.map(({ policy, used, leftMs }) => ({
    name: policy.name,
    limit: policy.limit,
    windowSeconds: policy.windowSeconds,
    remaining: Math.max(0, policy.limit - used),
    resetSeconds: secondsOf(leftMs),
  }));
}

/** Rounded up: who comes back then does not come too early. */
function secondsOf(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
