import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { auditIdOf, type Actor } from '../domain/actor.js';
import { ApiKeysError, type ProblemCode } from '../errors.js';
import { challengeFor, type Challenge } from '../http/challenge.js';
import type { ChallengeSigner, OpenedChallenge } from '../ports/challenge-signer.js';
import type { Clock } from '../ports/clock.js';
import { maxCursorLength } from '../ports/cursor-signer.js';
import type { OneTimeNames } from '../ports/one-time-names.js';
import { FailureWindows } from '../verify/failure-windows.js';
import type { ResolvedStepUpOptions, StepUpOperation, StepUpResult } from './step-up-options.js';
import { stepUpResultOf } from './step-up-result.js';

/** What checking second factors needs from outside. */
export interface StepUpPorts {
  readonly challenges: ChallengeSigner;
  readonly names: OneTimeNames;
}

/** What somebody wants to do. */
export interface SteppedUp {
  readonly actor: Actor;
  readonly operation: StepUpOperation;
  /** `null` for a key that is to be made. */
  readonly keyId: string | null;
}

/** How long a challenge can be answered, in milliseconds. */
const challengeMs = 60_000;
/** Wrong codes of one actor, in each process. */
const tries = { failures: 5, windowSeconds: 300 } as const;
/** How long a code is remembered of which nobody said how long it is right. */
const rememberedMs = 24 * 60 * 60 * 1000;
const codePattern = /^[\x21-\x7e](?:[\x20-\x7e]{0,198}[\x21-\x7e])?$/;

/** Asks for a second factor. */
export interface StepUp {
  /**
   * Resolves when the operation needs none, or the request carries a right one, which is then used up.
   *
   * @throws ApiKeysError `step_up_…` with a challenge that a code can be sent for
   */
  check(req: Request, wanted: SteppedUp): Promise<void>;
}

/** @param ports - asked anew for every request: there are none before the instance is ready */
export function createStepUp(
  { operations, verify }: ResolvedStepUpOptions,
  ports: () => StepUpPorts,
  clock: Clock,
  challenge: Challenge,
): StepUp {
  const windows = new FailureWindows(tries);

  function refuse(problem: ProblemCode, wanted: SteppedUp): ApiKeysError {
    const expiresAt = clock.now() + challengeMs;
    return new ApiKeysError(problem, {
      challenge: {
        id: ports().challenges.make(expiresAt, bindingOf(wanted)),
        expiresAt: new Date(expiresAt).toISOString(),
      },
      headers: { 'WWW-Authenticate': stepUpChallenge(challenge) },
    });
  }

  /** Looks at a code. Tries are counted before, so that many at once are no more than one after the other. */
  async function resultOf(wanted: SteppedUp, code: string): Promise<StepUpResult> {
    const who = nameOf(wanted.actor);
    const window = windows.begin(who);
    if (window === null) {
      throw new ApiKeysError('step_up_throttled', {
        headers: { 'Retry-After': String(windows.secondsLeft(who)) },
      });
    }
    let hasFailed = true;
    try {
      const said = codePattern.test(code) && (await verify({ ...wanted, code, now: clock.now() }));
      const result = stepUpResultOf(said);
      hasFailed = result.result === 'wrong' || result.result === 'late';
      return result;
    } catch (cause) {
      hasFailed = false;
      throw new ApiKeysError('internal_error', { cause });
    } finally {
      windows.settle(window, hasFailed);
    }
  }

  /** A challenge and a code are used up together; the code first, because a challenge can be had anew at once. */
  async function useUp(
    { actor }: SteppedUp,
    opened: OpenedChallenge,
    code: string,
    { codeId = code, expiresAt }: { readonly codeId?: string; readonly expiresAt?: number },
  ): Promise<boolean> {
    const { names } = ports();
    const now = clock.now();
    const codeName = `step-up-code:${digest(nameOf(actor), codeId)}`;
    if (!(await names.take(codeName, expiresAt ?? now + rememberedMs, now))) return false;
    return names.take(`step-up-challenge:${opened.name}`, opened.expiresAt, now);
  }

  return {
    async check(req, wanted) {
      if (!operations.has(wanted.operation)) return;
      const [id, code] = [headerOf(req, 'step-up-challenge'), headerOf(req, 'step-up-code')];
      if (id === undefined || code === undefined) throw refuse('step_up_required', wanted);
      const opened = id.length > maxCursorLength ? null : ports().challenges.open(id, bindingOf(wanted));
      if (opened === null) throw refuse('step_up_invalid', wanted);
      if (clock.now() >= opened.expiresAt) throw refuse('step_up_expired', wanted);

      const said = await resultOf(wanted, code);
      if (said.result === 'not_enrolled') {
        throw new ApiKeysError('forbidden', {
          detail: 'This needs a second factor, and none is set up for you.',
        });
      }
      if (said.result === 'wrong') throw refuse('step_up_invalid', wanted);
      if (said.result === 'late') throw refuse('step_up_expired', wanted);
      if (!(await useUp(wanted, opened, code, said))) throw refuse('step_up_used', wanted);
    },
  };
}

function headerOf(req: Request, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function nameOf(actor: Actor): string {
  return JSON.stringify([actor.kind, auditIdOf(actor)]);
}

function bindingOf({ actor, operation, keyId }: SteppedUp): string {
  return JSON.stringify([nameOf(actor), operation, keyId]);
}

/** What is stored names neither the actor nor the code. */
function digest(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** RFC 9470 section 3. */
function stepUpChallenge(challenge: Challenge): string {
  const plain = challengeFor(challenge, { allowed: false, code: 'missing_credential' });
  return `${plain}, error="insufficient_user_authentication", error_description="A second factor is needed"`;
}
