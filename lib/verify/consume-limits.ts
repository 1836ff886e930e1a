import type { RateLimitState } from '../domain/rate-limit-state.js';
import type { Allowed, Refusal, Verdict } from '../domain/verdict.js';
import type { Clock } from '../ports/clock.js';
import type { CreditLedger, CreditPayer, CreditPayment } from '../ports/credit-ledger.js';
import type { CountedDemand, CountedLimit, LimitDemand } from '../ports/rate-limiter.js';
import type { Counted, LimitCounting } from './limit-counting.js';
import { toDemand, type LimitPlan } from './limit-plan.js';
import { PaymentTurns } from './payment-turns.js';

/** Where requests are counted and paid for. */
export interface ConsumeLimitsPorts {
  readonly counting: LimitCounting;
  readonly credits: CreditLedger;
  readonly clock: Clock;
}

/** A request that has passed all other checks. */
export interface LimitedRequest {
  readonly keyId: string;
  readonly plan: LimitPlan;
  /** At least 1. */
  readonly cost: number;
  /** The verdict when the request is within its limits and paid for. */
  readonly allowed: Allowed;
}

/**
 * Counts a request against all windows of its key, of the keys above it and of its owner, and then deducts its cost from the
 * credits of all of them.
 * A refused request costs nothing: a full window leaves all others as they were, and when credits do not suffice,
 * nothing is deducted and what was counted is given back.
 *
 * @throws ApiKeysError `unavailable`, also by a rejection, when it cannot be determined whether the request is
 * allowed
 */
export type ConsumeLimits = (request: LimitedRequest) => Verdict | Promise<Verdict>;

/** Creates the step. Without credits and shared counters it decides synchronously. */
export function createConsumeLimits({ counting, credits, clock }: ConsumeLimitsPorts): ConsumeLimits {
  const turns = new PaymentTurns();

  async function pay(
    request: LimitedRequest,
    payer: CreditPayer,
    demand: LimitDemand | null,
    counted: Counted | null,
  ): Promise<Verdict> {
    const { keyId, cost, allowed } = request;
    const giveBack = (): void => {
      if (demand !== null) counted?.by.giveBack(demand, counted.result);
    };
    const spend = (): Promise<CreditPayment> => credits.spend(payer, cost, clock.now());
    const payment = await turns.run(formatTurnName(payer), spend).catch((error: unknown) => {
      giveBack();
      throw error;
    });
    if (payment.isPaid) return withStates(allowed, counted?.result ?? null);
    giveBack();
    const { refillsAt } = payment;
    const whose = describeShortage(payment);
    if (payment.exceedsRefill === true) {
      return { allowed: false, code: 'cost_exceeds_limit', ...whose, keyId };
    }
    return {
      allowed: false,
      code: 'credits_exhausted',
      ...whose,
      keyId,
      ...(refillsAt === null ? {} : { retryAfterSeconds: toSeconds(refillsAt - clock.now()) }),
    };
  }

  function finishCounted(
    request: LimitedRequest,
    demand: LimitDemand,
    counted: Counted,
  ): Verdict | Promise<Verdict> {
    if (!counted.result.isWithin) return toRefusal(request.keyId, counted.result);
    const { payer } = request.plan;
    if (payer !== null) return pay(request, payer, demand, counted);
    return withStates(request.allowed, counted.result);
  }

  return function consumeLimits(request) {
    if (request.cost > request.plan.smallestLimit) return refuseTooCostly(request);
    const { plan, cost, allowed } = request;
    const demand = toDemand(plan, cost);
    if (demand === null) return plan.payer === null ? allowed : pay(request, plan.payer, null, null);
    const counted = counting.count(demand);
    return counted instanceof Promise
      ? counted.then((result) => finishCounted(request, demand, result))
      : finishCounted(request, demand, counted);
  };
}

/** Payments that wait for the same row take turns: that of the owner, or that of the topmost key which pays. */
function formatTurnName({ keyId, above, shared }: CreditPayer): string {
  if (shared !== null) return `owner ${shared.environment} ${shared.ownerId}`;
  return `key ${above.at(-1) ?? keyId}`;
}

/** Says whose credits are short, unless they are those of the key; only for callers who have proven the secret. */
function describeShortage({ isAbove, isShared }: CreditPayment): Pick<Refusal, 'detail'> {
  if (isAbove === true) return { detail: aboveDetail };
  return isShared === true ? { detail: sharedDetail } : {};
}

const aboveDetail = 'The credits of a key above this API key, which it was made with, do not suffice.';
const sharedDetail = 'The credits that all API keys of the owner share do not suffice.';

function withStates(allowed: Allowed, counted: CountedDemand | null): Allowed {
  return counted === null ? allowed : { ...allowed, rateLimits: toStates(counted) };
}

function toRefusal(keyId: string, counted: CountedDemand): Refusal {
  const violated = counted.windows.filter(({ isViolated }) => isViolated);
  return {
    allowed: false,
    code: 'rate_limited',
    keyId,
    rateLimits: toStates(counted),
    violatedPolicies: violated.map(({ policy }) => getShownName(policy)),
    // While one of them is full, every request is refused.
    retryAfterSeconds: Math.max(...violated.map(({ leftMs }) => toSeconds(leftMs))),
  };
}

/** Even an empty window is too small for the cost. */
function refuseTooCostly({ keyId, plan, cost }: LimitedRequest): Refusal {
  const tooSmall = plan.subjects.flatMap(({ limits }) => limits).filter(({ limit }) => limit < cost);
  return {
    allowed: false,
    code: 'cost_exceeds_limit',
    keyId,
    violatedPolicies: tooSmall.map(getShownName),
  };
}

function getShownName({ shownAs, name }: CountedLimit): string {
  return shownAs ?? name;
}

function toStates({ windows }: CountedDemand): readonly RateLimitState[] {
  return windows.map(({ policy, used, leftMs }) => ({
    name: getShownName(policy),
    limit: policy.limit,
    windowSeconds: policy.windowSeconds,
    remaining: Math.max(0, policy.limit - used),
    resetSeconds: toSeconds(leftMs),
  }));
}

/** Rounded up, so that a client that retries then does not retry too early. */
function toSeconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1000));
}
