import { createHash } from 'node:crypto';
import { auditIdOf, ownerSeenBy, type Actor } from '../domain/actor.js';
import { ApiKeysError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { NonceStore } from '../ports/nonce-store.js';
import { FailureWindows } from '../verify/failure-windows.js';
import type { StepUpResult } from './step-up-options.js';
import { stepUpResultOf } from './step-up-result.js';

/** What became of a code. */
export type CodeVerdict =
  | { readonly result: 'right' | 'wrong' | 'late' | 'not_enrolled' | 'used' }
  /** Too many wrong ones came before; it was not looked at. */
  | { readonly result: 'throttled'; readonly waitSeconds: number };

/** Checks the codes of second factors, each of which is good once, whichever way it comes in. */
export interface SecondFactorCodes {
  /**
   * @param code - as it was sent; what cannot be a code is wrong
   * @param ask - the app's verifier; its answer is not trusted to be one
   * @throws ApiKeysError `internal_error` when the verifier fails or answers something else
   */
  check(actor: Actor, code: string, ask: () => unknown): Promise<CodeVerdict>;
}

/** Wrong codes of one person, in each process. */
const tries = { failures: 5, windowSeconds: 300 } as const;
/** How long a code is remembered of which nobody said how long it is right, in milliseconds. */
const rememberedMs = 24 * 60 * 60 * 1000;
const codePattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/** @param names - asked anew for every code: there are none before the instance is ready */
export function createSecondFactorCodes(names: () => NonceStore, clock: Clock): SecondFactorCodes {
  const windows = new FailureWindows(tries);

  /** Tries are counted before the code is looked at, so that many at once are no more than one after the other. */
  async function look(
    who: string,
    code: string,
    ask: () => unknown,
  ): Promise<StepUpResult | { readonly result: 'throttled'; readonly waitSeconds: number }> {
    const window = windows.begin(who);
    if (window === null) return { result: 'throttled', waitSeconds: windows.secondsLeft(who) };
    let hasFailed = true;
    try {
      const said = stepUpResultOf(codePattern.test(code) && (await ask()));
      hasFailed = said.result === 'wrong' || said.result === 'late';
      return said;
    } catch (cause) {
      hasFailed = false;
      throw new ApiKeysError('internal_error', { cause });
    } finally {
      windows.settle(window, hasFailed);
    }
  }

  return {
    async check(actor, code, ask) {
      const who = personOf(actor);
      const said = await look(who, code, ask);
      if (said.result !== 'right') return said;
      const now = clock.now();
      const name = `step-up-code:${digest(who, said.codeId ?? code)}`;
      const isFirst = await names().take(name, said.expiresAt ?? now + rememberedMs, now);
      return { result: isFirst ? 'right' : 'used' };
    },
  };
}

/** A second factor is a person's: an owner has one, whichever of its keys acts. */
function personOf(actor: Actor): string {
  const ownerId = ownerSeenBy(actor);
  return JSON.stringify(ownerId === null ? [actor.kind, auditIdOf(actor)] : ['owner', ownerId]);
}

/** What is stored names neither the person nor the code. */
function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
