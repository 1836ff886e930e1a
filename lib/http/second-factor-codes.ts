import { createHash } from 'node:crypto';
import { getVisibleOwnerId, listActorIds, type Actor } from '../domain/actor.js';
import { ApiKeysError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { NonceStore } from '../ports/nonce-store.js';
import { FailureWindows } from '../verify/failure-windows.js';
import type { StepUpResult } from './step-up-options.js';
import { readStepUpResult } from './read-step-up-result.js';

/** The result of checking a code. */
export type CodeVerdict =
  | { readonly result: 'valid' | 'invalid' | 'expired' | 'not_enrolled' | 'used' }
  /** Too many invalid codes came before; this one was not checked. */
  | { readonly result: 'throttled'; readonly waitSeconds: number };

/** Checks the codes of second factors, each of which is valid once, whichever way it is sent. */
export interface SecondFactorCodes {
  /**
   * @param code - as sent; anything that cannot be a code is invalid
   * @param verify - the app's verifier; its result is checked too
   * @throws ApiKeysError `internal_error` if the verifier fails or returns anything else
   */
  check(actor: Actor, code: string, verify: () => unknown): Promise<CodeVerdict>;
}

/** Invalid codes of one person, in each process. */
const tries = { failures: 5, windowSeconds: 300 } as const;
/** How long a used code is recorded when the verifier does not return `expiresAt`, in milliseconds. */
const defaultRecordMs = 24 * 60 * 60 * 1000;
/**
 * How long a code that the app still accepts may have been usable when the verifier does not return `validFrom`, in milliseconds:
 * eleven steps of RFC 6238, of which ten are tolerance, the largest that `createTotpVerifier` has.
 */
const codeMs = 11 * 30_000;
const codePattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/** @param names - called for every code, because there are none before the instance is ready */
export function createSecondFactorCodes(names: () => NonceStore, clock: Clock): SecondFactorCodes {
  const windows = new FailureWindows(tries);

  /** Attempts are counted before the code is checked, so that concurrent attempts get no more than sequential ones. */
  async function checkWithinBudget(
    person: string,
    code: string,
    verify: () => unknown,
  ): Promise<StepUpResult | { readonly result: 'throttled'; readonly waitSeconds: number }> {
    const window = windows.begin(person);
    if (window === null) return { result: 'throttled', waitSeconds: windows.secondsLeft(person) };
    let hasFailed = true;
    try {
      const verdict = readStepUpResult(codePattern.test(code) && (await verify()));
      hasFailed = verdict.result === 'invalid' || verdict.result === 'expired';
      return verdict;
    } catch (cause) {
      hasFailed = false;
      throw new ApiKeysError('internal_error', { cause });
    } finally {
      windows.settle(window, hasFailed);
    }
  }

  return {
    async check(actor, code, verify) {
      const person = getPersonName(actor);
      const verdict = await checkWithinBudget(person, code, verify);
      if (verdict.result !== 'valid') return verdict;
      const now = clock.now();
      const name = `step-up-code:${digest(person, verdict.codeId ?? code)}`;
      const expiresAt = verdict.expiresAt?.getTime() ?? now + defaultRecordMs;
      // The clock that `validFrom` is from may be ahead; the code is in use by now.
      const takeableSince = Math.min(verdict.validFrom?.getTime() ?? now - codeMs, now);
      const isFirst = await names().take(name, expiresAt, now, takeableSince);
      return { result: isFirst ? 'valid' : 'used' };
    },
  };
}

/** A second factor belongs to a person: a member has one, and so has an owner, whichever of its keys acts. */
function getPersonName(actor: Actor): string {
  const ownerId = getVisibleOwnerId(actor);
  return JSON.stringify(actor.kind === 'key' ? ['owner', ownerId] : listActorIds(actor));
}

/** The stored value identifies neither the person nor the code. */
function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}
