import type { RateLimit } from '../domain/rate-limit.js';
import type { LimitDemand } from '../ports/rate-limiter.js';
import type { Counted, LimitCounting } from '../verify/limit-counting.js';
import { TokenError } from './token-error.js';

/**
 * Access tokens of one key, however they are requested. A token costs no row, but revoking it does, and a permanent entry
 * of the trail; so does ending its chain of refresh tokens. Only what was issued can be revoked, and only once: a key adds
 * at most two entries for each token, 20,000 a day, and revocations need no limit of their own.
 */
export const tokenLimits: readonly RateLimit[] = [
  { name: 'minute', limit: 120, windowSeconds: 60 },
  { name: 'day', limit: 10_000, windowSeconds: 86_400 },
];

/** Assertions and client signatures of one key: the store keeps each until it would be too old, 6 minutes at most. */
export const proofLimits: readonly RateLimit[] = [{ name: 'minute', limit: 600, windowSeconds: 60 }];

/** The key whose requests are counted. */
export interface BudgetHolder {
  readonly id: string;
  readonly ownerId: string;
}

/** Bounds the rows that a key can add by requesting tokens, which takes nothing from its own limits. */
export interface TokenBudget {
  /**
   * Counts a token that is about to be issued.
   *
   * @throws TokenError `temporarily_unavailable`
   */
  takeToken(key: BudgetHolder): Promise<void>;
  /**
   * Counts a valid proof and records its use. A replayed proof adds no row and does not count.
   *
   * @param take - records the use; resolves with whether it is the first one
   * @throws as `takeToken` does
   */
  takeProof(key: BudgetHolder, take: () => Promise<boolean>): Promise<boolean>;
}

/** Counts where rate limits are counted: in Redis for all processes together, else in each process. */
export function createTokenBudget(counting: Pick<LimitCounting, 'count'>): TokenBudget {
  async function count(key: BudgetHolder, demand: LimitDemand): Promise<Counted> {
    const consumed = await counting.count(demand);
    if (consumed.result.isWithin) return consumed;
    const violated = consumed.result.windows.filter(({ isViolated }) => isViolated);
    const waits = violated.map(({ leftMs }) => Math.max(1, Math.ceil(leftMs / 1000)));
    throw new TokenError('temporarily_unavailable', tooMany, {
      keyId: key.id,
      ownerId: key.ownerId,
      retryAfterSeconds: Math.max(...waits),
    });
  }

  return {
    async takeToken(key) {
      await count(key, createDemand(key, 'issued-tokens', tokenLimits));
    },

    async takeProof(key, take) {
      const demand = createDemand(key, 'client-proofs', proofLimits);
      const consumed = await count(key, demand);
      const isFirst = await take();
      // Replaying a captured proof must not lock the client itself out.
      if (!isFirst) consumed.by.giveBack(demand, consumed.result);
      return isFirst;
    },
  };
}

function createDemand({ id }: BudgetHolder, name: string, limits: readonly RateLimit[]): LimitDemand {
  return { place: id, subjects: [{ name, limits }], cost: 1 };
}

const tooMany =
  'The API key has requested too many tokens. Use a token until it expires, then request the next one.';
