import { jwtKeys } from '../../lib/crypto/jwt-keys.js';
import { createMemoryRateLimiter } from '../../lib/memory/memory-rate-limiter.js';
import { fixedClock } from '../../lib/testing/index.js';
import {
  createTokenBudget,
  proofLimits,
  tokenLimits,
  type TokenBudget,
} from '../../lib/tokens/token-budget.js';
import { createLimitCounting } from '../../lib/verify/limit-counting.js';
import { scopes } from '../harness/instance.js';
import { basic, startTokenApp } from './token-app.js';

const key = { id: 'key0000000000001', ownerId: 'alice' };
const minuteMs = 60_000;
const [minute, day] = tokenLimits.map(({ limit }) => limit);

function budgetAt(clock: ReturnType<typeof fixedClock>): TokenBudget {
  return createTokenBudget(createLimitCounting(null, createMemoryRateLimiter(clock), 'per-process'));
}

it('P13: a key gets 10,000 tokens a day, however long it waits between them', async () => {
  const clock = fixedClock(0);
  const budget = budgetAt(clock);
  let issued = 0;
  let waits = 0;
  for (let passed = 0; passed < 24 * 60; passed += 1) {
    for (let count = 0; count < (minute ?? 0) + 1; count += 1) {
      await budget.takeToken(key).then(
        () => (issued += 1),
        () => (waits += 1),
      );
    }
    clock.advance(minuteMs);
  }
  expect([issued, day]).toEqual([10_000, 10_000]);
  expect(waits).toBeGreaterThan(0);
  await expect(budget.takeToken({ id: 'key0000000000002', ownerId: 'alice' })).resolves.toBeUndefined();
  await expect(budget.takeToken(key)).resolves.toBeUndefined();
});

it('P13: replaying a captured proof takes nothing from the budget of the client', async () => {
  const budget = budgetAt(fixedClock(0));
  const limit = proofLimits[0]?.limit ?? 0;
  for (let count = 0; count < limit * 2; count += 1) {
    expect(await budget.takeProof(key, () => Promise.resolve(false))).toBe(false);
  }
  for (let count = 0; count < limit; count += 1) {
    expect(await budget.takeProof(key, () => Promise.resolve(true))).toBe(true);
  }
  let isAsked = false;
  const take = (): Promise<boolean> => {
    isAsked = true;
    return Promise.resolve(true);
  };
  await expect(budget.takeProof(key, take)).rejects.toMatchObject({
    error: 'temporarily_unavailable',
    details: { keyId: key.id, retryAfterSeconds: 60 },
  });
  expect(isAsked).toBe(false);
});

it('P13: a token that is too long takes nothing from the budget, and one beyond the budget costs no signature', async () => {
  let signatures = 0;
  const open = jwtKeys.open.bind(jwtKeys);
  const opening = jest.spyOn(jwtKeys, 'open').mockImplementation((...from) => {
    const opened = open(...from);
    return {
      ...opened,
      sign(...token) {
        signatures += 1;
        return opened.sign(...token);
      },
    };
  });
  const many = Array.from({ length: 98 }, (_, index) => `${'a'.repeat(57)}${index}:read`);
  const app = await startTokenApp({
    scopes: { ...scopes, ...Object.fromEntries(many.map((scope) => [scope, 'Read it'])) },
  });
  try {
    const { id, secret } = await app.key({ scopes: [...many, 'orders:read'] as never });
    const request = async (form: Readonly<Record<string, string>>): Promise<string> => {
      const { status, body } = await app.post(
        '/token',
        { grant_type: 'client_credentials', ...form },
        basic(id, secret),
      );
      return status === 200 ? '200' : `${status} ${String(body['error'])}`;
    };
    const repeat = async (times: number, form: Readonly<Record<string, string>>): Promise<object> => {
      const answers: Record<string, number> = {};
      for (let count = 0; count < times; count += 1) {
        const answer = await request(form);
        answers[answer] = (answers[answer] ?? 0) + 1;
      }
      return answers;
    };
    expect(await repeat(10, {})).toEqual({ '400 invalid_scope': 10 });
    const short = { scope: 'orders:read' };
    const limit = minute ?? 0;
    expect(await repeat(limit + 10, short)).toEqual({
      200: limit,
      '429 temporarily_unavailable': 10,
    });
    expect(signatures).toBe(limit);
  } finally {
    await app.close();
    opening.mockRestore();
  }
});
